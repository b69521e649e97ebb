# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Opsets 7 to 12 against numpy, where operators were other than from 13 on.

usage: early-opsets-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(11)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def hardmax(x):
    return (np.arange(x.size) == x.argmax()).reshape(x.shape).astype(np.float32)


def lp_normalized(x, p, axis):
    norm = (abs(x) ** p).sum(axis, keepdims=True) ** (1 / p)
    return np.divide(x, norm, out=np.zeros_like(x), where=norm != 0)


X, Z = floats(2, 3, 4), np.concatenate([floats(2, 3), np.zeros((1, 3), np.float32)])
I = np.array([[0, -1, 3], [5, 2, -4]])
HOT = np.where(np.arange(4)[None, :, None] == np.where(I < 0, I + 4, I)[:, None, :], np.float32(2), np.float32(0.5))
BATCH = {"x": ("float[a,b,c]", X), "s": ("float[b]", floats(3)), "t": ("float[b]", floats(3)), "m": ("float[b]", floats(3)),
         "v": ("float[b]", abs(floats(3)))}
ELEMENTS = {"x": ("float[a,b,c]", X), **{key: ("float[b,c]", abs(floats(3, 4))) for key in "stmv"}}


def batch_normalized(x, s, t, m, v):
    s, t, m, v = (y if y.ndim > 1 else y[:, None] for y in (s, t, m, v))
    return [(x - m) / np.sqrt(v + np.float32(1e-3)) * s + t]


def layer_norm(x, scale, bias):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + np.float32(1e-5)) * scale + bias


def attend(q, k, v, mask, heads=2):
    """Rows of all heads side by side; the mask is added."""
    split = lambda y: y.reshape(*y.shape[:2], heads, -1).transpose(0, 2, 1, 3)
    weights = softmax(split(q) @ split(k).transpose(0, 1, 3, 2) / np.float32(2) + mask, -1)
    return (weights @ split(v)).transpose(0, 2, 1, 3).reshape(q.shape)


def initializers(**arrays):
    """As text, from (type, array)."""
    return "<" + ", ".join(f"{kind}[{','.join(map(str, x.shape))}] {key} = {{{', '.join(map(str, x.ravel()))}}}"
                           for key, (kind, x) in arrays.items()) + ">"


def gpt2_case():
    """A block of GPT-2 as PyTorch exported it at opset 10: positions counted by NonZero, q, k and v in one product."""
    weights, bias, places = floats(8, 24) / 2, floats(24), floats(16, 8)
    triangle = np.tril(np.ones((1, 1, 16, 16), np.float32))
    scale, shift = floats(8), floats(8)
    heads = "h{0}a = Reshape({0}, split) {0}t = Transpose<perm = [0, 2, {1}]>(h{0}a) "
    nodes = (
        "xs = Shape(x) s1 = Gather(xs, one) b1 = Gather(xs, zero) s = Unsqueeze<axes = [0]>(s1) b = Unsqueeze<axes = [0]>(b1) "
        "ones = ConstantOfShape<value = int64[1] {1}>(s) z = NonZero(ones) zt = Transpose<perm = [1, 0]>(z) pos = Squeeze<axes = [1]>(zt) "
        "row = Unsqueeze<axes = [0]>(pos) emb = Gather(places, row) y = Add(x, emb) "
        "mean = ReduceMean<axes = [-1]>(y) d = Sub(y, mean) sq = Pow(d, two) var = ReduceMean<axes = [-1]>(sq) ve = Add(var, eps) root = Sqrt(ve) "
        "nd = Div(d, root) ns = Mul(nd, scale) n = Add(ns, shift) "
        "p = MatMul(n, weights) qkv = Add(p, bias) q, k, v = Split<axis = 2, split = [8, 8, 8]>(qkv) split = Concat<axis = 0>(b, s, tail) "
        + heads.format("q", "1, 3") + heads.format("k", "3, 1") + heads.format("v", "1, 3") +
        "raw = MatMul(qt, kt) w = Div(raw, two) ws = Shape(w) ns1 = Gather(ws, three) nd1 = Gather(ws, minus) from = Sub(nd1, ns1) "
        "fs = Unsqueeze<axes = [0]>(from) ends = Unsqueeze<axes = [0]>(nd1) ax2 = Constant<value = int64[1] {2}>() ax3 = Constant<value = int64[1] {3}>() "
        "m2 = Slice(triangle, fs, ends, ax2) m = Slice(m2, fs, ends, ax3) wm = Mul(w, m) inv = Sub(onef, m) far = Mul(inv, big) wb = Sub(wm, far) "
        "a = Softmax<axis = 3>(wb) o = MatMul(a, vt) ot = Transpose<perm = [0, 2, 1, 3]>(o) out = Reshape(ot, merge)")
    given = initializers(one=("int64", np.array(1)), zero=("int64", np.array(0)), three=("int64", np.array(3)), minus=("int64", np.array(-1)), two=("float", np.float32(2)),
                         eps=("float", np.float32(1e-5)), onef=("float", np.float32(1)), big=("float", np.float32(1e4)), tail=("int64", np.array([2, 4])),
                         merge=("int64", np.array([0, 0, 8])), weights=("float", weights), bias=("float", bias), places=("float", places),
                         triangle=("float", triangle), scale=("float", scale), shift=("float", shift)).replace("[] ", " ")

    def expected(x):
        n = layer_norm(x + places[:x.shape[1]], scale, shift)
        q, k, v = np.split(n @ weights + bias, 3, -1)
        length = x.shape[1]
        return [attend(q, k, v, np.where(triangle[..., :length, :length] > 0, 0, np.float32(-1e4)))]

    return ("gpt2", 10, {"x": ("float[b,s,8]", floats(2, 5, 8))}, "float[b,s,8] out", (given, nodes), expected)


