# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Convolutions against sums over windows, with sizes that are symbols, and Tile with repeats from shapes.

usage: convolution-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import itertools
import sys

import numpy as np

random = np.random.default_rng(14)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def convolve(x, w, bias=None, strides=None, dilations=None, pads=None, group=1):
    """By the definition, in f64: what is padded counts nothing."""
    rank = x.ndim - 2
    strides, dilations, pads = strides or [1] * rank, dilations or [1] * rank, pads or [0] * 2 * rank
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *zip(pads[:rank], pads[rank:])])
    extents = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    out = [(size - extent) // s + 1 for size, extent, s in zip(x.shape[2:], extents, strides)]
    y = np.zeros((len(x), len(w), *out))
    step, channels = len(w) // group, w.shape[1]
    for at in itertools.product(*map(range, out)):
        window = x[(slice(None), slice(None), *(slice(o * s, o * s + e, d) for o, s, e, d in zip(at, strides, extents, dilations)))]
        for g in range(group):
            part = window[:, g * channels:(g + 1) * channels].reshape(len(x), channels * w[0, 0].size)
            y[(slice(None), slice(g * step, (g + 1) * step), *at)] = part @ w[g * step:(g + 1) * step].reshape(step, -1).T
    return (y if bias is None else y + bias.reshape(-1, *[1] * rank)).astype(np.float32)


def transposed(name, x, w, bias=False, attributes="", strides=None, dilations=None, pads=None, more=None, group=1):
    """ConvTranspose by its definition, in f64: each element adds a kernel."""
    rank = x.ndim - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    pads, more = pads or [0] * 2 * rank, more or [0] * rank
    full = [(n - 1) * s + (k - 1) * d + 1 + m for n, s, k, d, m in zip(x.shape[2:], strides, w.shape[2:], dilations, more)]
    y = np.zeros((len(x), group * w.shape[1], *full))
    channels = len(w) // group
    for at in itertools.product(*map(range, x.shape[2:])):
        window = tuple(slice(a * s, a * s + (k - 1) * d + 1, d) for a, s, k, d in zip(at, strides, w.shape[2:], dilations))
        for g in range(group):
            part = np.tensordot(x[(slice(None), slice(g * channels, (g + 1) * channels), *at)].astype(np.float64), w[g * channels:(g + 1) * channels], 1)
            y[(slice(None), slice(g * w.shape[1], (g + 1) * w.shape[1]), *window)] += part
    y = y[(slice(None), slice(None), *(slice(a, size - b) for a, b, size in zip(pads[:rank], pads[rank:], full)))]
    inputs = {"x": (f"float[n,{x.shape[1]},{','.join('abc'[:rank])}]", x), "w": (f"float[{','.join(map(str, w.shape))}]", w)}
    if bias:
        inputs["b"] = (f"float[{y.shape[1]}]", floats(y.shape[1]))
        y = y + inputs["b"][1].reshape(-1, *[1] * rank)
    return (name, 20, inputs, f"float[n,{y.shape[1]},{','.join('d' + s for s in 'abc'[:rank])}] y",
            f"y = ConvTranspose{f'<{attributes}>' if attributes else ''}({', '.join(inputs)})", [y.astype(np.float32)])


def same(x, w, strides, upper):
    """Pads so that there are ceil(size / stride) results."""
    totals = [max((-(-size // s) - 1) * s + k - size, 0) for size, k, s in zip(x.shape[2:], w.shape[2:], strides)]
    less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
    return less + more if upper else more + less


def conv(name, x, w, bias=False, attributes="", known=False, **meaning):
    """`known` makes the sizes and the kernels constants."""
    spatial = "abc"[:x.ndim - 2]
    symbols = ",".join(map(str, x.shape)) if known else f"n,{x.shape[1]}," + ",".join(spatial)
    inputs = {"x": (f"float[{symbols}]", x), "w": (f"float[{','.join(map(str, w.shape))}]", w)}
    if bias:
        inputs["b"] = (f"float[{len(w)}]", floats(len(w)))
    result = convolve(x, w, inputs["b"][1] if bias else None, **meaning)
    return (name, 20, inputs, f"float[n,{len(w)},{','.join('d' + s for s in spatial)}] y",
            f"y = Conv{f'<{attributes}>' if attributes else ''}({', '.join(inputs)})", [result])


IMAGE, SOUND, VOLUME = floats(2, 4, 7, 9), floats(2, 4, 11), floats(1, 2, 5, 4, 6)
K33, K3, K5 = floats(6, 4, 3, 3), floats(6, 4, 3), floats(6, 4, 5)
HALF = SOUND.astype(np.float16)
CASES = [
    # Windows.
    conv("plain-1", SOUND, K3),
    conv("plain-2", IMAGE, K33, bias=True),
    conv("plain-3", VOLUME, floats(3, 2, 2, 3, 2), bias=True),
    conv("known-sizes", IMAGE, K33, bias=True, known=True),
    conv("pads-1", SOUND, K3, True, "kernel_shape = [3], pads = [1, 1]", pads=[1, 1]),
    conv("strides-and-pads-1", SOUND, K3, True, "pads = [1, 1], strides = [2]", pads=[1, 1], strides=[2]),
    conv("strides-2", IMAGE, K33, False, "strides = [2, 3]", strides=[2, 3]),
    conv("uneven-pads-2", IMAGE, K33, False, "pads = [1, 0, 2, 3]", pads=[1, 0, 2, 3]),
    conv("dilations-2", IMAGE, K33, False, "dilations = [3, 2], pads = [1, 1, 1, 1]", dilations=[3, 2], pads=[1, 1, 1, 1]),
    conv("groups-1", SOUND, floats(6, 2, 3), True, "group = 2", group=2),
    conv("depthwise-2", IMAGE, floats(8, 1, 3, 3), False, "group = 4, pads = [1, 1, 1, 1]", group=4, pads=[1, 1, 1, 1]),
    conv("pointwise-groups", IMAGE, floats(6, 2, 1, 1), True, "group = 2", group=2),
    conv("kernel-as-large-as-the-data", SOUND, floats(6, 4, 11)),
    conv("same-upper", IMAGE, K33, False, 'auto_pad = "SAME_UPPER", strides = [2, 2]', strides=[2, 2], pads=same(IMAGE, K33, [2, 2], True)),
    conv("same-lower", SOUND, floats(6, 4, 4), False, 'auto_pad = "SAME_LOWER", strides = [3]', strides=[3], pads=same(SOUND, floats(6, 4, 4), [3], False)),
    conv("same-known", SOUND, floats(6, 4, 4), False, 'auto_pad = "SAME_UPPER"', True, pads=same(SOUND, floats(6, 4, 4), [1], True)),
    conv("valid", SOUND, K5, False, 'auto_pad = "VALID", strides = [2]', strides=[2]),
    conv("no-batch", floats(0, 4, 11), K3, True, "pads = [1, 1]", pads=[1, 1]),
    # Products.
    conv("patches-2", floats(2, 3, 8, 12), floats(5, 3, 4, 4), True, "strides = [4, 4]", strides=[4, 4]),
    conv("patches-known", floats(2, 3, 8, 12), floats(5, 3, 4, 4), True, "strides = [4, 4]", True, strides=[4, 4]),
    conv("patches-with-a-rest", IMAGE, floats(5, 4, 2, 4), False, "strides = [2, 4]", strides=[2, 4]),
    conv("patches-1", SOUND, K3, True, "strides = [3]", strides=[3]),
    conv("pointwise-1", SOUND, floats(6, 4, 1), True),
    conv("pointwise-2", IMAGE, floats(6, 4, 1, 1), True),
    conv("pointwise-strides", IMAGE, floats(6, 4, 1, 1), False, "strides = [2, 3]", strides=[2, 3]),
    conv("pointwise-and-patches", IMAGE, floats(6, 4, 1, 3), False, "strides = [2, 3]", strides=[2, 3]),
    # Transposed.
    transposed("transposed-1", SOUND, floats(4, 5, 3), True),
    transposed("transposed-patches", IMAGE, floats(4, 5, 2, 2), True, "strides = [2, 2], kernel_shape = [2, 2]", strides=[2, 2]),
    transposed("transposed-strides-and-pads", IMAGE, floats(4, 3, 3, 4), False, "strides = [3, 2], pads = [1, 0, 2, 3]", strides=[3, 2], pads=[1, 0, 2, 3]),
    transposed("transposed-more", SOUND, floats(4, 2, 3), False, "strides = [2], output_padding = [1], pads = [1, 1]", strides=[2], more=[1], pads=[1, 1]),
    transposed("transposed-dilations-and-groups", SOUND, floats(4, 3, 3), True, "dilations = [2], group = 2, strides = [2]", strides=[2], dilations=[2], group=2),
    # Sums of 16-bit numbers are kept in f32.
    ("half", 20, {"x": ("float16[n,4,a]", HALF), "w": ("float16[6,4,3]", K3.astype(np.float16))}, "float16[n,6,b] y, float16[n,6,c] z",
     "y = Conv(x, w) z = Conv<strides = [3]>(x, w)",
     [convolve(HALF, K3.astype(np.float16)).astype(np.float16), convolve(HALF, K3.astype(np.float16), strides=[3]).astype(np.float16)]),
    # Repeats from sizes, which may be 0.
    ("tile-by-sizes", 20, {"x": ("float[n,3]", floats(2, 3)), "p": ("float[a,b]", floats(4, 2))}, "float[c,d] y",
     "s = Shape(p) y = Tile(x, s)", lambda x, p: [np.tile(x, p.shape)]),
    ("tile-by-no-size", 20, {"x": ("float[n,3]", floats(2, 3)), "p": ("float[a,b]", floats(0, 2))}, "float[c,d] y",
     "s = Shape(p) y = Tile(x, s)", lambda x, p: [np.tile(x, p.shape)]),
    # PyTorch's repeat_interleave: repeats are a OneHot of sizes.
    ("tile-by-one-hot", 20, {"x": ("float[n,3]", floats(2, 3)), "p": ("float[a,b]", floats(4, 2))}, "float[n,c,3] y, float[d,3] z",
     "i = Constant<value_ints = [1]>() m = Constant<value_ints = [-2]>() d = Constant<value_int = 3>() e = Constant<value_int = 2>() "
     "o = Constant<value_ints = [1]>() s = Shape<start = 0, end = 1>(p) v = Concat<axis = 0>(o, s) "
     "t = Constant<value_ints = [-1]>() h = OneHot(i, d, v) f = Reshape(h, t) u = Unsqueeze(x, o) y = Tile(u, f) "
     "k = OneHot<axis = 0>(m, e, v) l = Reshape(k, t) z = Tile(x, l)",
     lambda x, p: [np.tile(x[:, None], (1, len(p), 1)), np.tile(x, (len(p), 1))]),
    ("tile-by-constants", 20, {"x": ("int64[n,3]", random.integers(-9, 9, (2, 3)))}, "int64[c,9] y, int64[d,0] z",
     "r = Constant<value_ints = [2, 3]>() o = Constant<value_ints = [1, 0]>() y = Tile(x, r) z = Tile(x, o)",
     lambda x: [np.tile(x, (2, 3)), np.tile(x, (1, 0))]),
]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
