# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Operators whose sizes an integer input gives, known only when the model runs: the numbers of numpy, or a refusal then.

usage: sizes-from-data-against-numpy.py FOLDER_OF_AGAINST_NUMPY SCRATCH
"""

import sys

import numpy as np

FIRST, LAST = -2**63, 2**63 - 1
X = np.arange(1, 25, dtype=np.float32).reshape(4, 6)
NEGATIVE = "expected sizes that are not negative"
FITS = "to fit a machine"
TOO_LARGE = "expected a result whose size fits a machine"
CASES = []


def ints(*values, kind=np.int64):
    return np.array(values, kind)


def add(name, kinds, arrays, outputs, nodes, *expected):
    """A case for each dynamic or static form of x."""
    refused = expected and isinstance(expected[0], str)
    for kind in ("float[4,6]", "float[a,b]"):
        inputs = {"x": (kind, X), **dict(zip("st", zip(kinds, arrays)))}
        CASES.append((f"{name} {kind} {[x.tolist() for x in arrays]}", 20, inputs, outputs, nodes, expected[0] if refused else list(expected)))


for shape, right in [([3, 8], (3, 8)), ([-1, 8], (3, 8)), ([8, -1], (8, 3)), ([0, 6], (4, 6)), ([0, -1], (4, 6)), ([-1, 0], (4, 6))]:
    add("reshape", ["int64[2]"], [ints(*shape)], "float[m,n] y", "y = Reshape(x, s)", X.reshape(right))
for shape, message in [([5, 5], "as many elements"), ([-2, -12], NEGATIVE), ([-1, -1], "as many elements"), ([-1, 5], "as many elements"),
                       ([2**32, 2**32], TOO_LARGE), ([FIRST, FIRST], ""), ([LAST, 3], TOO_LARGE), ([2, -3], NEGATIVE)]:
    add("reshape", ["int64[2]"], [ints(*shape)], "float[m,n] y", "y = Reshape(x, s)", message)
add("reshape to zero", ["int64[2]"], [ints(0, 6)], "float[m,n] y", "y = Reshape<allowzero = 1>(x, s)", "as many elements")
# Sizes beside known ones, which stay known; and sizes that are computed.
add("reshape by parts", ["int64[1]"], [ints(2)], "float[m,n,3] y", ("<int64[1] three = {3}, int64[1] rest = {-1}>", "z = Concat<axis = 0>(s, rest, three) y = Reshape(x, z)"),
    X.reshape(2, 4, 3))
add("reshape by a product", ["int64", "int64"], [np.array(4), np.array(2)], "float[m,n] y",
    ("<int64[1] axis = {0}, int64[1] rest = {-1}>", "p = Mul(s, t) u = Unsqueeze(p, axis) z = Concat<axis = 0>(u, rest) y = Reshape(x, z)"), X.reshape(8, 3))
for shape, right in [([5, 4, 6], (5, 4, 6)), ([1, 1], (4, 6)), ([0, 4, 6], (0, 4, 6))]:
    add("expand", [f"int64[{len(shape)}]"], [ints(*shape)], "float[m,n] y" if len(shape) == 2 else "float[k,m,n] y", "y = Expand(x, s)",
        np.broadcast_to(X, right))
add("expand", ["int64[2]"], [ints(4, 5)], "float[m,n] y", "y = Expand(x, s)", "1")
add("expand", ["int64[3]"], [ints(-5, 4, 6)], "float[k,m,n] y", "y = Expand(x, s)", NEGATIVE)
for start, limit, step in [(0, 5, 1), (3, 5, 1), (5, 0, 1), (-3, 3, 2), (5, -2, -3), (0, 0, 1)]:
    nodes = (f"<int64 d = {{{step}}}>", "y = Range(s, t, d)")
    add("range", ["int64", "int64"], [np.array(start), np.array(limit)], "int64[n] y", nodes, np.arange(start, limit, step))
    nodes = (f"<int32 d = {{{step}}}>", "y = Range(s, t, d)")
    add("range", ["int32", "int32"], [np.array(start, np.int32), np.array(limit, np.int32)], "int32[n] y", nodes, np.arange(start, limit, step, np.int32))
for start, limit, step in [(0, 5, 1), (4, -1, -1), (0.5, 1.2, 0.25), (3, 3, 1), (5, 0, 1), (0, 0, 0)]:
    ends = [np.array(end, np.float32) for end in (start, limit)]
    add("float range", ["float", "float"], ends, "float[n] y", (f"<float d = {{{step}}}>", "y = Range(s, t, d)"),
        np.arange(start, limit, step or 1, np.float32))
add("float range", ["float", "float"], [np.float32(0), np.float32(1e20)], "float[n] y", ("<float d = {1}>", "y = Range(s, t, d)"), TOO_LARGE)
for start, limit in [(FIRST, LAST), (0, LAST), (0, 2**61)]:
    add("range", ["int64", "int64"], [np.array(start), np.array(limit)], "int64[n] y", ("<int64 d = {1}>", "y = Range(s, t, d)"), FITS)
for start, end in [(1, 3), (-3, -1), (2, LAST), (FIRST, 2), (3, 1), (LAST, LAST), (FIRST, FIRST)]:
    add("slice", ["int64[1]", "int64[1]"], [ints(start), ints(end)], "float[m,6] y", "y = Slice(x, s, t)", X[start:end])
    if end == FIRST:  # ONNX takes the first element then, numpy none
        continue
    add("slice", ["int64[1]", "int64[1]"], [ints(end), ints(start)], "float[m,6] y", ("<int64[1] a = {1}, int64[1] d = {-2}>", "y = Slice(x, s, t, a, d)"),
        X[:, slice(end, start if start > FIRST else None, -2)])
for repeats in [(2, 3), (0, 2), (1, 1)]:
    add("tile", ["int64[2]"], [ints(*repeats)], "float[m,n] y", "y = Tile(x, s)", np.tile(X, repeats))
add("tile", ["int64[2]"], [ints(-1, -2)], "float[m,n] y", "y = Tile(x, s)", NEGATIVE)
add("tile", ["int64[2]"], [ints(2**32, 2**32)], "float[m,n] y", "y = Tile(x, s)", "expected")
add("fill", ["int64[2]"], [ints(2, 3)], "float[m,n] y", "y = ConstantOfShape<value = float[1] {2}>(s)", np.full((2, 3), 2, np.float32))
add("fill", ["int64[2]"], [ints(2**31, 2**31)], "float[m,n] y", "y = ConstantOfShape(s)", TOO_LARGE)
add("fill", ["int64[1]"], [ints(-1)], "float[n] y", "y = ConstantOfShape(s)", NEGATIVE)
for mode, numpys in [("constant", "constant"), ("edge", "edge"), ("reflect", "reflect")]:
    add("pad", ["int64[4]"], [ints(1, 0, 2, 3)], "float[m,n] y", f'y = Pad<mode = "{mode}">(x, s)', np.pad(X, [(1, 2), (0, 3)], numpys))
add("pad", ["int64[4]"], [ints(1, 0, -1, 0)], "float[m,n] y", "y = Pad(x, s)", "expected pads of dimension 0 that are not negative")
add("pad", ["int64[4]"], [ints(LAST, 0, 1, 0)], "float[m,n] y", "y = Pad(x, s)", FITS)
add("top", ["int64[1]"], [ints(3)], "float[4,n] y, int64[4,n] z", "y, z = TopK(x, s)", X[:, :2:-1], np.tile(np.array([5, 4, 3]), (4, 1)))
for k, message in [(7, "expected k of at most the size of dimension 1"), (-1, NEGATIVE)]:
    add("top", ["int64[1]"], [ints(k)], "float[4,n] y, int64[4,n] z", "y, z = TopK(x, s)", message)
add("split", ["int64[2]"], [ints(1, 3)], "float[m,6] y, float[n,6] z", "y, z = Split<axis = 0>(x, s)", X[:1], X[1:])
add("split", ["int64[2]"], [ints(1, 2)], "float[m,6] y, float[n,6] z", "y, z = Split<axis = 0>(x, s)", "to sum to its dimension 0")
add("split", ["int64[2]"], [ints(-1, 5)], "float[m,6] y, float[n,6] z", "y, z = Split<axis = 0>(x, s)", NEGATIVE)
for k in (0, -1, 2, LAST, FIRST):
    add("triangle", ["int64"], [np.array(k)], "float[4,6] y", "y = Trilu<upper = 0>(x, s)", np.tril(X, int(np.clip(k, -9, 9))))
add("one hot", ["int64[3]", "int64"], [ints(0, 2, -1), np.array(4)], "float[3,n] y", ("<float[2] v = {0, 1}>", "y = OneHot(s, t, v)"),
    np.eye(4, dtype=np.float32)[[0, 2, 3]])
# As position ids give the length of a cache.
add("longest", ["int64[3]"], [ints(2, 5, 1)], "int64[n] y", ("<int64 zero = {0}, int64 one = {1}>", "m = ReduceMax<keepdims = 0>(s) e = Add(m, one) y = Range(zero, e, one)"),
    np.arange(6))
# Only what lies between has such a size.
add("inside", ["int64[3]"], [ints(3, 1, 1)], "float[4,6] y", ("<int64[1] axis = {0}>", "e = Expand(x, s) y = ReduceSum<keepdims = 0>(e, axis)"), 3 * X)
add("loop", ["int64"], [np.array(3)], "float[4,6] y, float[n,4,6] z",
    ('<bool c = {1}>', 'y, z = Loop<body = b (int64 i, bool d, float[4,6] q) => (bool e, float[4,6] r, float[4,6] p) { e = Identity(d) r = Add(q, q) p = Identity(q) }>(s, c, x)'),
    8 * X, np.stack([X, 2 * X, 4 * X]))
for flag in (True, False):
    CASES.append((f"branches {flag}", 20, {"x": ("float[4,6]", X), "s": ("int64[2]", ints(8, 3)), "c": ("bool", np.array(flag))}, "float[m,n] y",
                  "y = If<then_branch = t () => (float[i,j] p) { p = Reshape(x, s) }, else_branch = e () => (float[k,l] q) { q = Transpose(x) }>(c)",
                  [X.reshape(8, 3) if flag else X.T]))

if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1]]
    import against_numpy
    sys.exit(against_numpy.main(CASES, *sys.argv[1:]))
