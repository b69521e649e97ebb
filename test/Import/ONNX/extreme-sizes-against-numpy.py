# REQUIRES: numpy
# RUN: %python %s %S/Inputs %t --seed=3 --count=160
"""Operators whose positions, steps and sizes lie at the ends of 64 bits: the numbers of numpy, or a message about what is written.

usage: extreme-sizes-against-numpy.py FOLDER_OF_MAKE_MODEL SCRATCH [--seed=N] [--count=N]
"""

import importlib.util
import pathlib
import random
import re
import subprocess
import sys

import numpy as np

EXTREME = [2**31 - 1, 2**31, 2**32, 2**40 + 1, 2**62, 2**62 + 1, 2**63 - 2, 2**63 - 1, -2**31, -2**32, -2**62, -2**63 + 1, -2**63]
X = np.arange(1, 31, dtype=np.float32).reshape(5, 6)
I = np.array([0, -1, 3, 2**63 - 1, -2**63, -2**63 + 7, 2**62], np.int64)
Q = np.random.default_rng(5).standard_normal((1, 1, 9, 4)).astype(np.float32)
INPUTS = {"x": ("float[5,6]", X), "d": ("float[a,b]", X), "i": ("int64[7]", I), "q": ("float[1,1,9,4]", Q)}


LARGE = object()  # what a larger machine could hold; not tried


def large_or_refused(*sizes):
    """LARGE for a shape that has no more elements than are accepted, else None."""
    count = 1
    for size in sizes:
        count *= size or 1
    return LARGE if min(sizes) >= 0 and count <= 2**40 else None


