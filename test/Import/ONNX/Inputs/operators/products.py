"""Rows of MatMul.cpp, Einsum.cpp and Conv.cpp."""

import numpy as np
from sheet import case, each_float, floats, ints, known, op

X, Y, V = floats(2, 3, 4), floats(1, 4, 5), floats(4)
I, J = ints([7, -7, 8], [0, 5, -2]), ints([1, 2], [3, -4], [5, 6])
op("MatMul", (7, 9, 13), each_float(np.matmul, X, Y), case(np.matmul, X, V), case(np.matmul, V, Y), case(np.matmul, I, J, since=9))
A, B, C = floats(3, 4), floats(4, 5), floats(5)
op("Gemm", (7, 9, 11, 13), each_float(lambda a, b, c: a @ b + c, A, B, C), case(lambda a, b, c: 0.5 * (a @ b) + 2 * c, A, B, floats(3, 1), attrs="alpha = 0.5, beta = 2.0"),
   case(lambda a, b, c: a.T @ b.T + c, floats(4, 3), floats(5, 4), C, attrs="transA = 1, transB = 1"), case(np.matmul, A, B, since=11),
   case(lambda a, b, c: a @ b + c, I, J, ints(1, 2), since=9))
op("Einsum", (12, 28), each_float(lambda x, y: np.einsum("bij,bkj->bik", x, y), X, floats(2, 5, 4), attrs='equation = "bij,bkj->bik"'),
   case(lambda x: np.einsum("abc->ca", x), X, attrs='equation = "abc->ca"'), case(lambda x, y: np.einsum("...ij,...jk", x, y), X, Y, attrs='equation = "...ij,...jk"'))


def convolved(x, w, bias=0, stride=1, pad=0, dilation=1, group=1):
    """Two dimensions, as they are defined."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    each = w.shape[0] // group
    size = [(x.shape[d] - dilation * (w.shape[d] - 1) - 1) // stride + 1 for d in (2, 3)]
    out = np.zeros((x.shape[0], w.shape[0], *size))
    for m in range(w.shape[0]):
        first = m // each * w.shape[1]
        for p in np.ndindex(*size):
            window = x[:, first:first + w.shape[1], *(slice(stride * p[d], stride * p[d] + dilation * w.shape[d + 2], dilation) for d in (0, 1))]
            out[:, m, p[0], p[1]] = (window * w[m]).sum((1, 2, 3))
    return out + np.reshape(bias, (-1, 1, 1))


def spread(x, w, bias=0, stride=1, pad=0, group=1):
    """The transposed convolution: each element adds its kernel where it lies."""
    n, each = x.shape[1] // group, w.shape[1]
    size = [stride * (x.shape[d] - 1) + w.shape[d] for d in (2, 3)]
    out = np.zeros((x.shape[0], each * group, *size))
    for c in range(x.shape[1]):
        first = c // n * each
        for p in np.ndindex(*x.shape[2:]):
            place = tuple(slice(stride * p[d], stride * p[d] + w.shape[d + 2]) for d in (0, 1))
            out[:, first:first + each, place[0], place[1]] += x[:, c, p[0], p[1]][:, None, None, None] * w[c]
    return (out[:, :, pad:out.shape[2] - pad, pad:out.shape[3] - pad]) + np.reshape(bias, (-1, 1, 1))


IMAGE, KERNEL = floats(2, 4, 6, 5), floats(6, 4, 3, 2)
op("Conv", (7, 11, 22), each_float(convolved, IMAGE, KERNEL), case(convolved, IMAGE, KERNEL, floats(6)),
   case(lambda x, w: convolved(x, w, 0, 2, 1, 2, 2), IMAGE, floats(6, 2, 2, 2), attrs="group = 2, strides = [2, 2], pads = [1, 1, 1, 1], dilations = [2, 2]"))
op("ConvTranspose", (7, 11, 22), [case(spread, IMAGE.astype(kind), known(floats(4, 3, 3, 2), kind)) for kind in (np.float32, np.float64, np.float16)],
   case(spread, IMAGE, known(floats(4, 3, 3, 2)), floats(3)),
   case(lambda x, w: spread(x, w, 0, 2, 1, 2), IMAGE, known(floats(4, 3, 3, 2)), attrs="group = 2, strides = [2, 2], pads = [1, 1, 1, 1]"),
   limits="the sizes of the kernel are known")
