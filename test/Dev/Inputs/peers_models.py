"""Writes random inputs for model.onnx of a folder, and the options that give them to attn-run: peers_models.py FOLDER LENGTH."""
import json
import pathlib
import subprocess
import sys

import numpy

folder, length = pathlib.Path(sys.argv[1]), sys.argv[2]
subprocess.run(["attn-compile", folder / "model.onnx", "-o", folder / "described.so"], check=True)
inputs = json.loads((folder / "described.json").read_text())["functions"][0]["inputs"]
generator = numpy.random.default_rng(1)
sizes = {}
for n, given in enumerate(inputs):
    shape = [d if isinstance(d, int) else sizes.setdefault(d, 5 + len(sizes)) for d in given["shape"]]
    array = generator.standard_normal(shape).astype(numpy.float32) if given["dtype"] == "f32" else generator.random(shape) < 0.7
    numpy.save(folder / f"{length}-input{n}.npy", array)
(folder / "inputs").write_text(" ".join(f"--input={length}-input{n}.npy" for n in range(len(inputs))))
