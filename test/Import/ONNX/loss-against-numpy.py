# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Losses of classes against numpy.

usage: loss-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(12)


def logarithms(x):
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def loss(logs, targets, weights=None, reduction="mean", ignored=None):
    kept = np.ones(targets.shape, bool) if ignored is None else targets != ignored
    chosen = np.where(kept, targets, 0)
    weight = (np.ones(logs.shape[1], np.float32) if weights is None else weights)[chosen] * kept
    each = (-np.take_along_axis(logs, chosen[:, None], 1)[:, 0] * weight).astype(np.float32)
    with np.errstate(invalid="ignore"):
        return {"none": each, "sum": each.sum(), "mean": each.sum() / weight.sum()}[reduction].astype(np.float32)


def case(name, x, targets, weights=None, reduction="mean", ignored=None, kind="int64"):
    symbols = ",".join("nabc"[:targets.ndim])
    inputs = {"x": (f"float[n,5{symbols[1:]}]", x), "t": (f"{kind}[{symbols}]", targets.astype(kind))}
    if weights is not None:
        inputs["w"] = ("float[5]", weights)
    attributes = f'reduction = "{reduction}"' + (f", ignore_index = {ignored}" if ignored is not None else "")
    shape = f"[{symbols}]" if reduction == "none" else ""
    logs = logarithms(x).astype(np.float32)
    return (name, 20, inputs, f"float{shape} y, float{shape} z, float[n,5{symbols[1:]}] l",
            f"y = NegativeLogLikelihoodLoss<{attributes}>({', '.join(inputs)}) z, l = SoftmaxCrossEntropyLoss<{attributes}>({', '.join(inputs)})",
            [loss(x, targets, weights, reduction, ignored), loss(logs, targets, weights, reduction, ignored), logs])


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def classes(*shape):
    return random.integers(0, 5, shape)


SOME = np.where(random.integers(0, 2, (3, 4)), classes(3, 4), -100)
WEIGHTS = random.uniform(0.1, 2, 5).astype(np.float32)
CASES = [
    case("mean", floats(3, 5), classes(3)),
    case("sum-of-rest", floats(3, 5, 4, 2), classes(3, 4, 2), reduction="sum", kind="int32"),
    case("none-weighted", floats(3, 5, 4), classes(3, 4), WEIGHTS, "none"),
    case("mean-weighted", floats(3, 5, 4), classes(3, 4), WEIGHTS),
    case("ignored-outside", floats(3, 5, 4), SOME, WEIGHTS, ignored=-100),
    case("ignored-none", floats(3, 5, 4), SOME, reduction="none", ignored=-100),
    case("ignored-class", floats(3, 5, 4), classes(3, 4), ignored=2),
    case("all-ignored", floats(3, 5), np.full(3, 1), ignored=1),
]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