def bert_case():
    """Attention of BERT as it came from TensorFlow at opset 8: shapes through floats, segments by one-hot rows, bounds as attributes."""
    table, weights = floats(2, 8), [floats(8, 8) / 2 for _ in range(3)]
    heads = "m{0} = MatMul(flat, w{0}) r{0} = Reshape(m{0}, split) {0}t = Transpose<perm = [0, 2, {1}]>(r{0}) "
    nodes = (
        "xs = Shape(x) xf = Cast<to = 1>(xs) bf = Slice<axes = [0], starts = [0], ends = [1]>(xf) sf = Slice<axes = [0], starts = [1], ends = [2]>(xf) "
        "b = Cast<to = 7>(bf) s = Cast<to = 7>(sf) split = Concat<axis = 0>(b, s, tail) "
        "ids = Reshape(segments, all) hot = OneHot(ids, depth, values) rows = MatMul(hot, table) xt = Reshape(rows, xs) y = Add(x, xt) flat = Reshape(y, rows2) "
        + heads.format("q", "1, 3") + heads.format("k", "3, 1") + heads.format("v", "1, 3") +
        "raw = MatMul(qt, kt) w = Mul(raw, half) mf = Cast<to = 1>(mask) m3 = Unsqueeze<axes = [1, 2]>(mf) inv = Sub(onef, m3) far = Mul(inv, big) "
        "wb = Add(w, far) a = Softmax<axis = 3>(wb) o = MatMul(a, vt) ot = Transpose<perm = [0, 2, 1, 3]>(o) of = Reshape(ot, rows2) out = Reshape(of, xs)")
    given = initializers(tail=("int64", np.array([2, 4])), all=("int64", np.array([-1])), rows2=("int64", np.array([-1, 8])), depth=("int64", np.array([2])),
                         values=("float", np.array([0, 1], np.float32)), half=("float", np.float32(0.5)), onef=("float", np.float32(1)),
                         big=("float", np.float32(-1e4)), table=("float", table), wq=("float", weights[0]), wk=("float", weights[1]),
                         wv=("float", weights[2])).replace("[] ", " ")

    def expected(x, segments, mask):
        y = x + table[segments]
        return [attend(*(y @ w for w in weights), np.where(mask, 0, np.float32(-1e4))[:, None, None])]

    return ("bert", 9, {"x": ("float[b,s,8]", floats(2, 5, 8)), "segments": ("int64[b,s]", random.integers(0, 2, (2, 5))),
                        "mask": ("int32[b,s]", np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32))}, "float[b,s,8] out", (given, nodes), expected)


def roberta_case():
    """What RoBERTa has of its own at opset 11: positions that skip padding, by CumSum, and expanded masks."""
    table = floats(12, 8)
    given = initializers(one=("int64", np.array(1)), table=("float", table), big=("float", np.float32(-1e4)), onef=("float", np.float32(1))).replace("[] ", " ")
    nodes = ("same = Equal(ids, one) other = Not(same) n = Cast<to = 6>(other) count = CumSum(n, one) kept = Mul(count, n) wide = Cast<to = 7>(kept) pos = Add(wide, one) "
             "emb = Gather(table, pos) mf = Cast<to = 1>(other) m4 = Unsqueeze<axes = [1, 2]>(mf) inv = Sub(onef, m4) far = Mul(inv, big) kt = Transpose<perm = [0, 2, 1]>(emb) "
             "w = MatMul(emb, kt) w4 = Unsqueeze<axes = [1]>(w) ws = Shape(w4) fe = Expand(far, ws) wb = Add(w4, fe) a = Softmax<axis = 3>(wb) a3 = Squeeze<axes = [1]>(a) out = MatMul(a3, emb)")

    def expected(ids):
        kept = ids != 1
        emb = table[kept.cumsum(1) * kept + 1]
        return [softmax(emb @ emb.transpose(0, 2, 1) + np.where(kept, 0, np.float32(-1e4))[:, None], -1) @ emb]

    return ("roberta", 11, {"ids": ("int64[b,s]", np.array([[5, 7, 9, 1, 1], [3, 4, 1, 8, 6]]))}, "float[b,s,8] out", (given, nodes), expected)


