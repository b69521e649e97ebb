# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && %python %s %S/Inputs %t %src | FileCheck %s
"""A decoder as optimum merges it: the boolean `use_cache_branch` chooses between a branch that takes the keys and values of the past
and one that starts anew, whose outputs have other sizes. Compiled once, called with both.

usage: merged-decoder.py FOLDER_OF_MAKE_MODEL SCRATCH REPOSITORY
"""

import json
import pathlib
import subprocess
import sys

import numpy as np

INPUTS, SCRATCH, REPOSITORY = map(pathlib.Path, sys.argv[1:])
sys.path[:0] = [str(INPUTS), str(REPOSITORY / "docs/examples")]
import against_numpy  # noqa: E402
import attn_artifact  # noqa: E402

HEADS, SIZE, WORDS, LAYERS = 2, 4, 11, 2
random = np.random.default_rng(5)
WEIGHTS = {name: random.standard_normal(shape).astype(np.float32) for name, shape in
           [("table", (WORDS, 8)), ("places", (16, 8)), ("head", (8, WORDS))]
           + [(f"w{part}{n}", (8, 8)) for n in range(LAYERS) for part in "qkvo"]}


def branch(name, with_past):
    """One branch as ONNX text; names in it begin with its own."""
    before = "Gather(pastshape, two)" if with_past else "Constant<value = int64 {0}>()"
    lines = ["idshape = Shape(@ids) s = Gather(idshape, one)", ("pastshape = Shape(@pk0) " if with_past else "") + f"p = {before}",
             "t = Add(p, s) row0 = Range(p, t, one) col = Range(zero, t, one) row = Unsqueeze(row0, axis1) keep = LessOrEqual(col, row)",
             "at = Gather(places, row0) rows = Gather(table, @ids) x0 = Add(rows, at)"]
    for n in range(LAYERS):
        for part in "qkv":
            lines.append(f"m{part}{n} = MatMul(x{n}, w{part}{n}) r{part}{n} = Reshape(m{part}{n}, split) h{part}{n} = Transpose<perm = [0, 2, 1, 3]>(r{part}{n})")
        for part in "kv":
            lines.append(f"o{part}{n} = Concat<axis = 2>(@p{part}{n}, h{part}{n})" if with_past else f"o{part}{n} = Identity(h{part}{n})")
        lines.append(f"kt{n} = Transpose<perm = [0, 1, 3, 2]>(ok{n}) raw{n} = MatMul(hq{n}, kt{n}) half{n} = Mul(raw{n}, scale) "
                     f"far{n} = Where(keep, half{n}, low) a{n} = Softmax<axis = -1>(far{n}) c{n} = MatMul(a{n}, ov{n}) "
                     f"ct{n} = Transpose<perm = [0, 2, 1, 3]>(c{n}) cr{n} = Reshape(ct{n}, merge) co{n} = MatMul(cr{n}, wo{n}) x{n + 1} = Add(x{n}, co{n})")
    lines.append(f"logits = MatMul(x{LAYERS}, head)")
    words = " ".join(lines).replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    made = {words[i - 1] for i, word in enumerate(words) if word == "=" and "<" not in words[i - 1]}
    body = " ".join(word[1:] if word[0] == "@" else f"{name}_{word}" if word in made else word for word in words)
    outputs = ", ".join(f"float[b,s,{WORDS}] {name}_logits" if one == "logits" else f"float[b,{HEADS},{name}_t,{SIZE}] {name}_{one}" for one in OUTPUTS)
    return f"{name} () => ({outputs}) {{ {body} }}"


PAST = [f"p{part}{n}" for n in range(LAYERS) for part in "kv"]
OUTPUTS = ["logits"] + [f"o{part}{n}" for n in range(LAYERS) for part in "kv"]


def text():
    arrays = {"one": ("int64", np.array(1)), "two": ("int64", np.array(2)), "zero": ("int64", np.array(0)), "axis1": ("int64", np.array([1])),
              "split": ("int64", np.array([0, 0, HEADS, SIZE])), "merge": ("int64", np.array([0, 0, 8])),
              "scale": ("float", np.float32(0.5)), "low": ("float", np.float32(-1e9)), **{key: ("float", value) for key, value in WEIGHTS.items()}}
    initializers = ", ".join(f"{kind}[{','.join(map(str, x.shape))}] {key} = {{{', '.join(map(str, x.ravel()))}}}" for key, (kind, x) in arrays.items())
    inputs = ", ".join(["int64[b,s] ids"] + [f"float[b,{HEADS},p,{SIZE}] {one}" for one in PAST] + ["bool[1] use_cache_branch"])
    outputs = ", ".join(f"float[b,s,{WORDS}] logits" if one == "logits" else f"float[b,{HEADS},total,{SIZE}] {one}" for one in OUTPUTS)
    return (f'<opset_import: ["" : 17]> g ({inputs}) => ({outputs}) <{initializers.replace("[] ", " ")}> {{ {", ".join(OUTPUTS)} = '
            f'If <then_branch = {branch("yes", True)}, else_branch = {branch("no", False)}> (use_cache_branch) }}')


