"""Rows of ControlFlow.cpp. @ stands for what makes a name a node's own."""

import numpy as np
from sheet import case, floats, known, op

VERSIONS = (11, 13, 16, 19, 21, 23, 24, 25)
X = floats(3, 4)
BRANCHES = "then_branch = t () => (float[2] @u) { @u = Constant<value = float[2] {1, 2}>() }, else_branch = e () => (float[2] @v) { @v = Constant<value = float[2] {3, 4}>() }"
op("If", (7, *VERSIONS), [case(lambda c: np.array([1, 2] if c else [3, 4], np.float32), condition, attrs=BRANCHES)
                         for condition in (np.array(True), np.array(False), known(np.array(False)))])
BODY = "body = b (int64 @i, bool @c, float[4] @s) => (bool @d, float[4] @t, float[4] @o) { @d = Identity(@c) @t = Add(@s, @s) @o = Neg(@s) }"
op("Loop", (7, *VERSIONS), case(lambda n, c, s: [8 * s, -np.stack([s, 2 * s, 4 * s])], known(np.array(3)), None, X[0], attrs=BODY),
   case(lambda n, c, s: [4 * s, -np.stack([s, 2 * s])], known(np.array(2)), known(np.array(True)), X[0], attrs=BODY),
   limits="the number of iterations follows from shapes, constants, or data that the model reads as a size; the condition stays true")
SCAN = "num_scan_inputs = 1, body = b (float[4] @s, float[4] @x) => (float[4] @t, float[4] @o) { @t = Add(@s, @x) @o = Mul(@s, @x) }"


def scanned(state, x):
    out = []
    for row in x:
        out.append(state * row)
        state = state + row
    return [state, np.stack(out)]


op("Scan", (9, *VERSIONS[:1], *VERSIONS[2:]), case(scanned, floats(4), X, attrs=SCAN), case(lambda s, x: scanned(s, x[::-1]), floats(4), X, attrs=SCAN + ", scan_input_directions = [1]"))
