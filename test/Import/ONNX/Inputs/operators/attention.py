"""Rows of Attention.cpp, FlexAttention.cpp, LinearAttention.cpp and Encoding.cpp."""

import numpy as np
from sheet import case, each_float, floats, ints, op, softmax


def attend(q, k, v, bias=0, scale=None, cap=0):
    """Rows of heads (batch, head, token, feature); a key's head serves several of the query's."""
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat(group, 1), v.repeat(group, 1)
    scores = (q.astype(np.float64) @ k.transpose(0, 1, 3, 2)) * (scale or q.shape[-1] ** -0.5)
    return softmax((cap * np.tanh(scores / cap) if cap else scores) + bias) @ v


def causal(queries, keys, past=0, window=None):
    i, j = np.arange(queries)[:, None] + past, np.arange(keys)
    return np.where((j <= i) & (window is None or i - j < window), 0, -np.inf)


def split(x, heads):
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def join(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def with_past(q, k, v, mask, pk, pv):
    k, v = np.concatenate([pk, k], 2), np.concatenate([pv, v], 2)
    return [attend(q, k, v, causal(q.shape[2], k.shape[2], pk.shape[2])), k, v]


Q, K, V = floats(2, 4, 3, 8), floats(2, 2, 5, 8), floats(2, 2, 5, 6)
KEEP = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]], bool)
PACKED = floats(2, 3, 32), floats(2, 5, 16), floats(2, 5, 12)
op("Attention", (23, 24, 25), each_float(attend, Q, K, V), case(lambda q, k, v: attend(q, k, v, causal(3, 5), 0.3), Q, K, V, attrs="is_causal = 1, scale = 0.3"),
   case(lambda q, k, v, m: attend(q, k, v, np.where(m, 0, -np.inf)), Q, K, V, KEEP), case(lambda q, k, v, m: attend(q, k, v, m, cap=2), Q, K, V, floats(4, 3, 5), attrs="softcap = 2.0"),
   case(with_past, Q, K[:, :, :3], V[:, :, :3], None, floats(2, 2, 2, 8), floats(2, 2, 2, 6), attrs="is_causal = 1"),
   case(lambda q, k, v: join(attend(split(q, 4), split(k, 2), split(v, 2))), *PACKED, attrs="q_num_heads = 4, kv_num_heads = 2"),
   case(lambda q, k, v, m, pk, pv, n: attend(q, k, v, np.where(np.arange(5) < n[:, None, None, None], 0, -np.inf)), Q, K, V, None, None, None, ints(5, 2), since=24))

MODIFIED = "score_mod = m (float[B,H,L,S] @s) => (float[B,H,L,S] @z) {{ @z = {}(@s) }}"
op("FlexAttention", (1,), case(attend, Q, K, V), case(lambda q, k, v: attend(q, k, v, scale=0.3), Q, K, V, attrs="scale = 0.3"),
   case(lambda q, k, v: attend(q, k, v, cap=1), Q, K, V, attrs=MODIFIED.format("Tanh")), domain="ai.onnx.preview")


def linear(rule):
    def run(q, k, v, state, decay=None, beta=None):
        q, k, v = (split(x.astype(np.float64), heads) for x, heads in ((q, 4), (k, 2), (v, 2)))
        state, out = state.astype(np.float64), np.zeros((*q.shape[:3], v.shape[3]))
        for t in range(q.shape[2]):
            key, value = k[:, :, t], v[:, :, t]
            if "gated" in rule:
                state = state * np.exp(decay[:, t])[:, :, None, None]
            if "delta" in rule:
                value = (value - np.einsum("bhk,bhkv->bhv", key, state)) * beta[:, t][:, :, None]
            state = state + key[..., None] * value[:, :, None]
            out[:, :, t] = np.einsum("bhk,bhkv->bhv", q[:, :, t], state.repeat(2, 1)) / np.sqrt(k.shape[3])
        return [join(out), state]
    return run


LINEAR = floats(2, 5, 32) / 4, floats(2, 5, 16) / 4, floats(2, 5, 12), floats(2, 2, 8, 6)
DECAY, BETA = -abs(floats(2, 5, 2)), 1 / (1 + np.exp(-floats(2, 5, 2)))
HEADS = "q_num_heads = 4, kv_num_heads = 2"
op("LinearAttention", (27,), case(linear("gated_delta"), *LINEAR, DECAY, BETA, attrs=HEADS, static=True), case(linear("linear"), *LINEAR, attrs=HEADS + ', update_rule = "linear"'),
   case(linear("gated"), *LINEAR, DECAY, attrs=HEADS + ', update_rule = "gated"', static=True), case(linear("delta"), *LINEAR, None, BETA, attrs=HEADS + ', update_rule = "delta"'),
   limits="the width of the decay is static, or it has one for each feature")


def rotated(x, cos, sin, interleaved=False):
    """(batch, head, token, feature), tables of (batch, token, half of the features that turn)."""
    n = 2 * cos.shape[-1]
    cos, sin = cos[:, None], sin[:, None]
    one, two = (x[..., 0:n:2], x[..., 1:n:2]) if interleaved else (x[..., :n // 2], x[..., n // 2:n])
    pair = one * cos - two * sin, one * sin + two * cos
    turned = np.stack(pair, -1).reshape(*x.shape[:-1], n) if interleaved else np.concatenate(pair, -1)
    return np.concatenate([turned, x[..., n:]], -1)


ANGLES = floats(7, 4)
COS, SIN, PLACES = np.cos(ANGLES), np.sin(ANGLES), ints([0, 4, 2], [6, 1, 1])
op("RotaryEmbedding", (23,), each_float(lambda x, c, s, p: rotated(x, c[p], s[p]), Q, COS, SIN, PLACES),
   case(lambda x, c, s, p: rotated(x, c[p], s[p], True), Q, COS, SIN, PLACES, attrs="interleaved = 1"), case(rotated, Q, np.cos(ANGLES[PLACES]), np.sin(ANGLES[PLACES])),
   case(lambda x, c, s, p: join(rotated(split(x, 4), c[p], s[p])), PACKED[0], COS[:, :2].copy(), SIN[:, :2].copy(), PLACES, attrs="num_heads = 4, rotary_embedding_dim = 4", static=True),
   limits="the head size is static where a part of it turns")


def stored(cache, update, at=(0, 0), circular=False):
    out = cache.copy()
    for b, t in np.ndindex(len(cache), update.shape[2]):
        out[b, :, (at[b] + t) % (cache.shape[2] if circular else cache.shape[2] + 1)] = update[b, :, t]
    return out


CACHE, UPDATE = floats(2, 2, 6, 4), floats(2, 2, 3, 4)
op("TensorScatter", (24,), each_float(stored, CACHE, UPDATE, ints(1, 3)), case(stored, CACHE, UPDATE),
   case(lambda c, u, at: stored(c, u, at, True), CACHE, UPDATE, ints(4, 0), attrs='mode = "circular"'))