class Draw:
    """One node: its text, its initializers, and what it must give, or None where it must be refused."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.text, self.expected = "", LARGE
        while self.expected is LARGE:
            self.constants = {}
            self.text, self.expected = self.draw()

    def draw(self):
        return self.random.choice([self.trilu, self.slice, self.range, self.pad, self.reshape, self.tile, self.expand, self.gather, self.split, self.one_hot,
                                   self.window, self.filled])()

    def number(self, low, high):
        return self.random.choice(EXTREME) if self.random.random() < 0.6 else self.random.randint(low, high)

    def const(self, *values, scalar=False):
        name = f"c{len(self.constants)}"
        self.constants[name] = (scalar, values)
        return name

    def data(self):
        return self.random.choice(["x", "d"])

    def trilu(self):
        k, upper = self.number(-7, 7), self.random.randint(0, 1)
        i, j = np.indices(X.shape)
        kept = [[(b - a >= k) if upper else (b - a <= k) for a, b in zip(r, s)] for r, s in zip(i.tolist(), j.tolist())]
        return f"Trilu <upper = {upper}> ({self.data()}, {self.const(k, scalar=True)})", np.where(np.array(kept), X, 0)

    def slice(self):
        axis, start, end = self.random.randint(0, 1), self.number(-8, 8), self.number(-8, 8)
        step = self.number(-3, 3)
        text = f"Slice ({self.data()}, {self.const(start)}, {self.const(end)}, {self.const(axis)}, {self.const(step)})"
        if step == 0:
            return text, None
        # By ONNX's text, not numpy's rule: a start before the first element is the first, also backwards.
        size = X.shape[axis]
        start, end = (bound + size if bound < 0 else bound for bound in (start, end))
        start = min(max(start, 0), size if step > 0 else size - 1)
        end = min(max(end, 0 if step > 0 else -1), size if step > 0 else size - 1)
        return text, np.take(X, range(start, end, step), axis)

    def range(self):
        start, limit, delta = (self.number(-9, 9) for _ in range(3))
        values = range(start, limit, delta) if delta != 0 else None
        small = values is not None and (not values or (abs(values[-1] - start) // abs(delta) < 10000))
        text = f"Range ({', '.join(self.const(v, scalar=True) for v in (start, limit, delta))})"
        if values is None or small:
            return text, None if values is None else np.array(list(values), np.int64)
        return text, large_or_refused(abs(values[-1] - start) // abs(delta) + 1)

    def pad(self):
        pads = [self.number(-1, 3) for _ in range(4)]
        large = any(abs(pad) > 100 for pad in pads)
        if not large and min(pads) < 0:  # cropping has tests of its own, and needs static sizes
            pads = [abs(pad) for pad in pads]
        text = f"Pad ({self.data()}, {self.const(*pads)})"
        if large:
            return text, large_or_refused(5 + pads[0] + pads[2], 6 + pads[1] + pads[3]) if min(pads) >= 0 else None
        return text, np.pad(X, ((pads[0], pads[2]), (pads[1], pads[3])))

    def reshape(self):
        shape = [self.number(1, 7), self.number(1, 7), self.random.choice([-1, 3])]
        rest = shape[0] * shape[1] * (1 if shape[2] == -1 else shape[2])
        right = min(shape[:2]) > 0 and (30 % rest == 0 if shape[2] == -1 else rest == 30)
        return f"Reshape (x, {self.const(*shape)})", X.reshape(shape) if right else None

    def tile(self):
        repeats = [self.number(1, 3), self.number(1, 3)]
        right = max(repeats) < 4 and min(repeats) > 0
        return f"Tile ({self.data()}, {self.const(*repeats)})", np.tile(X, repeats) if right else large_or_refused(5 * repeats[0], 6 * repeats[1])

    def expand(self):
        shape = [self.number(1, 3), self.random.choice([1, 5, self.number(5, 5)]), 6]
        text = f"Expand (x, {self.const(*shape)})"
        if shape[1] not in (1, 5):
            return text, None
        return text, np.broadcast_to(X, (shape[0], 5, 6)) if 0 < shape[0] < 4 else large_or_refused(shape[0], 5, 6)

    def gather(self):
        at, axis = [self.number(-5, 4), self.random.randint(-5, 4)], self.random.randint(0, 1)
        right = all(-X.shape[axis] <= a < X.shape[axis] for a in at)
        return f"Gather <axis = {axis}> (x, {self.const(*at)})", np.take(X, at, axis) if right else None

    def split(self):
        parts = [self.number(0, 5), self.number(0, 5), self.number(0, 5)]
        right = min(parts) >= 0 and sum(parts) == 5
        return f"Split ({self.data()}, {self.const(*parts)})", np.split(X, np.cumsum(parts)[:2]) if right else None

    def one_hot(self):
        depth = self.number(1, 6)
        right = 0 < depth < 100
        text = f"OneHot (i, {self.const(depth, scalar=True)}, i2)"
        if not right:
            return text, large_or_refused(7, depth)
        return text, (np.arange(depth)[None] == np.where(I < 0, I + depth, I)[:, None]).astype(np.int64)

    def window(self):
        left, right = max(self.number(-1, 5), -1), max(self.number(-1, 5), -1)
        i, j = np.indices((9, 9)).tolist()
        inside = [[(left < 0 or b >= a - left) and (right < 0 or b <= a + right) for a, b in zip(r, s)] for r, s in zip(i, j)]
        scores = np.where(np.array(inside), Q @ np.swapaxes(Q, -1, -2) * 0.3, -np.inf)
        e = np.exp(scores - scores.max(-1, keepdims=True))
        text = f"Attention <scale = 0.3, left_window_size = {left}, right_window_size = {right}> (q, q, q)"
        return text, (e / e.sum(-1, keepdims=True) @ Q).astype(np.float32)

    def filled(self):
        shape = [self.number(0, 5), self.number(0, 5)]
        right = all(0 <= size < 100 for size in shape)
        return f"ConstantOfShape ({self.const(*shape)})", np.zeros(shape, np.float32) if right else large_or_refused(*shape)

    @property
    def outputs(self):
        return self.expected if isinstance(self.expected, list) else [self.expected]


def model_text(draws):
    """A model with a node for each, and its outputs in order."""
    nodes, constants, outputs = [], ["int64[2] i2 = {0, 1}"], []
    for n, draw in enumerate(draws):
        text = re.sub(r"\bc(\d+)\b", rf"n{n}_c\1", draw.text)
        names = [f"n{n}_o{o}" for o in range(3 if text.startswith("Split") else 1)]
        nodes.append(f"{', '.join(names)} = {text}")
        for name, (scalar, values) in draw.constants.items():
            constants.append(f"int64{'' if scalar else f'[{len(values)}]'} n{n}_{name} = {{{', '.join(map(str, values))}}}")
        outputs += names
    arguments = ", ".join(f"{kind} {name}" for name, (kind, _) in INPUTS.items())
    results = ", ".join(outputs)
    return f'<opset_import: ["" : 25]> g ({arguments}) => ({results}) <{", ".join(constants)}> {{ {" ".join(nodes)} }}', outputs


def load_make_model(folder):
    spec = importlib.util.spec_from_file_location("make_model", pathlib.Path(folder) / "make-model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_right(make_model, scratch, draws):
    text, outputs = model_text(draws)
    (scratch / "right.onnx").write_bytes(make_model.Parser(text).model())
    command = ["attn-run", scratch / "right.onnx"] + [f"--input={name}={scratch / name}.npy" for name in INPUTS]
    command += [f"--output={name}={scratch / name}.npy" for name in outputs]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return [f"{text}: exit status {done.returncode}: {done.stderr.strip()}"]
    wanted = [(draw, right) for draw in draws for right in draw.outputs]
    complaints = []
    for name, (draw, right) in zip(outputs, wanted):
        got = np.load(scratch / f"{name}.npy")
        if got.shape != right.shape or not np.allclose(got, right, 1e-5, 1e-5):
            complaints.append(f"{draw.text} {draw.constants}: expected {right}, got {got}")
    return complaints


def check_refused(make_model, scratch, draw):
    text, _ = model_text([draw])
    (scratch / "refused.onnx").write_bytes(make_model.Parser(text).model())
    command = ["attn-compile", scratch / "refused.onnx", "--emit=mlir", "-o", scratch / "refused.mlir"]
    done = subprocess.run(command, capture_output=True, text=True)
    where = f"{draw.text} {draw.constants}"
    dynamic = "(d," in draw.text and done.returncode == 0  # a check that waits until the code runs
    if dynamic and "cf.assert" in (scratch / "refused.mlir").read_text():
        return []
    if done.returncode not in range(1, 126) or "error: node" not in done.stderr:
        return [f"{where}: expected an error, got exit status {done.returncode}: {done.stderr.strip()}"]
    invented = [number for number in re.findall(r"-?\d{10,}", done.stderr.split("error:", 1)[1]) if number not in text]
    return [f"{where}: {invented} is nowhere in the model: {done.stderr.strip()}"] if invented else []


def main():
    make_model = load_make_model(sys.argv[1])
    scratch = pathlib.Path(sys.argv[2])
    options = dict(one.lstrip("-").split("=") for one in sys.argv[3:])
    scratch.mkdir(parents=True, exist_ok=True)
    for name, (_, value) in INPUTS.items():
        np.save(scratch / f"{name}.npy", value)
    seed, count = int(options.get("seed", 1)), int(options.get("count", 100))
    draws = [Draw(seed * 1000003 + n) for n in range(count)]
    right = [draw for draw in draws if draw.expected is not None]
    complaints = []
    together = 40
    for n in range(0, len(right), together):
        complaints += check_right(make_model, scratch, right[n:n + together])
    for draw in draws:
        if draw.expected is None:
            complaints += check_refused(make_model, scratch, draw)
    print("\n".join(complaints))
    print(f"{len(right)} with numbers, {count - len(right)} to refuse, {len(complaints)} wrong")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
