"""Rows of Comparison.cpp."""

import numpy as np
from sheet import case, each_float, floats, ints, op

X, Y = np.round(floats(3, 4)), np.round(floats(4))
SPECIAL = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1], np.float32)
I, J = ints(7, -7, 8, 0), ints(7, 3, -3, 1)
U, V = ints(200, 7, 250, kind=np.uint8), ints(100, 7, 255, kind=np.uint8)
P, Q = np.array([[True], [False]]), np.array([True, False])


def compared(function, integers):
    """Integers are allowed from opset `integers` on; unsigned ones compare as such."""
    return [*each_float(function, X, Y), case(function, SPECIAL, SPECIAL[::-1].copy()), case(function, I, J, since=integers), case(function, U, V, since=integers)]


op("Equal", (7, 11, 13, 19), case(np.equal, I, J), case(np.equal, P, Q), [*compared(np.equal, 11)])
op("Less", (7, 9, 13), compared(np.less, 9))
op("LessOrEqual", (12, 16), compared(np.less_equal, 12))
op("Greater", (7, 9, 13), compared(np.greater, 9))
op("GreaterOrEqual", (12, 16), compared(np.greater_equal, 12))
op("IsNaN", (9, 13, 20), each_float(np.isnan, SPECIAL))
op("IsInf", (10, 20), case(np.isinf, SPECIAL), case(np.isposinf, SPECIAL, attrs="detect_negative = 0"),
   case(np.isneginf, SPECIAL, attrs="detect_positive = 0"), each_float(np.isinf, SPECIAL, since=20))
op("Not", (7,), case(np.logical_not, Q))
op("And", (7,), case(np.logical_and, P, Q))
op("Or", (7,), case(np.logical_or, P, Q))
op("Xor", (7,), case(np.logical_xor, P, Q))
op("BitwiseNot", (18,), case(np.invert, I), case(np.invert, U))
op("BitwiseAnd", (18,), case(np.bitwise_and, I, J), case(np.bitwise_and, U, V))
op("BitwiseOr", (18,), case(np.bitwise_or, I, J), case(np.bitwise_or, U, V))
op("BitwiseXor", (18,), case(np.bitwise_xor, I, J), case(np.bitwise_xor, U, V))
op("Where", (9, 16), each_float(np.where, np.array([[True], [False], [True]]), X, Y), case(np.where, Q, ints(1, 2), ints(3, 4)), case(np.where, Q, Q, ~Q))

# Floats to integers saturate, and NaN gives 0, as nobody else says what they give; integers wrap.
REAL = np.array([1.7, -1.7, 0, 100, -0.2], np.float32)
TARGETS = {1: np.float32, 2: np.uint8, 3: np.int8, 5: np.int16, 6: np.int32, 7: np.int64, 10: np.float16, 11: np.float64, 12: np.uint32}


def converted(kind):
    return lambda x, *_: np.trunc(x).astype(np.int64).astype(kind) if x.dtype.kind == "f" and np.dtype(kind).kind in "iu" else x.astype(kind)


op("Cast", (7, 9, 13, 19, 21, 23, 24, 25, 28),
   [case(lambda x, k=kind: [converted(k)(x)], abs(REAL) if np.dtype(kind).kind == "u" else REAL, attrs=f"to = {number}", kind=kind) for number, kind in TARGETS.items()],
   [case(lambda x, k=kind: [x.astype(k)], ints(3, -5, 300, 70000), attrs=f"to = {number}", kind=kind) for number, kind in TARGETS.items() if kind != np.float16],
   case(lambda x: x != 0, REAL, attrs="to = 9"), case(lambda x: x.astype(np.float32), Q, attrs="to = 1"),
   case([np.array([2**31 - 1, -2**31, 0], np.int32)], np.array([np.inf, -3e9, np.nan], np.float32), attrs="to = 6"))
op("CastLike", (15, 19, 21, 23, 24, 25), [case(lambda x, y, k=kind: [converted(k)(x)], abs(REAL), np.zeros(2, kind), kind=kind) for kind in TARGETS.values()],
   case(lambda x, y: x != 0, REAL, Q))
