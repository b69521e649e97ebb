# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t
"""Broadcasting along symbolic dimensions, whose sizes show only when the code runs, against numpy.

Each model is compiled once and called with several sizes: equal ones, 1 on either side, 0, and ones that do not broadcast,
which must be an error and not a crash.

usage: broadcast-against-numpy.py FOLDER_OF_MAKE_MODEL SCRATCH
"""

import importlib.util
import itertools
import pathlib
import subprocess
import sys

import numpy as np

random = np.random.default_rng(11)


def softmax(x):
    with np.errstate(invalid="ignore"):
        e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(q, k, v, mask):
    scores = 0.3 * (q @ np.swapaxes(k, -1, -2))
    scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    return softmax(scores) @ v


def rotate(cos, sin, x):
    """RotaryEmbedding on (batch, head, sequence, feature)."""
    c, s = cos[:, None], sin[:, None]
    a, b = np.split(x, 2, -1)
    return np.concatenate([c * a - s * b, s * a + c * b], -1)


def masks(kind):
    """Attention over 2 batches, 3 heads, 4 queries and 5 keys, with each leading dimension of the mask 1 or all."""
    full, runs = (2, 3, 4), []
    for rank in (4, 3, 2):
        name = f"{kind}-mask-{rank}"
        dims = ",".join(["mb", "mh", "mq"][4 - rank:] + ["t"])
        shapes = [tuple(1 if one else size for one, size in zip(ones, full[4 - rank:])) + (5,)
                  for ones in itertools.product([False, True], repeat=rank - 1)]
        inputs = ["float[b,h,s,8] q", "float[b,h,t,8] k", "float[b,h,t,8] v", f"{kind}[{dims}] m"]
        common = [(2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8)]
        wrong = [(3,) * (rank - 1) + (5,)] if rank != 3 else [(2, 4, 5)]
        runs += [(name, 23, inputs, "float[b,h,s,8] y", "y = Attention <scale = 0.3> (q, k, v, m)", lambda q, k, v, m: [attention(q, k, v, m)],
                  [[*common, shape] for shape in shapes], [[*common, shape] for shape in wrong])]
    return runs


