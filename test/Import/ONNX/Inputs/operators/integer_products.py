"""Rows of IntegerProducts.cpp."""

import numpy as np
from products import convolved
from sheet import case, op, random


def small(kind, *shape):
    return random.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, kind, endpoint=True)


def less(x, zero):
    return x.astype(np.int32) - np.asarray(zero, np.int32)


def product(a, b, a_zero=0, b_zero=0):
    return less(a, a_zero) @ less(b, b_zero)


def window(x, w, x_zero=0, w_zero=0, *attributes):
    """A list of zero points is one a kernel. What is padded has the zero point."""
    return convolved(less(x, x_zero), less(w, np.reshape(w_zero, (-1, 1, 1, 1))), 0, *attributes).astype(np.int32)


def rounded(total, factor, zero):
    limits = np.iinfo(zero.dtype)
    return np.clip(np.rint(total.astype(np.float32) * factor.astype(np.float32)) + np.float32(zero), limits.min, limits.max).astype(zero.dtype)


def multiply(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    return rounded(product(a, b, a_zero, b_zero), a_scale * b_scale / y_scale, y_zero)


def convolve(x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias=0, *attributes):
    total = window(x, w, x_zero, w_zero, *attributes) + np.reshape(bias, (-1, 1, 1))
    return rounded(total.astype(np.int32), np.reshape(x_scale * w_scale / y_scale, (-1, 1, 1)), y_zero)


UZERO, ZERO, YZERO = np.uint8(131), np.int8(-5), np.uint8(120)
A, B, S = small(np.uint8, 2, 3, 4), small(np.int8, 4, 5), small(np.int8, 2, 3, 4)
ROWS, COLUMNS = np.array([3, 0, 250], np.uint8), np.array([-3, 0, 9, 1, -128], np.int8)
op("MatMulInteger", (10,), case(product, A, B), case(product, A, B, UZERO, ZERO), case(lambda a, b, za, zb: product(a, b, za[:, None], zb), A, B, ROWS, COLUMNS))

SCALE, YSCALE = np.float32(0.037), np.float32(0.9)
SCALES = random.uniform(0.01, 0.1, 5).astype(np.float32)
op("QLinearMatMul", (10, 21), case(multiply, A, SCALE, UZERO, B, np.float32(0.02), ZERO, np.float32(0.2), YZERO),
   case(multiply, S, SCALE, ZERO, B, SCALES, COLUMNS, YSCALE, np.int8(7)), case(multiply, A, SCALE, UZERO, B, SCALE, ZERO, np.float32(0.001), YZERO),
   case(lambda a, a_scale, a_zero, *rest: multiply(a, a_scale[:, None], a_zero[:, None], *rest), A, SCALES[:3], ROWS, B, SCALES, COLUMNS, YSCALE, YZERO))

IMAGE, KERNEL, GROUPED = small(np.uint8, 2, 4, 6, 5), small(np.int8, 5, 4, 3, 2), small(np.int8, 6, 2, 2, 2)
EACH = "group = 2, strides = [2, 2], pads = [1, 1, 1, 1], dilations = [2, 2]"
op("ConvInteger", (10,), case(window, IMAGE, KERNEL), case(window, IMAGE, KERNEL, UZERO, COLUMNS), case(window, IMAGE, small(np.uint8, 3, 4, 1, 1), UZERO, np.uint8(9)),
   case(lambda *x: window(*x, 2, 1, 2, 2), IMAGE, GROUPED, UZERO, ZERO, attrs=EACH))
BIAS = random.integers(-3000, 3000, 5).astype(np.int32)
op("QLinearConv", (10,), case(convolve, IMAGE, SCALE, UZERO, KERNEL, np.float32(0.02), ZERO, YSCALE, YZERO),
   case(convolve, IMAGE, SCALE, UZERO, KERNEL, SCALES, COLUMNS, YSCALE, np.int8(7), BIAS),
   case(lambda *x: convolve(*x, 0, 2, 1, 2, 2), IMAGE, SCALE, UZERO, GROUPED, SCALE, ZERO, YSCALE, YZERO, attrs=EACH))
