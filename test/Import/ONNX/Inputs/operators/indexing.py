"""Rows of Gather.cpp and Scatter.cpp."""

import numpy as np
from sheet import alias, case, each_float, floats, ints, known, op

X = floats(4, 6)
I = ints([7, -7, 8], [0, 5, -2])
AT = ints([0, -1, 3], [5, 2, -6])
op("Gather", (7, 11, 13), each_float(lambda x, i: x[i % 4], X, ints([0, 3], [2, 1])), case(lambda x, i: x[:, i], X, AT, attrs="axis = 1", since=11),
   case(lambda x, i: x[:, i], I, np.array(1), attrs="axis = 1"))
PAIRS = ints([0, -1], [3, 2], [-4, 5])
op("GatherND", (11, 12, 13), each_float(lambda x, i: x[i[:, 0], i[:, 1]], X, PAIRS, static=True), case(lambda x, i: x[i[:, 0]], X, PAIRS[:, :1], static=True),
   case(lambda x, i: x[np.arange(4), i[:, 0]], X, ints([0], [5], [2], [-1]), attrs="batch_dims = 1", since=12, static=True), limits="the last size of the indices is known")
SOME = ints([0, -1], [1, 2], [5, 0], [3, 3])
op("GatherElements", (11, 13), each_float(lambda x, i: np.take_along_axis(x, i % 6, 1), X, SOME, attrs="axis = 1"),
   case(lambda x, i: np.take_along_axis(x[:, :3], i % 4, 0), X, ints([0, 3, -1])))


def scattered(reduce, axis):
    """Elements of `updates` at their places along `axis`."""
    def run(x, indices, updates):
        out = x.copy()
        for place in np.ndindex(indices.shape):
            to = list(place)
            to[axis] = indices[place]
            out[tuple(to)] = reduce(out[tuple(to)], updates[place])
        return out
    return run


def scattered_slices(reduce):
    def run(x, indices, updates):
        out = x.copy()
        for place in np.ndindex(indices.shape[:-1]):
            to = tuple(indices[place])
            out[to] = reduce(out[to], updates[place])
        return out
    return run


TAKE = lambda old, new: new
REDUCTIONS = {"add": (np.add, 16), "mul": (np.multiply, 16), "max": (np.maximum, 18), "min": (np.minimum, 18)}
PLACES, UPDATES = ints([0, 3], [1, 2], [5, 0], [4, 3]), floats(4, 2)
TWICE = ints([0, 0], [1, -1], [5, 5], [3, 3])


def elements(reductions):
    yield from each_float(scattered(TAKE, 1), X, PLACES, UPDATES, attrs="axis = 1")
    yield case(scattered(TAKE, 0), X, ints([0, 3, 1, 2]), floats(1, 4))
    yield case(scattered(TAKE, 1), I, ints([2], [0]), ints([10], [20]), attrs="axis = 1")
    for name, (function, since) in reductions.items():
        yield case(scattered(function, 1), X, TWICE, UPDATES, attrs=f'axis = 1, reduction = "{name}"', since=since)


op("Scatter", (9, 11), list(elements({})))
op("ScatterElements", (11, 13, 16, 18), list(elements(REDUCTIONS)))
alias("Scatter", "ScatterElements")
SLICES, WHOLE = ints([1], [-1], [1]), floats(3, 6)
op("ScatterND", (11, 13, 16, 18), each_float(scattered_slices(TAKE), X, ints([1], [-1]), WHOLE[:2], static=True), case(scattered_slices(TAKE), X, PAIRS, floats(3), static=True),
   [case(scattered_slices(function), X, SLICES, WHOLE, attrs=f'reduction = "{name}"', since=since, static=True) for name, (function, since) in REDUCTIONS.items()],
   limits="the last size of the indices is known")
