"""Rows of domain com.microsoft: FusedOps.cpp, FusedNormalization.cpp, GroupQueryAttention.cpp, MultiHeadAttention.cpp, PackedMatMul.cpp.

Inputs/microsoft has more, with what ONNX Runtime gives.
"""

import numpy as np
from activations import gelu, gelu_by_tanh, sigmoid, single
from attention import attend, causal, join, rotated, split
from normalization import normalized, rms
from sheet import case, each_float, floats, ints, op, random

VERSIONS = (1,)


def row(name, *cases, limits=""):
    op(name, VERSIONS, *cases, domain="com.microsoft", limits=limits)


X, BIAS = 2 * floats(3, 8), floats(8)
row("Gelu", each_float(gelu, X))
row("BiasGelu", each_float(lambda x, b: gelu(x.astype(np.float64) + b), X, BIAS))
row("FastGelu", each_float(lambda x: gelu_by_tanh(x.astype(np.float64)), X), case(lambda x, b: gelu_by_tanh(x + b), X, BIAS))
row("QuickGelu", each_float(lambda x: x * sigmoid(single(1.702) * x.astype(np.float64)), X), case(lambda x: x * sigmoid(0.5 * x), X, attrs="alpha = 0.5"))
A, B = floats(2, 3, 4), floats(2, 4, 5)
row("FusedMatMul", case(np.matmul, A, B), case(lambda a, b: 0.3 * (a.transpose(0, 2, 1) @ b.transpose(0, 2, 1)), floats(2, 4, 3), floats(2, 5, 4), attrs="alpha = 0.3, transA = 1, transB = 1"),
    case(lambda a, b: a.transpose(1, 0, 2) @ b, floats(3, 2, 4), B, attrs="transBatchA = 1"))

ROWS, GAIN, SHIFT = floats(2, 3, 8), floats(8), floats(8)
row("SkipLayerNormalization", each_float(lambda x, y, g, b: normalized(x.astype(np.float64) + y, -1, 1e-12) * g + b, ROWS, floats(2, 3, 8), GAIN, SHIFT, attrs="epsilon = 1e-12"),
    case(lambda x, y, g, b, c: [normalized(x + y + c, -1, 0.01) * g + b, None, None, x + y + c], ROWS, floats(2, 3, 8), GAIN, SHIFT, BIAS, attrs="epsilon = 0.01"))
row("SkipSimplifiedLayerNormalization", case(lambda x, y, g: rms(x + y, g, -1, 0.01), ROWS, floats(2, 3, 8), GAIN, attrs="epsilon = 0.01"),
    case(lambda x, y, g, c: [rms(x + y + c, g, -1, 0.01), None, None, x + y + c], ROWS, floats(2, 3, 8), GAIN, BIAS, attrs="epsilon = 0.01"),
    case(lambda x, y, g: [rms(x + y, g, -1, 0.01), (x + y).mean(-1, keepdims=True)], ROWS, floats(2, 3, 8), GAIN, attrs="epsilon = 0.01"))
WORDS, PLACES, SEGMENTS = floats(20, 8), floats(9, 8), floats(2, 8)
IDS, PARTS = random.integers(0, 20, (2, 5)).astype(np.int32), random.integers(0, 2, (2, 5)).astype(np.int32)
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)
row("EmbedLayerNormalization", case(lambda i, s, w, p, t, g, b, m: [normalized(w[i] + p[:5] + t[s], -1, 0.01) * g + b, m.sum(1).astype(np.int32)],
                                    IDS, PARTS, WORDS, PLACES, SEGMENTS, GAIN, SHIFT, MASK, attrs="epsilon = 0.01"),
    case(lambda i, s, w, p, t, g, b: [normalized(w[i] + p[:5], -1, 0.01) * g + b, np.zeros(2, np.int32)], IDS, None, WORDS, PLACES, None, GAIN, SHIFT, attrs="epsilon = 0.01"))

Q, K, V = floats(2, 3, 24), floats(2, 5, 24), floats(2, 5, 32)
row("MultiHeadAttention", each_float(lambda q, k, v: join(attend(split(q, 4), split(k, 4), split(v, 4))), Q, K, V, attrs="num_heads = 4"),
    case(lambda q, k, v, b: join(attend(split(q + b[:24], 4), split(k + b[24:48], 4), split(v + b[48:], 4), causal(5, 5), 0.3)),
         floats(2, 5, 24), K, V, floats(80), attrs="num_heads = 4, scale = 0.3, unidirectional = 1"))


def packed(x, w, b, extra=0):
    q, k, v = (split(part, 4) for part in np.split(x @ w + b, 3, -1))
    return join(attend(q, k, v, extra))


row("Attention", each_float(packed, floats(2, 5, 10), floats(10, 48) / 4, floats(48), attrs="num_heads = 4"),
    case(lambda *x: packed(*x, causal(5, 5)), floats(2, 5, 10), floats(10, 48) / 4, floats(48), attrs="num_heads = 4, unidirectional = 1"))


def grouped(q, k, v, pk, pv, lengths, total, window=None, scale=None):
    k, v = np.concatenate([pk, split(k, 2)], 2), np.concatenate([pv, split(v, 2)], 2)
    return [join(attend(split(q, 4), k, v, causal(q.shape[1], k.shape[2], pk.shape[2], window), scale)), k, v]


DECODE = floats(1, 2, 32), floats(1, 2, 16), floats(1, 2, 16), floats(1, 2, 3, 8), floats(1, 2, 3, 8), ints(4, kind=np.int32), np.array(5, np.int32)
GROUPS = "num_heads = 4, kv_num_heads = 2"
row("GroupQueryAttention", case(grouped, *DECODE, attrs=GROUPS), case(lambda *x: grouped(*x, window=2, scale=0.3), *DECODE, attrs=GROUPS + ", local_window_size = 2, scale = 0.3"))
ANGLES = floats(7, 4)
AT = ints([0, 4, 2], [6, 1, 1])
row("RotaryEmbedding", case(lambda x, p, c, s: rotated(x, c[p], s[p]), floats(2, 4, 3, 8), AT, np.cos(ANGLES), np.sin(ANGLES)),
    case(lambda x, p, c, s: join(rotated(split(x, 4), c[p], s[p], True)), floats(2, 3, 32), AT, np.cos(ANGLES), np.sin(ANGLES), attrs="num_heads = 4, interleaved = 1"),
    limits="`scale` is 1")

NUMBERS, SCALES = random.integers(0, 16, (5, 32)).astype(np.uint8), random.uniform(0.01, 0.1, (5, 2)).astype(np.float32)
NIBBLES = (NUMBERS[:, ::2] | NUMBERS[:, 1::2] << 4).reshape(5, 2, 8)
ZEROS = random.integers(0, 16, (5, 2)).astype(np.uint8)


def by_blocks(zero):
    return lambda x, *_: x @ ((NUMBERS.reshape(5, 2, 16) - zero) * SCALES[..., None]).reshape(5, 32).T


row("MatMulNBits", case(by_blocks(8.0), floats(3, 32), NIBBLES, SCALES, attrs="K = 32, N = 5, bits = 4, block_size = 16"),
    case(by_blocks(ZEROS[..., None].astype(np.float64)), floats(3, 32), NIBBLES, SCALES, ZEROS[:, :1] | ZEROS[:, 1:] << 4, attrs="K = 32, N = 5, bits = 4, block_size = 16"),
    limits="`g_idx` is left out")
