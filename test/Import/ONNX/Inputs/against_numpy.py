"""Small models against numpy.

A case is (name, opset, inputs, outputs as ONNX text, nodes, expected): inputs are {name: (type as text, array)}, nodes are ONNX
text, or a pair of initializers and nodes; expected is a list of arrays, a function of the inputs that gives one, or what is
said when the call is refused.
"""

import importlib.util
import pathlib
import subprocess

import numpy as np


def load_make_model(folder):
    spec = importlib.util.spec_from_file_location("make_model", pathlib.Path(folder) / "make-model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(make_model, scratch, case):
    """What is wrong with the outputs, or nothing."""
    _, opset, inputs, outputs, nodes, expected = case
    initializers, nodes = ("", nodes) if isinstance(nodes, str) else nodes
    arguments = ", ".join(f"{kind} {key}" for key, (kind, _) in inputs.items())
    text = f'<opset_import: ["" : {opset}, "com.microsoft" : 1]> g ({arguments}) => ({outputs}) {initializers} {{ {nodes} }}'
    (scratch / "model.onnx").write_bytes(make_model.Parser(text).model())
    command = ["attn-run", scratch / "model.onnx"]
    for key, (_, value) in inputs.items():
        np.save(scratch / f"{key}.npy", np.asarray(value, order="C"))
        command.append(f"--input={key}={scratch / key}.npy")
    names = [one.split()[-1] for one in outputs.split(", ")]
    command += [f"--output={key}={scratch / key}-out.npy" for key in names]
    done = subprocess.run(command, capture_output=True, text=True)
    if isinstance(expected, str):
        return "" if done.returncode == 1 and expected in done.stderr else f"expected to be refused, got {done.returncode}: {done.stderr.strip()}"
    if done.returncode != 0:
        return done.stderr.strip() or f"exit status {done.returncode}"
    if callable(expected):
        expected = expected(*(value for _, value in inputs.values()))
    for key, right in zip(names, expected):
        got, right = np.load(scratch / f"{key}-out.npy"), np.asarray(right)
        tolerance = 0 if got.dtype.kind in "iub" else 2e-3 if got.dtype == np.float16 else 2e-5
        agree = got.shape == right.shape and got.dtype.kind == right.dtype.kind
        if not agree or not np.allclose(got, right, tolerance, tolerance, equal_nan=True):
            return f"output {key}: expected {right}, got {got}"
    return ""


def main(cases, folder, scratch):
    """Runs the cases; the exit status is 0 where all are right."""
    make_model = load_make_model(folder)
    scratch = pathlib.Path(scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    failures = 0
    for case in cases:
        complaint = run(make_model, scratch, case)
        failures += bool(complaint)
        print(f"{case[0]}: {complaint or 'right'}")
    print(f"{len(cases) - failures} passed, {failures} failed")
    return 1 if failures else 0

