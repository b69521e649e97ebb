"""Rows of Quantization.cpp."""

import numpy as np
from sheet import case, floats, op, random

VERSIONS = (10, 13, 19, 21, 23, 24, 25, 28)
X8, U8 = random.integers(-128, 128, (2, 3, 4)).astype(np.int8), random.integers(0, 256, (2, 3, 4)).astype(np.uint8)
SCALE, ZERO, UZERO = np.float32(0.037), np.int8(-5), np.uint8(131)
ROW, ROW_ZERO = random.uniform(0.01, 1, 3).astype(np.float32), np.array([-3, 0, 9], np.int8)
REAL = 3 * floats(2, 3, 4)
TIES = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 126.5, 300, -300], np.float32)


def real(x, scale, zero=0):
    return ((x.astype(np.int64) - np.int64(zero)) * scale).astype(np.float32)


def quantized(x, scale, zero):
    limits = np.iinfo(zero.dtype)
    return np.clip(np.rint(x / scale) + zero.astype(np.float32), limits.min, limits.max).astype(zero.dtype)


def rows(parameter):
    return parameter[:, None]


def blocks(parameter):
    return parameter.repeat(2, 2)


op("DequantizeLinear", VERSIONS, case(real, X8, SCALE, ZERO), case(real, U8, SCALE, UZERO), case(real, X8, SCALE),
   case(lambda x, s, z: real(x, rows(s), rows(z)), X8, ROW, ROW_ZERO, attrs="axis = 1", since=13), case(lambda x, s, z: real(x, rows(s), rows(z)), X8, ROW, ROW_ZERO, attrs="axis = -2", since=13),
   case(lambda x, s, z: real(x, blocks(s), blocks(z)), X8, random.uniform(0.01, 1, (2, 3, 2)).astype(np.float32), X8[:, :, :2].copy(), attrs="axis = 2, block_size = 2", since=21))
op("QuantizeLinear", VERSIONS, case(quantized, REAL, SCALE, ZERO), case(quantized, REAL, SCALE, UZERO), case(quantized, TIES, np.float32(1), np.int8(0)),
   case(lambda x, s: quantized(x, s, np.uint8(0)), REAL, SCALE), case(lambda x, s, z: quantized(x, rows(s), rows(z)), REAL, ROW, ROW_ZERO, attrs="axis = 1", since=13),
   case(lambda x, s, z: quantized(x, blocks(s), blocks(z)), REAL, random.uniform(0.01, 1, (2, 3, 2)).astype(np.float32), X8[:, :, :2].copy(), attrs="axis = 2, block_size = 2", since=21))


def dynamically(x):
    low, high = min(x.min(), np.float32(0)), max(x.max(), np.float32(0))
    scale = np.float32((high - low) / np.float32(255))
    zero = np.rint(np.clip(-low / scale, 0, 255)).astype(np.uint8)
    return [quantized(x, scale, zero), scale, zero]


op("DynamicQuantizeLinear", (11,), case(dynamically, REAL), case(dynamically, abs(REAL) + 1))
