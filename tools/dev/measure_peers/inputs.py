"""Inputs that everyone gets, and what the answer is in f64."""

import numpy

ITEM_BYTES = {"f32": 4, "f16": 2, "bf16": 2}


def encode(values, dtype):
    """f32 values as an array of `dtype`; bf16 is its bits as uint16, rounded to nearest even."""
    if dtype == "f32":
        return values
    if dtype == "f16":
        return values.astype(numpy.float16)
    bits = values.view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def decode(array):
    """The inverse, as f64."""
    if array.dtype == numpy.uint16:
        return (array.astype(numpy.uint32) << 16).view(numpy.float32).astype(numpy.float64)
    return array.astype(numpy.float64)


def make(shape, dtype, seed):
    """Q, K and V from a normal distribution."""
    random = numpy.random.default_rng(seed)

    def draw(heads, length):
        return encode(random.standard_normal((shape.batch, heads, length, shape.dim), dtype=numpy.float32), dtype)
    return draw(shape.heads, shape.queries), draw(shape.kv_heads, shape.keys), draw(shape.kv_heads, shape.keys)


def attend(shape, query, key, value):
    """Softmax attention in f64, head by head."""
    group = shape.heads // shape.kv_heads
    output = numpy.empty(query.shape, dtype=numpy.float64)
    last = numpy.arange(shape.queries)[:, None] + shape.keys - shape.queries
    masked = numpy.arange(shape.keys)[None, :] > last if shape.causal else None
    for b in range(shape.batch):
        for h in range(shape.heads):
            scores = decode(query[b, h]) @ decode(key[b, h // group]).T / numpy.sqrt(shape.dim)
            if masked is not None:
                scores[masked] = -numpy.inf
            scores -= scores.max(axis=1, keepdims=True)
            weights = numpy.exp(scores)
            output[b, h] = weights @ decode(value[b, h // group]) / weights.sum(axis=1, keepdims=True)
    return output


def relative_error(actual, expected):
    """In the Frobenius norm."""
    return float(numpy.linalg.norm(actual - expected) / numpy.linalg.norm(expected))
