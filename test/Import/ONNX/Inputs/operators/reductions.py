"""Rows of Reduction.cpp and Selection.cpp."""

import numpy as np
from sheet import case, each_float, floats, ints, known, op

X = floats(2, 3, 4)
I = ints([7, -7, 8], [0, 5, -2])
NEW = 18


def reduction(name, versions, function, positive=False, integers=True, axes_are_input=NEW):
    """`function` takes an array, axes and keepdims."""
    x = abs(X) + np.float32(0.1) if positive else X
    rows = [*each_float(lambda x: function(x, (1,), True), x, attrs="axes = [1]", until=axes_are_input - 1),
            case(lambda x: function(x, (0, 2), False), x, attrs="axes = [0, 2], keepdims = 0", until=axes_are_input - 1),
            case(lambda x: function(x, (2,), False), x, attrs="axes = [-1], keepdims = 0", since=11, until=axes_are_input - 1),
            case(lambda x: function(x, (0, 1, 2), True), x), case(lambda x: function(x, (0, 1, 2), False), x, attrs="keepdims = 0"),
            *each_float(lambda x, a: function(x, (1,), True), x, known([1]), since=axes_are_input),
            case(lambda x, a: function(x, (0, 2), False), x, known([0, -1]), attrs="keepdims = 0", since=axes_are_input),
            case(lambda x: x, x, attrs="noop_with_empty_axes = 1", since=axes_are_input)]
    if integers:
        rows.append(case(lambda x: function(x, (0, 1), True), abs(I) + 1 if positive else I))
    op(name, versions, rows, limits="`axes` are known")


def axes_of(function):
    return lambda x, axes, keep: function(x, axis=axes, keepdims=keep)


def log_sum_exp(x, axes, keep):
    return np.log(np.exp(x.astype(np.float64)).sum(axes, keepdims=keep)).astype(x.dtype)


OLD = (7, 11, 13, NEW)
reduction("ReduceSum", (7, 11, 13), axes_of(np.sum), axes_are_input=13)
reduction("ReduceMean", OLD, axes_of(np.mean), integers=False)
reduction("ReduceMax", (7, 11, 12, 13, 18, 20), axes_of(np.max))
reduction("ReduceMin", (7, 11, 12, 13, 18, 20), axes_of(np.min))
reduction("ReduceProd", OLD, axes_of(np.prod))
reduction("ReduceSumSquare", OLD, lambda x, axes, keep: (x * x).sum(axes, keepdims=keep))
reduction("ReduceL1", OLD, lambda x, axes, keep: abs(x).sum(axes, keepdims=keep))
reduction("ReduceL2", OLD, lambda x, axes, keep: np.sqrt((x * x).sum(axes, keepdims=keep)), integers=False)
reduction("ReduceLogSum", (*OLD, 28), lambda x, axes, keep: np.log(x.sum(axes, keepdims=keep)), positive=True, integers=False)
reduction("ReduceLogSumExp", (*OLD, 28), log_sum_exp, integers=False)
BOTH = np.array([[True, False], [False, False]])
TIES = np.array([[1, 3, 3, 0], [2, 0, 0, 2]], np.float32)


def argument(function):
    last = lambda x, axis: x.shape[axis] - 1 - function(np.flip(x, axis), axis)
    return [*each_float(lambda x: function(x, 0)[None], X), case(lambda x: function(x, 1), X, attrs="axis = 1, keepdims = 0"),
            case(lambda x: function(x, 2)[..., None], X, attrs="axis = -1", since=11), case(lambda x: function(x, 1)[:, None], TIES, attrs="axis = 1"),
            case(lambda x: last(x, 1)[:, None], TIES, attrs="axis = 1, select_last_index = 1", since=12), case(lambda x: function(x, 0)[None], I)]


op("ArgMax", (7, 11, 12, 13), argument(np.argmax))
op("ArgMin", (7, 11, 12, 13), argument(np.argmin))


def top(x, k, axis, largest=True):
    order = np.take(np.argsort(-x if largest else x, axis, kind="stable"), np.arange(k), axis)
    return [np.take_along_axis(x, order, axis), order]


op("TopK", (7, 10, 11, 24), each_float(lambda x: top(x, 2, 2), X, attrs="k = 2", until=9), case(lambda x: top(x, 1, 0), X, attrs="k = 1, axis = 0", until=9),
   each_float(lambda x, k: top(x, 2, 2), X, known([2]), since=10), case(lambda x, k: top(x, 2, 1), X, known([2]), attrs="axis = 1", since=10),
   case(lambda x, k: top(x, 2, 1, False), X, known([2]), attrs="axis = 1, largest = 0", since=11), case(lambda x, k: top(x, 3, 1), TIES, known([3]), since=10),
   case(lambda x, k: top(x, 2, 1), I, known([2]), since=11), limits="`k` is known, or data that the model reads as a size")