# (name, opset, inputs, outputs, nodes, numpy, shapes that broadcast, shapes that do not)
CASES = [
    ("elementwise", 20, ["float[a,b] x", "float[c,d] y"], "float[e,f] p, float[e,f] q, float[e,f] r, bool[e,f] s",
     "p = Add (x, y) m = Mul (p, y) q = Sub (x, m) l = Less (x, y) r = Where (l, x, p) s = Not (l)",
     lambda x, y: [x + y, x - (x + y) * y, np.where(x < y, x, x + y), ~(x < y)],
     [[(3, 4), (3, 4)], [(1, 4), (3, 4)], [(3, 4), (1, 4)], [(3, 1), (1, 4)], [(1, 1), (3, 4)], [(3, 4), (1, 1)], [(1, 1), (1, 1)],
      [(0, 4), (1, 4)], [(1, 4), (0, 1)]], [[(3, 4), (2, 4)], [(3, 4), (3, 5)], [(0, 4), (3, 4)]]),
    ("three-operands", 20, ["float[a] x", "float[b] y", "float[c,2] z"], "float[c,n] p, float[c,n] q", "p = Max (x, y, z) q = Sum (z, y, x)",
     lambda x, y, z: [np.maximum(np.maximum(x, y), z), x + y + z],
     [[(2,), (1,), (3, 2)], [(1,), (2,), (1, 2)], [(1,), (1,), (2, 2)]], [[(2,), (3,), (3, 2)], [(3,), (1,), (3, 2)]]),
    ("static-side", 20, ["float[a,3] x", "float[4,b] y", "float[4,3] z"], "float[4,3] p", "s = Add (x, y) p = Mul (s, z)",
     lambda x, y, z: [(x + y) * z], [[(4, 3), (4, 3), (4, 3)], [(1, 3), (4, 1), (4, 3)]], [[(2, 3), (4, 3), (4, 3)], [(4, 3), (4, 2), (4, 3)]]),
    ("expand", 20, ["float[a,b] x", "float[c,d] y"], "float[e,f] p", "s = Shape (y) p = Expand (x, s)",
     lambda x, y: [x + 0 * y], [[(1, 4), (3, 4)], [(3, 4), (3, 1)], [(3, 1), (1, 4)], [(3, 4), (3, 4)]], [[(2, 4), (3, 4)]]),
    ("matmul", 20, ["float[a,b,m,k] x", "float[c,d,k,n] y"], "float[e,f,m,n] p", "p = MatMul (x, y)",
     lambda x, y: [x @ y], [[(2, 3, 4, 5), (2, 3, 5, 6)], [(1, 3, 4, 5), (2, 1, 5, 6)], [(2, 1, 1, 5), (1, 3, 5, 1)], [(2, 3, 4, 5), (1, 1, 5, 6)]],
     [[(2, 3, 4, 5), (3, 3, 5, 6)], [(2, 3, 4, 5), (2, 3, 4, 6)]]),
    ("matmul-ranks", 20, ["float[b,m,k] x", "float[c,d,k,n] y", "float[k] z"], "float[c,e,m,n] p, float[c,e,n] q", "p = MatMul (x, y) q = MatMul (z, y)",
     lambda x, y, z: [x @ y, z @ y], [[(1, 4, 5), (2, 3, 5, 6), (5,)], [(3, 4, 5), (2, 3, 5, 6), (5,)], [(1, 4, 5), (2, 1, 5, 6), (5,)]], [[(2, 4, 5), (2, 3, 5, 6), (5,)]]),
    ("gemm", 20, ["float[m,k] x", "float[k,n] y", "float[a,b] z", "float[c] w"], "float[m,n] p, float[m,n] q", "p = Gemm <beta = 2.0> (x, y, z) q = Gemm (x, y, w)",
     lambda x, y, z, w: [x @ y + 2 * z, x @ y + w],
     [[(3, 4), (4, 5), (3, 5), (5,)], [(3, 4), (4, 5), (1, 5), (1,)], [(3, 4), (4, 5), (3, 1), (5,)], [(3, 4), (4, 5), (1, 1), (1,)], [(1, 4), (4, 5), (1, 5), (5,)]],
     # The product does not grow.
     [[(1, 4), (4, 5), (3, 5), (5,)], [(3, 4), (4, 1), (3, 5), (1,)], [(3, 4), (4, 5), (3, 4), (5,)], [(3, 4), (4, 5), (3, 5), (4,)]]),
    ("norms", 23, ["float[a,b,c] x", "float[d] s", "float[e,f] t"], "float[a,b,c] p, float[a,b,c] q", "p = LayerNormalization <epsilon = 0.1> (x, s, t) q = PRelu (x, t)",
     lambda x, s, t: [(x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 0.1) * s + t, np.where(x < 0, t * x, x)],
     [[(2, 3, 4), (4,), (3, 4)], [(2, 3, 4), (1,), (1, 4)], [(2, 3, 4), (4,), (3, 1)]], [[(2, 3, 4), (3,), (3, 4)], [(2, 1, 4), (4,), (3, 4)], [(2, 3, 1), (1,), (3, 4)]]),
    ("einsum", 20, ["float[a,b] x", "float[c,d] y", "float[e,e] z"], "float[f,g] p, float[h] q", 'p = Einsum <equation = "ij,jk->ik"> (x, y) q = Einsum <equation = "ij,ii->i"> (x, z)',
     lambda x, y, z: [np.broadcast_to(x, (x.shape[0], max(x.shape[1], y.shape[0]))) @ np.broadcast_to(y, (max(x.shape[1], y.shape[0]), y.shape[1])),
                      x.sum(1) * np.diag(z)],
     [[(3, 4), (4, 5), (3, 3)], [(3, 1), (4, 5), (3, 3)], [(3, 4), (1, 5), (3, 3)], [(1, 4), (4, 5), (3, 3)], [(3, 4), (4, 5), (1, 1)]], [[(3, 4), (5, 5), (3, 3)], [(3, 4), (4, 5), (2, 2)]]),
    # What exporters made of attention before there was an operator.
    ("decomposed", 20, ["float[b,h,s,8] q", "float[b,h,t,8] k", "float[b,h,t,8] v", "float[mb,mh,ms,mt] m"], "float[b,h,s,8] y",
     "kt = Transpose <perm = [0, 1, 3, 2]> (k) c = Constant <value = float {0.3}> () s0 = MatMul (q, kt) s1 = Mul (s0, c) s2 = Add (s1, m) w = Softmax (s2) y = MatMul (w, v)",
     lambda q, k, v, m: [attention(q, k, v, m)],
     [[(2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), m] for m in [(2, 3, 4, 5), (1, 3, 4, 5), (2, 1, 1, 5), (1, 1, 1, 1), (1, 1, 4, 5), (2, 1, 4, 1)]],
     [[(2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), m] for m in [(3, 3, 4, 5), (2, 3, 3, 5), (2, 3, 4, 4)]]),
    ("rotary", 23, ["float[b,h,s,8] x", "float[tb,s,4] c", "float[ub,s,4] d"], "float[b,h,s,8] y", "y = RotaryEmbedding (x, c, d)",
     lambda x, c, d: [rotate(c, d, x)],
     [[(3, 2, 5, 8), (3, 5, 4), (3, 5, 4)], [(3, 2, 5, 8), (1, 5, 4), (1, 5, 4)], [(3, 2, 5, 8), (1, 5, 4), (3, 5, 4)], [(1, 2, 5, 8), (1, 5, 4), (1, 5, 4)]],
     [[(3, 2, 5, 8), (2, 5, 4), (3, 5, 4)], [(1, 2, 5, 8), (3, 5, 4), (3, 5, 4)], [(3, 2, 5, 8), (3, 4, 4), (3, 5, 4)]]),
    ("rotary-static", 23, ["float[3,2,5,8] x", "float[1,5,4] c", "float[1,5,4] d"], "float[3,2,5,8] y", "y = RotaryEmbedding (x, c, d)",
     lambda x, c, d: [rotate(c, d, x)], [[(3, 2, 5, 8), (1, 5, 4), (1, 5, 4)]], []),
    ("rotary-positions", 23, ["float[b,h,s,8] x", "float[n,4] c", "float[n,4] d", "int64[pb,s] i"], "float[b,h,s,8] y", "y = RotaryEmbedding (x, c, d, i)",
     lambda x, c, d, i: [rotate(c[i], d[i], x)],
     [[(3, 2, 5, 8), (9, 4), (9, 4), (3, 5)], [(3, 2, 5, 8), (9, 4), (9, 4), (1, 5)], [(1, 2, 5, 8), (9, 4), (9, 4), (1, 5)]], [[(3, 2, 5, 8), (9, 4), (9, 4), (2, 5)]]),
    *masks("float"),
    *masks("bool"),
]


