"""Rows of Pool.cpp."""

import math

import numpy as np
from sheet import case, each_float, floats, op


def pooled(fold, x, size, stride=1, pads=(0, 0, 0, 0), dilation=1, ceil=False, with_pads=False):
    """`fold` of what each window of two dimensions holds: of the data, or of its pads, which are 0, too."""
    low, high = pads[:2], pads[2:]
    x = x.astype(np.float64)
    count = []
    for d in (0, 1):
        steps = (x.shape[d + 2] + low[d] + high[d] - dilation * (size[d] - 1) - 1) / stride
        steps = math.ceil(steps) if ceil else math.floor(steps)
        # None begins behind the data.
        count.append(min(steps, (x.shape[d + 2] + low[d] - 1) // stride) + 1 if ceil else steps + 1)
    out = np.zeros((*x.shape[:2], *count))
    for p in np.ndindex(*count):
        at = [[stride * p[d] + dilation * k - low[d] for k in range(size[d])] for d in (0, 1)]
        if with_pads:
            at = [[a for a in at[d] if a < x.shape[d + 2] + high[d]] for d in (0, 1)]
            inside = np.pad(x, ((0, 0), (0, 0), (low[0], high[0]), (low[1], high[1])))
            at = [[a + low[d] for a in at[d]] for d in (0, 1)]
        else:
            at = [[a for a in at[d] if 0 <= a < x.shape[d + 2]] for d in (0, 1)]
            inside = x
        out[:, :, p[0], p[1]] = fold(inside[:, :, at[0]][:, :, :, at[1]], axis=(2, 3))
    return out


IMAGE = floats(2, 3, 7, 5) - 3


def largest(x, size, **options):
    return pooled(np.max, x, size, **options)


def mean(x, size, **options):
    return pooled(np.mean, x, size, **options)


op("MaxPool", (7, 8, 10, 11, 12, 22), each_float(lambda x: largest(x, (3, 2)), IMAGE, attrs="kernel_shape = [3, 2]"),
   case(lambda x: largest(x, (3, 3), stride=2, pads=(1, 0, 1, 1)), IMAGE, attrs="kernel_shape = [3, 3], strides = [2, 2], pads = [1, 0, 1, 1]"),
   case(lambda x: largest(x, (2, 2), stride=2, ceil=True), IMAGE, attrs="kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1", since=10),
   # The last window would begin behind the data.
   case(lambda x: largest(x, (1, 1), stride=3, pads=(0, 0, 0, 0), ceil=True), floats(1, 2, 5, 5), attrs="kernel_shape = [1, 1], strides = [3, 3], ceil_mode = 1", since=10),
   case(lambda x: largest(x, (2, 2), dilation=2), IMAGE, attrs="kernel_shape = [2, 2], dilations = [2, 2]", since=10),
   case(lambda x: largest(x, (3, 3), stride=2, pads=(1, 1, 1, 1)), IMAGE, attrs='kernel_shape = [3, 3], strides = [2, 2], auto_pad = "SAME_UPPER"'),
   limits="floats; no output Indices")
op("AveragePool", (7, 10, 11, 19, 22), each_float(lambda x: mean(x, (3, 2)), IMAGE, attrs="kernel_shape = [3, 2]"),
   case(lambda x: mean(x, (3, 3), stride=2, pads=(1, 0, 1, 1)), IMAGE, attrs="kernel_shape = [3, 3], strides = [2, 2], pads = [1, 0, 1, 1]"),
   case(lambda x: mean(x, (3, 3), stride=2, pads=(1, 0, 1, 1), with_pads=True), IMAGE, attrs="kernel_shape = [3, 3], strides = [2, 2], pads = [1, 0, 1, 1], count_include_pad = 1"),
   case(lambda x: mean(x, (2, 2), stride=2, ceil=True), IMAGE, attrs="kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1", since=10),
   case(lambda x: mean(x, (2, 2), stride=2, pads=(1, 1, 0, 1), ceil=True, with_pads=True), IMAGE,
        attrs="kernel_shape = [2, 2], strides = [2, 2], pads = [1, 1, 0, 1], ceil_mode = 1, count_include_pad = 1", since=10),
   case(lambda x: mean(x, (2, 2), dilation=2), IMAGE, attrs="kernel_shape = [2, 2], dilations = [2, 2]", since=19))
op("GlobalAveragePool", (7, 22), each_float(lambda x: x.astype(np.float64).mean((2, 3), keepdims=True), IMAGE), case(lambda x: x.mean(2, keepdims=True), floats(2, 3, 4)))
op("GlobalMaxPool", (7, 22), each_float(lambda x: x.max((2, 3), keepdims=True), IMAGE), case(lambda x: x.max(2, keepdims=True), floats(2, 3, 4)))
