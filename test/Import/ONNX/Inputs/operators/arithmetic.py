"""Rows of Arithmetic.cpp."""

import numpy as np
from sheet import case, each_float, erf, floats, ints, known, op

X, Y, S = floats(2, 3, 4), floats(3, 1), floats(5)
POSITIVE, UNIT, ABOVE = abs(floats(7)) + np.float32(0.1), np.tanh(floats(7)), 1 + abs(floats(7))
SPECIAL = np.array([0, -0.0, np.inf, -np.inf, np.nan, 2.5, -2.5, 3.5], np.float32)
I, J = ints(7, -7, 8, -8, 5), ints(2, 3, -3, -2, 5)
U, V = ints(200, 7, 250, kind=np.uint8), ints(100, 3, 9, kind=np.uint8)
WRAPS = np.array([2**31 - 1, -2**31], np.int32)


def binary(function, *more):
    """Floats with broadcasting, and integers of two kinds."""
    return [*each_float(function, X, Y), case(function, I, J), case(function, U, V), *more]


def unary(function, x, versions=(7, 13), name=None):
    op(name or function.__name__.capitalize(), versions, each_float(function, x), case(function, SPECIAL))


def divided(x, y):
    return x / y if x.dtype.kind == "f" else np.trunc(x / y).astype(x.dtype)


op("Add", (7, 13, 14), binary(np.add, case(np.add, WRAPS, WRAPS)))
op("Sub", (7, 13, 14), binary(np.subtract, case(np.subtract, WRAPS, -WRAPS)))
op("Mul", (7, 13, 14), binary(np.multiply, case(np.multiply, WRAPS, WRAPS)))
op("Div", (7, 13, 14), binary(divided))
op("Mod", (10, 13, 28), case(np.mod, I, J), case(np.fmod, I, J, attrs="fmod = 1"), case(np.mod, U, V),
   each_float(np.fmod, X, Y, attrs="fmod = 1"))
op("Pow", (7, 12, 13, 15), each_float(np.power, POSITIVE, floats(7)), case(np.power, S, ints(2, 3, 0, 1, -2).astype(np.float32)),
   case(lambda x, n: (x ** n.astype(np.float32)), S, ints(2, 3, 0, 1, 4), since=12),
   case(np.power, I, ints(2, 3, 0, 1, 4), since=12))


def folded(function):
    """Of one input, of several that broadcast, and with NaN."""
    return [case(lambda x: x, X), *each_float(lambda x, y, z: function(function(x, y), z), X, Y, floats(2, 1, 4)),
            case(function, SPECIAL, SPECIAL[::-1].copy())]


op("Min", (7, 8, 12, 13), folded(np.minimum), case(np.minimum, I, J, since=12), case(np.minimum, U, V, since=12))
op("Max", (7, 8, 12, 13), folded(np.maximum), case(np.maximum, I, J, since=12), case(np.maximum, U, V, since=12))
op("Sum", (7, 8, 13), folded(np.add))
op("Mean", (7, 8, 13), case(lambda x: x, X), each_float(lambda x, y, z: (x + y + z) / x.dtype.type(3), X, Y, floats(2, 1, 4)))

LOW, HIGH = np.float32(-0.5), np.float32(0.75)
op("Clip", (7, 11, 12, 13),
   case(lambda x: np.clip(x, -0.5, 0.75), X, attrs="min = -0.5, max = 0.75", until=10), case(lambda x: np.clip(x, None, 0.75), X, attrs="max = 0.75", until=10),
   case(np.clip, X, LOW, HIGH, since=11), case(lambda x, low, high: np.minimum(x, high), X, None, known(HIGH), since=11),
   case(lambda x, low: np.maximum(x, low), X, known(LOW), since=11), case(lambda x: x, X, since=11),
   # The upper bound decides where the lower is above it.
   case(lambda x, low, high: np.full_like(x, high), X, HIGH, LOW, since=11),
   case(np.clip, I, np.int64(-4), np.int64(6), since=12))

op("Neg", (7, 13), each_float(np.negative, X), case(np.negative, I), case(np.negative, SPECIAL))
op("Abs", (7, 13), each_float(abs, X), case(abs, I), case(abs, U), case(abs, SPECIAL))
op("Sign", (9, 13), each_float(np.sign, X), case(np.sign, ints(3, 0, -3)), case(np.sign, ints(0, 255, kind=np.uint8)), case(np.sign, SPECIAL))
op("Reciprocal", (7, 13), each_float(lambda x: 1 / x, X), case(lambda x: 1 / x, SPECIAL))
unary(np.sqrt, POSITIVE)
unary(np.exp, X)
unary(np.log, POSITIVE)
unary(np.sin, X, (7, 22))
unary(np.cos, X, (7, 22))
unary(np.tan, UNIT, (7, 22))
unary(np.sinh, X, (9, 22))
unary(np.cosh, X, (9, 22))
unary(np.arcsin, UNIT, (7, 22), "Asin")
unary(np.arccos, UNIT, (7, 22), "Acos")
unary(np.arcsinh, X, (9, 22), "Asinh")
unary(np.arccosh, ABOVE, (9, 22), "Acosh")
unary(np.arctanh, UNIT, (9, 22), "Atanh")
unary(np.arctan, X, (7, 22), "Atan")
unary(np.tanh, X)
op("Erf", (9, 13), each_float(erf, X), case(erf, SPECIAL))
unary(np.floor, X)
unary(np.ceil, X)
op("Round", (11, 22), each_float(np.rint, np.array([0.5, 1.5, -0.5, -2.5, 2.4, -2.6], np.float32)), case(np.rint, SPECIAL))
