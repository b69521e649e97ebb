# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Operators against numpy: small models, dynamic shapes, one run each.

usage: operators-against-numpy.py FOLDER_OF_MAKE_MODEL SCRATCH
"""

import sys

import numpy as np

random = np.random.default_rng(7)


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def normalize(x, axes, epsilon=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def log_sum_exp(x, axes, keepdims):
    with np.errstate(divide="ignore"):
        return np.log(np.exp(np.asarray(x, np.longdouble)).sum(axes, keepdims=keepdims)).astype(np.float32)


def top(x, k, axis, largest=True):
    """The first of equals comes first, and NaN is the largest."""
    order = np.argsort(-x if largest else x, axis, kind="stable")  # which puts NaN last
    if largest and np.isnan(x).any():
        order = np.roll(order, np.isnan(x).sum())
    order = np.take(order, np.arange(k), axis)
    return np.take_along_axis(x, order, axis), order


X, Y, W = floats(2, 3, 4), floats(3, 1), abs(floats(2, 3, 4))
I, J = random.integers(-9, 9, (4, 5)), np.array([[-3, 2, 5, -1, 1]] * 4)
M = floats(4, 6)
SPECIAL = np.array([1.7, -1.7, np.nan, np.inf, -np.inf, 3e9], np.float32)


def branch_cases(taken):
    """Keys with a past or without, as decoders that were merged for both have it: the length depends on data."""
    past, x = floats(2, 5, 4), floats(2, 3, 4)
    condition = np.array([taken])
    keys = np.concatenate([past, x], 1) if taken else -x
    weights = softmax(x @ keys.transpose(0, 2, 1), -1)
    inputs = {"c": ("bool[1]", condition), "p": ("float[a,n,4]", past), "x": ("float[a,b,4]", x)}
    keep = ("k, l = If<then_branch = t () => (float[a,m,4] u, float[a,b,4] i) { u = Concat<axis = 1>(p, x) i = Identity(x) }, "
            "else_branch = e () => (float[a,b,4] v, float[a,b,4] j) { v = Neg(x) j = Abs(x) }>(c) ")
    yield (f"branches-{taken}", 20, inputs, "float[a,b,4] y, float[a,b,4] l",
           keep + "kt = Transpose<perm = [0, 2, 1]>(k) s = MatMul(x, kt) w = Softmax(s) y = MatMul(w, k)", [weights @ keys, x if taken else abs(x)])
    nested = ("n = Not(c) d = If<then_branch = t () => (float[a,m,4] u) { u = If<then_branch = f () => (float[a,m,4] u1) { u1 = Slice(p, one, three, one) }, "
              "else_branch = h () => (float[a,m,4] u2) { u2 = Identity(p) }>(n) }, else_branch = e () => (float[a,b,4] v) { v = Neg(x) }>(c) "
              "y = ReduceSum<keepdims = 0>(d, one)")
    yield (f"nested-branches-{taken}", 20, inputs, "float[a,4] y", ("<int64[1] one = {1}, int64[1] three = {3}>", nested), [(past if taken else -x).sum(1)])


def sizes_decide_cases():
    for past in (floats(0, 6), floats(2, 6)):
        n = len(past)
        yield (f"sizes-decide-{n}", 20, {"x": ("float[a,b]", M), "p": ("float[n,b]", past)}, "float[m,b] y, int64[2] q, float[k,l] r, float[d,e] s",
               ("<int64 zero = {0}, int64[2] low = {1, 1}, int64[2] high = {7, 6}>",
                "s0 = Shape(p) n0 = Gather(s0, zero) c = Cast<to = 9>(n0) "
                "y = If<then_branch = t () => (float[m,b] u) { u = Concat<axis = 0>(p, x) }, else_branch = f () => (float[m,b] v) { v = Neg(x) }>(c) "
                "l0 = Less(s0, low) g = LessOrEqual(high, s0) h = Or(l0, g) i = Not(l0) j = And(i, g) q = Where(l0, high, s0) "
                "k0 = Cast<to = 7>(h) r = ConstantOfShape(k0) j0 = Cast<to = 7>(j) s = ConstantOfShape(j0)"),
               [np.concatenate([past, M]) if n else -M, np.array([n or 7, 6]), np.zeros((int(n < 1), 1)), np.zeros((0, 1))])


# (name, opset, inputs, outputs as ONNX text, nodes, expected)
CASES = [
    ("arithmetic", 20, {"x": ("float[a,b,c]", X), "y": ("float[b,1]", Y)}, "float[a,b,c] p, float[a,b,c] q, float[a,b,c] r, float[a,b,c] s",
     "p = Add(x, y) q = Sub(x, y) r = Div(x, y) s = Min(x, y, p)", [X + Y, X - Y, X / Y, np.minimum(np.minimum(X, Y), X + Y)]),
    ("functions", 20, {"x": ("float[a,b,c]", W)}, "float[a,b,c] p, float[a,b,c] q, float[a,b,c] r, float[a,b,c] s, float[a,b,c] t",
     "p = Sqrt(x) q = Log(x) r = Tanh(x) s = Sigmoid(x) t = Round(x)",
     [np.sqrt(W), np.log(W), np.tanh(W), 1 / (1 + np.exp(-W)), np.round(W)]),
    ("integers", 20, {"x": ("int64[a,b]", I), "y": ("int64[a,b]", J)}, "int64[a,b] p, int64[a,b] q, int64[a,b] r, bool[a,b] s",
     "p = Div(x, y) q = Mod(x, y) r = Mod<fmod = 1>(x, y) s = LessOrEqual(x, y)",
     [np.trunc(I / J).astype(np.int64), np.mod(I, J), np.fmod(I, J), I <= J]),
    # Division by zero does not trap; what it gives is nobody's business.
    ("zero-divisor", 20, {"x": ("int64[a]", ints(5, -5, 7)), "y": ("int64[a]", ints(0, 0, 2))}, "int64[a] p",
     "d = Div(x, y) z = Sub(d, d) h = Mod(x, y) w = Sub(h, h) p = Add(z, w)", [ints(0, 0, 0)]),
    # Floats to integers saturate, and NaN gives 0.
    ("casts", 20, {"x": ("float[a]", SPECIAL)}, "int32[a] p, bool[a] q, int64[a] r, bool[a] s",
     "p = Cast<to = 6>(x) q = Cast<to = 9>(x) r = Cast<to = 7>(x) s = IsNaN(x)",
     [np.array([1, -1, 0, 2**31 - 1, -2**31, 2**31 - 1], np.int32), np.ones(6, bool),
      ints(1, -1, 0, 2**63 - 1, -2**63, 3000000000), np.isnan(SPECIAL)]),
    ("softmax", 20, {"x": ("float[a,b,c]", X)}, "float[a,b,c] p, float[a,b,c] q",
     "p = Softmax<axis = 1>(x) q = LogSoftmax(x)", [softmax(X, 1), np.log(softmax(X, -1))]),
    ("matmul", 20, {"x": ("float[a,b,c]", X), "y": ("float[1,c,e]", floats(1, 4, 5)), "z": ("float[c]", floats(4))},
     "float[a,b,e] p, float[a,b] q", "p = MatMul(x, y) q = MatMul(x, z)", lambda x, y, z: [x @ y, x @ z]),
    ("gemm", 20, {"x": ("float[k,m]", floats(3, 2)), "y": ("float[n,k]", floats(4, 3)), "z": ("float[n]", floats(4))}, "float[m,n] p",
     "p = Gemm<transA = 1, transB = 1, alpha = 0.5, beta = 2.0>(x, y, z)", lambda x, y, z: [0.5 * (x.T @ y.T) + 2 * z]),
    ("reductions", 20, {"x": ("float[a,b,c]", X)}, "float[a,1,c] p, float[b] q, float r, int64[a,b,1] s",
     "ax = Constant<value_ints = [1]>() ay = Constant<value_ints = [0, -1]>() p = ReduceMean(x, ax) "
     "q = ReduceMax<keepdims = 0>(x, ay) r = ReduceSum<keepdims = 0>(x) s = ArgMax<axis = -1>(x)",
     [X.mean(1, keepdims=True), X.max((0, 2)), X.sum(), X.argmax(-1)[..., None]]),
    ("reductions-13", 13, {"x": ("float[a,b,c]", X)}, "float[a,c] p", "p = ReduceL2<axes = [1], keepdims = 0>(x)",
     [np.sqrt((X * X).sum(1))]),
    # Sums that overflow in f32, rows of nothing but -inf, and infinities.
    ("log-sum-exp", 20, {"x": ("float[a,b,c]", 60 * X), "y": ("float[e,d]", np.array([[-np.inf, -np.inf], [np.inf, 1], [-np.inf, 2]], np.float32))},
     "float[a,1,c] p, float q, float[e] r, float[a,b,c] s",
     "ax = Constant<value_ints = [1]>() p = ReduceLogSumExp(x, ax) q = ReduceLogSumExp<keepdims = 0>(x) "
     "r = ReduceLogSumExp<keepdims = 0>(y, ax) s = ReduceLogSumExp<noop_with_empty_axes = 1>(x)",
     lambda x, y: [log_sum_exp(x, 1, True), log_sum_exp(x, None, False), log_sum_exp(y, 1, False), x]),
    ("log-sum-exp-13", 13, {"x": ("float16[a,b]", M.astype(np.float16))}, "float16[a] p", "p = ReduceLogSumExp<axes = [-1], keepdims = 0>(x)",
     lambda x: [log_sum_exp(x, 1, False).astype(np.float16)]),
    ("einsum", 20, {"x": ("float[a,b,c]", X), "y": ("float[a,d,c]", floats(2, 5, 4)), "m": ("float[b,e]", floats(3, 6)), "q": ("float[a,b,2,3]", floats(2, 3, 2, 3))},
     "float[a,b,d] p, float[b,a] q1, float[c,a] r, float[a,b] s, float[a,b,c,e] t, float[b,d] u, float[3,b] v, float w",
     'p = Einsum<equation = "hqd,hkd->hqk">(x, y) q1 = Einsum<equation = "abc->ba">(x) r = Einsum<equation = "abc, ab d ...-> ca">(x, q) '
     's = Einsum<equation = "...d,...d">(x, x) t = Einsum<equation = "...bc,be->...bce">(x, m) u = Einsum<equation = "aBc,adc">(x, y) '
     'q3 = Einsum<equation = "abij,abkj->abik">(q, q) v = Einsum<equation = "abij,abii->jb">(q, q3) w = Einsum<equation = "be,be->">(m, m)',
     lambda x, y, m, q: [np.einsum("hqd,hkd->hqk", x, y), x.sum(2).T, np.einsum("abc,abde->ca", x, q), np.einsum("...d,...d", x, x),
                         np.einsum("abc,be->abce", x, m), np.einsum("aBc,adc", x, y),
                         np.einsum("abij,abii->jb", q, np.einsum("abij,abkj->abik", q, q)), (m * m).sum()]),
    ("einsum-integers", 20, {"i": ("int64[a,b]", I), "j": ("int64[a,b]", J)}, "int64[a] p, int64[a,1] q",
     'p = Einsum<equation = "ij,ij->i">(i, j) one = Constant<value_ints = [1]>() s = ReduceSum(j, one) q = Einsum<equation = "ij,ik->ij">(s, i)',
     [(I * J).sum(1), J.sum(1, keepdims=True) * I.sum(1, keepdims=True)]),
    ("top-k", 20, {"x": ("float[a,b]", np.array([[1, 3, 2, 3, -1], [0, 0, 0, 0, 0], [5, 4, 3, 2, 1]], np.float32)), "i": ("int64[c,d]", I),
                   "n": ("float[e]", SPECIAL), "k": ("float[f]", floats(2))},
     "float[a,3] p, int64[a,3] pi, float[2,b] q, int64[2,b] qi, int64[c,m] r, int64[c,m] ri, float[6] s, int64[6] si",
     "three = Constant<value_ints = [3]>() two = Constant<value_ints = [2]>() six = Constant<value_ints = [6]>() f = Shape(k) "
     "p, pi = TopK(x, three) q, qi = TopK<axis = 0, largest = 0>(x, two) r, ri = TopK<axis = 1, sorted = 0>(i, f) s, si = TopK(n, six)",
     lambda x, i, n, k: [*top(x, 3, 1), *top(x, 2, 0, False), *top(i, 2, 1), *top(n, 6, 0)]),
    ("activations", 20, {"x": ("float[a,b]", M), "y": ("float[c]", np.array([0.5, -0.25], np.float32)), "z": ("float[c]", np.array([1.5, 3], np.float32))},
     "float[a,b] p, float[a,b] q, float[a,b] r, float[c] s, float[c] t, float[c] u, float[a,b] v, float[a,b] w",
     "p = Celu<alpha = 0.5>(x) q = Selu(x) r = ThresholdedRelu<alpha = 0.3>(x) s = Asinh(y) t = Acosh(z) u = Atanh(y) v = HardSigmoid(x) w = Elu(x)",
     lambda x, y, z: [np.where(x < 0, 0.5 * np.expm1(x / 0.5), x), 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * np.expm1(x), x),
                      np.where(x > 0.3, x, 0), np.arcsinh(y), np.arccosh(z), np.arctanh(y), np.clip(0.2 * x + 0.5, 0, 1), np.where(x < 0, np.expm1(x), x)]),
    ("cumsum", 20, {"x": ("float[a,b]", M)}, "float[a,b] p, float[a,b] q",
     "one = Constant<value_int = 1>() p = CumSum(x, one) q = CumSum<reverse = 1, exclusive = 1>(x, one)",
     [M.cumsum(1), M[:, ::-1].cumsum(1)[:, ::-1] - M]),
    ("slices", 20, {"x": ("float[a,b]", M), "k": ("float[c]", floats(3))}, "float[a,n] p, float[a,m] q, float[a,l] r",
     "one = Constant<value_ints = [1]>() zero = Constant<value_ints = [0]>() five = Constant<value_ints = [5]>() "
     "two = Constant<value_ints = [-2]>() s = Shape(k) p = Slice(x, zero, s, one) q = Slice(x, five, zero, one, two) "
     "e = Sub(s, five) r = Slice(x, e, s, one)", [M[:, :3], M[:, 5:0:-2], M[:, -2:3]]),
    ("joins", 20, {"x": ("float[a,b]", M), "y": ("float[a,c]", floats(4, 1))}, "float[a,n] p, float[a,3] q, float[a,3] r, float[d,e] s",
     "p = Concat<axis = -1>(x, y, x) q, r = Split<axis = 1, num_outputs = 2>(x) t = Constant<value_ints = [2, 1]>() s = Tile(y, t)",
     lambda x, y: [np.concatenate([x, y, x], 1), x[:, :3], x[:, 3:], np.tile(y, (2, 1))]),
    ("pads", 20, {"x": ("float[a,b]", M)}, "float[c,d] p, float[c,d] q, float[c,d] r",
     'w = Constant<value_ints = [1, 2, 0, 3]>() p = Pad(x, w) q = Pad<mode = "reflect">(x, w) r = Pad<mode = "edge">(x, w)',
     [np.pad(M, ((1, 0), (2, 3)), mode) for mode in ("constant", "reflect", "edge")]),
    ("gathers", 20, {"x": ("float[a,b]", M), "i": ("int64[n,2]", np.array([[0, -1], [3, 2], [-4, 5]])), "j": ("int64[a,2]", np.array([[0, -1]] * 4)),
                     "k": ("int64[m]", ints(2, -6))},
     "float[a,m] p, float[n] q, float[a,2] r", "p = Gather<axis = 1>(x, k) q = GatherND(x, i) r = GatherElements<axis = 1>(x, j)",
     lambda x, i, j, k: [x[:, k], x[i[:, 0], i[:, 1]], np.take_along_axis(x, j % 6, 1)]),
    ("scatters", 20, {"x": ("float[a,b]", M), "i": ("int64[n,1]", np.array([[1], [-1], [1]])), "u": ("float[n,b]", floats(3, 6))},
     "float[a,b] p", 'p = ScatterND<reduction = "add">(x, i, u)', lambda x, i, u: [x + np.stack([0 * u[0], u[0] + u[2], 0 * u[0], u[1]])]),
    ("generators", 20, {"x": ("float[a,b]", M), "i": ("int64[n]", ints(0, 3, -1, 9))}, "int64[a] p, float[a,b] q, float[4,n] r",
     "zero = Constant<value_int = 0>() one = Constant<value_int = 1>() s = Shape(x) n = Gather(s, zero) p = Range(zero, n, one) "
     "q = Trilu<upper = 0>(x, one) d = Constant<value_int = 4>() v = Constant<value_floats = [-1.0, 2.0]>() r = OneHot<axis = 0>(i, d, v)",
     lambda x, i: [np.arange(4), np.tril(x, 1), np.where(np.arange(4)[:, None] == np.where(i < 0, i + 4, i), 2, -1).astype(np.float32)]),
    ("norms", 23, {"x": ("float[a,6,b]", floats(2, 6, 4)), "s": ("float[b]", floats(4)), "t": ("float[b]", floats(4)),
                   "u": ("float[6]", floats(6)), "v": ("float[6]", floats(6))},
     "float[a,6,b] p, float[a,6,b] q, float[a,6,b] r",
     "p = LayerNormalization(x, s, t) q = RMSNormalization(x, s) r = GroupNormalization<num_groups = 3>(x, u, v)",
     lambda x, s, t, u, v: [normalize(x, -1) * s + t, x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * s,
                            normalize(x.reshape(2, 3, 8), -1).reshape(x.shape) * u[:, None] + v[:, None]]),
    ("half", 20, {"x": ("float16[a,b]", floats(3, 5).astype(np.float16))}, "float16[a,b] p, float16[a] q",
     "p = Exp(x) m = Constant<value_ints = [1]>() q = ReduceMean<keepdims = 0>(x, m)",
     lambda x: [np.exp(x.astype(np.float32)).astype(np.float16), x.astype(np.float32).mean(1).astype(np.float16)]),
    ("loop", 20, {"x": ("float[a]", floats(4)), "w": ("float[k]", floats(3))}, "float[a] p, float[k,a] q",
     "t = Constant<value = bool {1}>() s = Shape(w) n = Squeeze(s) p, q = Loop<body = b (int64 i, bool c, float[a] y) => "
     "(bool c2, float[a] y2, float[a] e) { c2 = Identity(c) wi = Gather(w, i) y2 = Add(y, wi) e = Mul(y2, y2) }>(n, t, x)",
     lambda x, w: [x + w.sum(), (x + w.cumsum()[:, None]) ** 2]),
    *(case for taken in (True, False) for case in branch_cases(taken)),
    # The condition and what is chosen follow from shapes, so callers can know the sizes of outputs.
    *sizes_decide_cases(),
    ("empty", 20, {"x": ("float[a,b]", floats(0, 3))}, "float[a,b] p, float[b] q",
     "p = Add(x, x) z = Constant<value_ints = [0]>() q = ReduceSum<keepdims = 0>(x, z)", [np.zeros((0, 3)), np.zeros(3)]),
    # Whatever is put into a tensor that is known to be empty lies nowhere.
    ("known-empty", 20, {"x": ("float[0,4]", floats(0, 4)), "y": ("float[0,3]", floats(0, 3)), "w": ("float[k]", floats(2))},
     "float[0,7] p, float[0,7] q, float[0,2] r, float[2,4] s, float[k,0,4] t",
     "z = Constant<value_ints = [0]>() one = Constant<value_ints = [1]>() three = Constant<value_ints = [3]>() p = Concat<axis = 1>(x, y) "
     "u = Constant<value_ints = [0, 1, 0, 2]>() q = Pad(x, u) r = Slice(x, one, three, one) v = Constant<value_ints = [2, 0, 0, 0]>() s = Pad(x, v) "
     "c = Constant<value = bool {1}>() h = Shape(w) n = Squeeze(h) l, t = Loop<body = b (int64 i, bool c1, float[0,4] a) => "
     "(bool c2, float[0,4] a2, float[0,4] e) { c2 = Identity(c1) a2 = Add(a, a) e = Mul(a, a) }>(n, c, x)",
     [np.zeros((0, 7)), np.zeros((0, 7)), np.zeros((0, 2)), np.zeros((2, 4)), np.zeros((2, 0, 4))]),
]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
