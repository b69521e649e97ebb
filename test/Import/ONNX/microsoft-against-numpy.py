# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""What com.microsoft's attention is documented to do and ONNX Runtime does not run on CPUs: heads packed as [.., head, which, feature],
and norms of queries and keys. Against the same in numpy.

usage: microsoft-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(37)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def attention(query, key, value, mask=None):
    """[batch, row, head, feature], each head of a query by itself."""
    scores = np.einsum("bihd,bjhd->bhij", query, key) / np.sqrt(query.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    result = np.einsum("bhij,bjhd->bihd", weights / weights.sum(-1, keepdims=True), value)
    return result.reshape(*result.shape[:2], -1).astype(np.float32)


def packed(q):
    return [attention(q[..., 0, :], q[..., 1, :], q[..., 2, :])]


def packed_keys(q, k):
    return [attention(q.reshape(2, 3, 4, 6), k[..., 0, :], k[..., 1, :])]


def norm(heads, weight):
    return heads / np.sqrt((heads * heads).mean(-1, keepdims=True) + 0.01) * weight


def normed(q, k, v, past_key, past_value, lengths, total, query_norm, key_norm):
    """A prompt: nothing is past."""
    rows = np.arange(q.shape[1])
    query = norm(q.reshape(*q.shape[:2], 4, 8), query_norm)
    key, value = (x.reshape(*x.shape[:2], 2, 8) for x in (k, v))
    key = norm(key, key_norm)
    y = attention(query, key.repeat(2, axis=2), value.repeat(2, axis=2), rows[None, :] <= rows[:, None])
    return [y, key.transpose(0, 2, 1, 3), value.transpose(0, 2, 1, 3)]


NONE = '"", '
CASES = [
    ("packed", 17, {"q": ("float[b,s,4,3,6]", floats(2, 3, 4, 3, 6))}, "float[b,s,24] y",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q)", packed),
    ("packed-keys", 17, {"q": ("float[b,s,24]", floats(2, 3, 24)), "k": ("float[b,t,4,2,6]", floats(2, 5, 4, 2, 6))}, "float[b,s,24] y",
     "y = com.microsoft.MultiHeadAttention<num_heads = 4>(q, k)", packed_keys),
    ("norms", 17, {"q": ("float[b,s,32]", floats(2, 3, 32)), "k": ("float[b,s,16]", floats(2, 3, 16)), "v": ("float[b,s,16]", floats(2, 3, 16)),
                   "pk": ("float[b,2,p,8]", floats(2, 2, 0, 8)), "pv": ("float[b,2,p,8]", floats(2, 2, 0, 8)),
                   "l": ("int32[b]", np.array([2, 2], np.int32)), "n": ("int32", np.array(3, np.int32)),
                   "g": ("float[8]", floats(8)), "h": ("float[8]", floats(8))},
     "float[b,s,32] y, float[b,2,t,8] nk, float[b,2,t,8] nv",
     "y, nk, nv = com.microsoft.GroupQueryAttention<num_heads = 4, kv_num_heads = 2, qk_norm_epsilon = 0.01>"
     f"(q, k, v, pk, pv, l, n, {7 * NONE}g, h)", normed),
]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
