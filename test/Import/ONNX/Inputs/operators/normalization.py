"""Rows of Normalization.cpp, Softmax.cpp and Loss.cpp."""

import numpy as np
from sheet import alias, case, each_float, floats, ints, op, softmax

X, IMAGE = floats(2, 3, 4), floats(2, 6, 3, 2)


def normalized(x, axes, epsilon=1e-5):
    x = x.astype(np.float64)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def flattened(function, axis):
    """`function` of rows into which `axis` and those behind it are flattened."""
    return lambda x: function(x.reshape(int(np.prod(x.shape[:axis])), -1)).reshape(x.shape)


def hardmax(x, axis=-1):
    return (np.arange(x.shape[axis]).reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)]) == x.argmax(axis, keepdims=True)).astype(x.dtype)


log_softmax = lambda x, axis=-1: np.log(softmax(x.astype(np.float64), axis))
for name, function in (("Softmax", softmax), ("LogSoftmax", log_softmax), ("Hardmax", hardmax)):
    op(name, (7, 11, 13), case(flattened(function, 1), X, until=12), case(flattened(function, 2), X, attrs="axis = 2", until=12),
       case(flattened(function, 1), X, attrs="axis = -2", since=11, until=12), each_float(function, X, since=13),
       case(lambda x, f=function: f(x, 1), X, attrs="axis = 1", since=13))


def by_norm(x, p, axis):
    norm = (abs(x) ** p).sum(axis, keepdims=True) ** (1 / p)
    return np.divide(x, norm, out=np.zeros_like(x), where=norm != 0)


op("LpNormalization", (7, 22), each_float(lambda x: by_norm(x, 2, -1), X), case(lambda x: by_norm(x, 1, 1), X, attrs="axis = 1, p = 1"))

SCALE, BIAS = floats(4), floats(4)
op("LayerNormalization", (17,), each_float(lambda x, s, b: normalized(x, -1) * s + b, X, SCALE, BIAS),
   case(lambda x, s: normalized(x, (1, 2), 0.01) * s, X, floats(3, 4), attrs="axis = 1, epsilon = 0.01"))


def rms(x, s, axes=-1, epsilon=1e-5):
    x = x.astype(np.float64)
    return x / np.sqrt((x * x).mean(axes, keepdims=True) + epsilon) * s


op("RMSNormalization", (23,), each_float(rms, X, SCALE), case(lambda x, s: rms(x, s, (1, 2), 0.01), X, floats(3, 4), attrs="axis = 1, epsilon = 0.01"))
op("SimplifiedLayerNormalization", (7,), each_float(rms, X, SCALE), limits="ONNX Runtime's, in ONNX's own domain")
alias("RMSNormalization", "SimplifiedLayerNormalization")


def channels(y):
    return y.reshape(-1, 1, 1)


def grouped(x, groups, epsilon=1e-5):
    return normalized(x.reshape(len(x), groups, -1), -1, epsilon).reshape(x.shape)


op("GroupNormalization", (18, 21), case(lambda x, s, b: grouped(x, 3) * channels(s.repeat(2)) + channels(b.repeat(2)), IMAGE, floats(3), floats(3), attrs="num_groups = 3", until=20),
   case(lambda x, s, b: grouped(x, 2, 0.01) * channels(s) + channels(b), IMAGE, floats(6), floats(6), attrs="num_groups = 2, epsilon = 0.01", since=21))
op("InstanceNormalization", (7, 22), each_float(lambda x, s, b: normalized(x, (2, 3)) * channels(s) + channels(b), IMAGE, floats(6), floats(6)),
   case(lambda x, s, b: normalized(x, (2, 3), 0.01) * channels(s) + channels(b), IMAGE, floats(6), floats(6), attrs="epsilon = 0.01"))


def by_statistics(x, s, b, mean, variance, epsilon=1e-5):
    s, b, mean, variance = (y if y.ndim > 1 else channels(y) for y in (s, b, mean, variance))
    return (x - mean) / np.sqrt(variance + epsilon) * s + b


STATISTICS = [abs(floats(6)) for _ in range(4)]
op("BatchNormalization", (7, 9, 14, 15), each_float(by_statistics, IMAGE, *STATISTICS),
   case(lambda *x: by_statistics(*x, epsilon=0.01), IMAGE, *STATISTICS, attrs="epsilon = 0.01, momentum = 0.7"),
   case(by_statistics, IMAGE, *(abs(floats(6, 3, 2)) for _ in range(4)), attrs="spatial = 0", until=8),
   limits="`training_mode` is 0")

LOGITS, CLASSES = floats(3, 5, 2), ints([0, 4], [2, 1], [3, 3])


def chosen(x, at):
    return -np.take_along_axis(x.astype(np.float64), at[:, None], 1)[:, 0]


def weighted(x, at, w):
    return chosen(x, at) * w[at]


def losses(from_input, logs):
    yield from each_float(lambda x, at: from_input(chosen(logs(x), at).mean(), x), LOGITS, CLASSES)
    yield case(lambda x, at: from_input(chosen(logs(x), at), x), LOGITS, CLASSES, attrs='reduction = "none"')
    yield case(lambda x, at, w: from_input(weighted(logs(x), at, w).sum(), x), LOGITS, CLASSES, abs(floats(5)), attrs='reduction = "sum"')
    yield case(lambda x, at, w: from_input(weighted(logs(x), at, w).sum() / w[at].sum(), x), LOGITS, CLASSES, abs(floats(5)))
    yield case(lambda x, at: from_input(chosen(logs(x), at)[at != 3].mean(), x), LOGITS, CLASSES, attrs="ignore_index = 3")


op("NegativeLogLikelihoodLoss", (12, 13, 22), list(losses(lambda loss, x: loss, lambda x: x)))
op("SoftmaxCrossEntropyLoss", (12, 13), list(losses(lambda loss, x: loss, lambda x: log_softmax(x, 1))),
   case(lambda x, at: [chosen(log_softmax(x, 1), at).mean(), log_softmax(x, 1)], LOGITS, CLASSES))
