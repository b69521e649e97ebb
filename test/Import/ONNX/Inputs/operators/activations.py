"""Rows of Activation.cpp."""

import numpy as np
from sheet import alias, case, each_float, erf, floats, known, op

X = 2 * floats(3, 7)
FAR = np.array([-1e4, -90, 0, 90, 1e4, np.inf, -np.inf, np.nan], np.float32)


def single(number):
    """As an attribute holds it."""
    return float(np.float32(number))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def elu(x, alpha):
    return np.where(x < 0, alpha * np.expm1(x), x)


def selu(x, alpha=single(1.67326319217681884765625), gamma=single(1.05070102214813232421875)):
    return gamma * elu(x, alpha)


def celu(x, alpha):
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(x / alpha))


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def gelu_by_tanh(x):
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3))) / 2


op("Relu", (7, 13, 14), each_float(lambda x: np.maximum(x, 0), X), case(lambda x: np.maximum(x, 0), FAR),
   case(lambda x: np.maximum(x, 0), np.array([-3, 4], np.int32), since=14))
op("LeakyRelu", (7, 16), each_float(lambda x: np.where(x < 0, single(0.01) * x, x), X), case(lambda x: np.where(x < 0, 0.3 * x, x), X, attrs="alpha = 0.3"))
SLOPE = floats(7)
op("PRelu", (7, 9, 16), each_float(lambda x, s: np.where(x < 0, s * x, x), X, SLOPE),
   case(lambda x, s: np.where(x < 0, s * x, x), np.array([-3, 4], np.int32), np.array([5], np.int32), since=9))
op("Elu", (7, 22), each_float(lambda x: elu(x, 1), X), case(lambda x: elu(x, 0.3), X, attrs="alpha = 0.3"))
op("Celu", (12, 28), case(lambda x: celu(x, 1), X), case(lambda x: celu(x, 0.3), X, attrs="alpha = 0.3"))
op("Selu", (7, 22), each_float(selu, X), case(lambda x: selu(x, 0.5, 2), X, attrs="alpha = 0.5, gamma = 2.0"))
op("ThresholdedRelu", (10, 22), each_float(lambda x: np.where(x > 1, x, 0), X), case(lambda x: np.where(x > 0.3, x, 0), X, attrs="alpha = 0.3"))
op("Sigmoid", (7, 13), each_float(sigmoid, X), case(sigmoid, FAR))
op("HardSigmoid", (7, 22), each_float(lambda x: np.clip(single(0.2) * x + 0.5, 0, 1), X),
   case(lambda x: np.clip(0.3 * x + 0.4, 0, 1), X, attrs="alpha = 0.3, beta = 0.4"))
op("HardSwish", (14, 22), each_float(lambda x: x * np.clip(x / 6 + 0.5, 0, 1), 2 * X))
op("Swish", (24,), each_float(lambda x: x * sigmoid(x), X), case(lambda x: x * sigmoid(0.5 * x), X, attrs="alpha = 0.5"))
op("Gelu", (20,), each_float(gelu, X), case(gelu_by_tanh, X, attrs='approximate = "tanh"'))
op("Softplus", (7, 22), each_float(softplus, X), case(softplus, FAR))
op("Softsign", (7, 22), each_float(lambda x: x / (1 + abs(x)), X))
op("Mish", (18, 22), each_float(lambda x: x * np.tanh(softplus(x)), X))

KEPT = lambda x, *_: [x, np.ones(x.shape, bool)]
op("Dropout", (7, 10, 12, 13, 22), each_float(lambda x, *_: x, X), case(lambda x: [x, np.ones_like(x)], X, attrs="ratio = 0.3", until=9),
   case(KEPT, X, attrs="ratio = 0.3", since=10, until=11), case(KEPT, X, known(np.float32(0.3)), known(np.array(False)), since=12),
   case("expected training_mode to be false", X, known(np.float32(0.3)), known(np.array(True)), since=12),
   limits="`training_mode` is false")
alias("Identity", "Dropout")
