"""Runs each program of a folder in every order of the interpreter, by three seeds where they matter: the outputs must have the
same bits."""

import json
import os
import pathlib
import re
import subprocess
import sys

ORDERS = [("eager", 1), ("lazy", 1), *((order, seed) for order in ("random", "hold") for seed in (1, 2, 3))]


def run(library, options, outputs, order, seed):
    files = [library.with_suffix(f".{n}.npy") for n in range(outputs)]
    environment = {**os.environ, "ATTN_PTX_ORDER": order, "ATTN_PTX_SEED": str(seed)}
    subprocess.run(["attn-run", library, "--device=ptx-interpreter", "--random-inputs", *options, *(f"--output={file}" for file in files)],
                   check=True, stdout=subprocess.DEVNULL, env=environment)
    return [file.read_bytes() for file in files]


for model in sorted(pathlib.Path(sys.argv[1]).glob("*.mlir")):
    # The sizes and ranges that its own test runs it with.
    command = next(line for line in model.open() if "attn-run" in line)
    options = [word for option in re.findall(r"--(?:dim|range)[ =]\S+", command) for word in option.split()]
    library = model.with_suffix(".so")
    subprocess.run(["attn-compile", model, "--target=cuda", "--ptxas=none", "-o", library], check=True)
    (function,) = json.loads(library.with_suffix(".json").read_text())["functions"]
    results = [run(library, options, len(function["outputs"]), *order) for order in ORDERS]
    for order, result in zip(ORDERS, results):
        assert result == results[0], f"{model.name}: expected the bits of {ORDERS[0]}, got others in {order}"