CASES = [
    gpt2_case(),
    bert_case(),
    roberta_case(),
    # Flattened from the axis on, which is 1 by default.
    ("softmax", 11, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p, float[a,b,c] q, float[a,b,c] r, float[a,b,c] s",
     "p = Softmax(x) q = LogSoftmax<axis = 0>(x) r = Softmax<axis = -1>(x) s = Softmax<axis = 2>(x)",
     [softmax(X, (1, 2)), np.log(softmax(X, (0, 1, 2))), softmax(X, 2), softmax(X, 2)]),
    ("hardmax", 7, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p", "p = Hardmax(x)", [np.stack([hardmax(x) for x in X])]),
    ("hardmax-13", 13, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p", "p = Hardmax<axis = 1>(x)",
     [np.stack([np.stack([hardmax(x[:, i]) for i in range(4)], 1) for x in X])]),
    ("lp-normalization", 7, {"x": ("float[a,b]", Z)}, "float[a,b] p, float[a,b] q",
     "p = LpNormalization(x) q = LpNormalization<axis = 0, p = 1>(x)", [lp_normalized(Z, 2, 1), lp_normalized(Z, 1, 0)]),
    ("axes", 11, {"x": ("float[a,b,c]", X)}, "float[a,1,b,c] p, float[a,b,c] q, float[a,c] r, float[d] s",
     "p = Unsqueeze<axes = [1]>(x) q = Squeeze<axes = [-3]>(p) r = ReduceSum<axes = [1], keepdims = 0>(x) "
     "s = ReduceMax<axes = [0, 1], keepdims = 0>(x)", [X[:, None], X, X.sum(1), X.max((0, 1))]),
    ("split", 11, {"x": ("float[a,3,4]", X)}, "float[a,1,4] p, float[a,2,4] q, float[a,3,2] r, float[a,3,2] s",
     "p, q = Split<axis = 1, split = [1, 2]>(x) r, s = Split<axis = -1>(x)", [X[:, :1], X[:, 1:], X[..., :2], X[..., 2:]]),
    ("slice", 9, {"x": ("float[a,b,c]", X)}, "float[m,b,k] p, float[d,e,c] q",
     "p = Slice<axes = [0, 2], starts = [1, -3], ends = [1000, 2147483647]>(x) q = Slice<starts = [0, 1], ends = [-1, 9223372036854775807]>(x)",
     [X[1:, :, -3:], X[:-1, 1:]]),
    ("slice-10", 10, {"x": ("float[a,b,c]", X)}, "float[m,b,c] p",
     ("<int64[1] s = {0}, int64[1] e = {1}>", "p = Slice(x, s, e)"), [X[:1]]),
    ("pad", 10, {"x": ("float[a,b,c]", X)}, "float[d,e,f] p, float[a,e,c] q",
     'p = Pad<pads = [0, 1, 0, 2, 0, 3], value = 1.5>(x) q = Pad<mode = "edge", pads = [0, 1, 0, 0, 0, 0]>(x)',
     [np.pad(X, ((0, 2), (1, 0), (0, 3)), constant_values=1.5), np.pad(X, ((0, 0), (1, 0), (0, 0)), "edge")]),
    ("clip", 10, {"x": ("float[a]", np.array([-np.inf, -2, 0.5, np.inf], np.float32))}, "float[a] p, float[a] q",
     "p = Clip<min = -1.0>(x) q = Clip(x)",
     [np.array([-1, -1, 0.5, 3.4028235e38], np.float32), np.array([-3.4028235e38, -2, 0.5, 3.4028235e38], np.float32)]),
    ("dropout", 7, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p, float[a,b,c] q", "p, q = Dropout<ratio = 0.25>(x)", [X, np.ones_like(X)]),
    ("dropout-10", 10, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p, bool[a,b,c] q", "p, q = Dropout<ratio = 0.25>(x)", [X, X == X]),
    ("top-k", 7, {"x": ("float[a,b,c]", X)}, "float[a,2,c] p, int64[a,2,c] q", "p, q = TopK<k = 2, axis = 1>(x)",
     [-np.sort(-X, 1)[:, :2], np.argsort(-X, 1)[:, :2]]),
    ("top-k-10", 10, {"x": ("float[a,b,c]", X)}, "float[a,b,3] p, int64[a,b,3] q", ("<int64[1] k = {3}>", "p, q = TopK(x, k)"),
     [-np.sort(-X, 2)[..., :3], np.argsort(-X, 2)[..., :3]]),
    ("batch-normalization", 7, BATCH, "float[a,b,c] p", "p = BatchNormalization<epsilon = 0.001, momentum = 0.7>(x, s, t, m, v)", batch_normalized),
    ("batch-normalization-by-element", 7, ELEMENTS, "float[a,b,c] p", "p = BatchNormalization<epsilon = 0.001, spatial = 0>(x, s, t, m, v)", batch_normalized),
    ("gemm", 7, {"x": ("float[m,k]", floats(3, 4)), "y": ("float[n,k]", floats(5, 4)), "z": ("float[3,1]", floats(3, 1))}, "float[m,n] p",
     "p = Gemm<transB = 1, alpha = 0.5, beta = 2.0>(x, y, z)", lambda x, y, z: [0.5 * x @ y.T + 2 * z]),
    # Indices and the depth are numbers of any type.
    ("one-hot", 9, {"i": ("int64[a,b]", I), "j": ("float[a,b]", I.astype(np.float32)), "k": ("int32[a,b]", I.astype(np.int32))},
     "float[a,4,b] p, float[a,4,b] q, float[a,4,b] r",
     ("<int64 d = {4}, float[1] e = {4}, float[2] v = {0.5, 2}>", "p = OneHot<axis = 1>(i, d, v) q = OneHot<axis = 1>(j, e, v) r = OneHot<axis = 1>(k, e, v)"),
     [HOT] * 3),
    ("scatter", 9, {"x": ("float[a,b]", X[0]), "i": ("int64[a,c]", np.array([[0, 3], [1, 2], [3, 0]])), "u": ("float[a,c]", floats(3, 2))},
     "float[a,b] p", "p = Scatter<axis = 1>(x, i, u)", lambda x, i, u: [np.put_along_axis(y := x.copy(), i, u, 1) or y]),
    # Range before it was there: the positions of as many ones.
    ("arange", 10, {"x": ("float[a,b,c]", X)}, "int64[b] p",
     "s = Shape(x) n = Slice<axes = [0], starts = [1], ends = [2]>(s) o = ConstantOfShape<value = int64[1] {1}>(n) z = NonZero(o) "
     "t = Transpose<perm = [1, 0]>(z) p = Squeeze<axes = [1]>(t)", [np.arange(3)]),
    ("non-zero", 9, {"x": ("float[a,b,c]", X)}, "int64[3,n] p, int64[3,m] q, int64[2,3] r, int64[1,k] t",
     ("<float[2,3] w = {0, 1.5, 0, -2, 0, 3}, int64[1] h = {70}>",
      "s = Shape(x) o = ConstantOfShape<value = float[1] {2}>(s) p = NonZero(o) z = ConstantOfShape(s) q = NonZero(z) r = NonZero(w) "
      "l = ConstantOfShape<value = bool[1] {1}>(h) t = NonZero(l)"),
     [np.array(np.nonzero(np.ones((2, 3, 4)))), np.zeros((3, 0), np.int64), np.array([[0, 1, 1], [1, 0, 2]]), np.arange(70)[None]]),
    # Shapes on their way through floats, as exporters wrote them for runtimes without kernels for integers.
    ("sizes-as-floats", 8, {"x": ("float[a,b,c]", X)}, "float[a,n] p, float[a,m] q, float r, float[1] s",
     ("<int64[1] rest = {-1}, float[1] minus = {-1}>",
      "s0 = Shape(x) f = Cast<to = 1>(s0) a = Slice<axes = [0], starts = [0], ends = [1]>(f) i = Cast<to = 7>(a) "
      "k = Concat<axis = 0>(i, rest) p = Reshape(x, k) g = Concat<axis = 0>(a, minus) h = Cast<to = 7>(g) q = Reshape(x, h) "
      "r = Squeeze<axes = [0]>(a) s = Add(a, minus)"),
     [X.reshape(2, -1), X.reshape(2, -1), np.float32(2), np.array([1], np.float32)]),
]

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