def load_make_model(folder):
    spec = importlib.util.spec_from_file_location("make_model", pathlib.Path(folder) / "make-model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw(kind, shape):
    if kind.startswith("bool"):
        values = random.integers(0, 2, shape).astype(bool)
        values[..., 0] = True  # no row is empty
        return values
    return random.integers(0, 9, shape) if kind.startswith("int64") else random.standard_normal(shape).astype(np.float32)


def call(scratch, case, shapes):
    """attn-run on inputs of these shapes: its exit status, its messages, the inputs."""
    name, _, inputs, outputs = case[:4]
    command, values = ["attn-run", scratch / f"{name}.so"], []
    for declared, shape in zip(inputs, shapes):
        kind, key = declared.split()
        values.append(draw(kind, shape))
        np.save(scratch / f"{key}.npy", values[-1])
        command.append(f"--input={key}={scratch / key}.npy")
    command += [f"--output={one.split()[-1]}={scratch / one.split()[-1]}-out.npy" for one in outputs.split(", ")]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stderr.strip(), values


def check_right(scratch, case, shapes):
    status, message, values = call(scratch, case, shapes)
    if status != 0:
        return f"exit status {status}: {message}"
    for one, right in zip(case[3].split(", "), case[5](*values)):
        got = np.load(scratch / f"{one.split()[-1]}-out.npy")
        if got.shape != np.shape(right) or not np.allclose(got, right, 2e-5, 2e-5):
            return f"output {one}: expected {right}, got {got}"
    return ""


def check_refused(scratch, case, shapes):
    status, message, _ = call(scratch, case, shapes)
    if status in range(1, 126) and "error: " in message and "expected" in message:
        return ""
    return f"expected an error, got exit status {status}: {message}"


def check(make_model, scratch, case):
    """Complaints about a case."""
    name, opset, inputs, outputs, nodes, _, good, bad = case
    text = f'<opset_import: ["" : {opset}]> g ({", ".join(f"{i}" for i in inputs)}) => ({outputs}) {{ {nodes} }}'
    (scratch / f"{name}.onnx").write_bytes(make_model.Parser(text).model())
    done = subprocess.run(["attn-compile", scratch / f"{name}.onnx", "-o", scratch / f"{name}.so"], capture_output=True, text=True)
    if done.returncode != 0:
        return [done.stderr.strip()]
    complaints = [(shapes, check_right(scratch, case, shapes)) for shapes in good]
    complaints += [(shapes, check_refused(scratch, case, shapes)) for shapes in bad]
    return [f"{shapes}: {complaint}" for shapes, complaint in complaints if complaint]


def main():
    make_model = load_make_model(sys.argv[1])
    scratch = pathlib.Path(sys.argv[2])
    scratch.mkdir(parents=True, exist_ok=True)
    failures = 0
    for case in CASES:
        complaints = check(make_model, scratch, case)
        failures += bool(complaints)
        print(f"{case[0]}: {'; '.join(complaints) or 'right'}")
    print(f"{len(CASES) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