def expected(ids, past):
    start = past[0].shape[2] if past else 0
    x, outputs = WEIGHTS["table"][ids] + WEIGHTS["places"][start:start + ids.shape[1]], []
    for n in range(LAYERS):
        q, k, v = ((x @ WEIGHTS[f"w{part}{n}"]).reshape(*ids.shape, HEADS, SIZE).transpose(0, 2, 1, 3) for part in "qkv")
        if past:
            k, v = (np.concatenate([old, new], 2) for old, new in zip(past[2 * n:], (k, v)))
        keep = np.arange(k.shape[2]) <= start + np.arange(ids.shape[1])[:, None]
        w = np.where(keep, q @ k.transpose(0, 1, 3, 2) / 2, -np.inf)
        w = np.exp(w - w.max(-1, keepdims=True))
        c = (w / w.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x, outputs = x + c @ WEIGHTS[f"wo{n}"], outputs + [k, v]
    return [x @ WEIGHTS["head"]] + outputs


def agree(got, right):
    return all(a.shape == b.shape and np.allclose(a, b, 1e-3, 1e-3) for a, b in zip(got, right, strict=True))


model = SCRATCH / "decoder.onnx"
model.write_bytes(against_numpy.load_make_model(INPUTS).Parser(text()).model())
subprocess.run(["attn-compile", model, "-o", SCRATCH / "decoder.so"], check=True)
function = attn_artifact.Artifact(SCRATCH / "decoder.so").default()
words = random.integers(0, WORDS, (2, 6))


def take(start, stop):
    return np.ascontiguousarray(words[:, start:stop])


yes, no = np.array([True]), np.array([False])


def pasts(length, fill=np.nan):
    return [np.full((2, HEADS, length, SIZE), fill, np.float32)] * len(PAST)


# Without a past, what stands in for it is not looked at, whatever its length.
# CHECK: anew, past of 0: (2, 4, 11) (2, 2, 4, 4) True
# CHECK-NEXT: anew, past of 1: (2, 4, 11) (2, 2, 4, 4) True
# CHECK-NEXT: anew, past of 7: (2, 4, 11) (2, 2, 4, 4) True
for length in (0, 1, 7):
    first = function(take(0, 4), *pasts(length), no)
    print(f"anew, past of {length}:", first[0].shape, first[1].shape, agree(first, expected(take(0, 4), None)))

# CHECK-NEXT: on, 1 word: (2, 1, 11) (2, 2, 5, 4) True
# CHECK-NEXT: on, 2 words: (2, 2, 11) (2, 2, 6, 4) True
# CHECK-NEXT: as at once: True
second = function(take(4, 5), *first[1:], yes)
print("on, 1 word:", second[0].shape, second[1].shape, agree(second, expected(take(4, 5), first[1:])))
both = function(take(4, 6), *first[1:], yes)
print("on, 2 words:", both[0].shape, both[1].shape, agree(both, expected(take(4, 6), first[1:])))
print("as at once:", agree(both[1:], function(words, *pasts(1), no)[1:]))

# CHECK-NEXT: past of 0: (2, 3, 11) (2, 2, 3, 4) True
empty = function(take(0, 3), *pasts(0), yes)
print("past of 0:", empty[0].shape, empty[1].shape, agree(empty, expected(take(0, 3), pasts(0))))

# Only that input is flagged, and only its data is asked for by the function that tells shapes.
# CHECK-NEXT: decides: ['use_cache_branch']
# CHECK-NEXT: in the header: 1
description = json.loads((SCRATCH / "decoder.json").read_text())["functions"][0]
print("decides:", [one["name"] for one in description["inputs"] if one.get("decides_shapes")])
print("in the header:", (SCRATCH / "decoder.h").read_text().count("use_cache_branch: bool [1], value decides shapes"))


def shapes(flag, given=True):
    inputs = [attn_artifact.tensor(one) for one in [take(0, 4), *pasts(3), flag]]
    for one in inputs[:None if not given else -1]:
        one.data = None
    outputs = [attn_artifact.shape_request(len(one["shape"])) for one in description["outputs"]]
    status = function.status(inputs, outputs, shapes=True)
    return status, outputs[1].shape[2]


# CHECK-NEXT: shapes: ((0, ''), 7) ((0, ''), 4)
# CHECK-NEXT: ((1, "input 5 'use_cache_branch': expected data, which decides the shapes of outputs, got NULL"), -1)
print("shapes:", shapes(yes), shapes(no))
print(shapes(yes, given=False))

# CHECK-NEXT: wrong output: (1, "output 1 'ok0': expected dimension 2 to be 7, got 4")
outputs = [np.zeros((2, 4, WORDS), np.float32)] + [np.zeros((2, HEADS, 4, SIZE), np.float32) for _ in PAST]
inputs = [take(0, 4), *pasts(3, 1), yes]
print("wrong output:", function.status(list(map(attn_artifact.tensor, inputs)), list(map(attn_artifact.tensor, outputs))))

# The interpreter agrees.
# CHECK-NEXT: reference, True: 0
# CHECK-NEXT: reference, False: 0
for flag in (yes, no):
    command = ["attn-run", model, "--compare=reference"]
    for name, value in zip([one["name"] for one in description["inputs"]], [take(0, 4), *pasts(3, 0.5), flag]):
        np.save(SCRATCH / f"{name}.npy", value)
        command.append(f"--input={name}={SCRATCH / name}.npy")
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"reference, {flag[0]}:", done.returncode if done.returncode == 0 and "differ" not in done.stdout else done)
