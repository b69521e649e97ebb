"""Runs each program of a folder in every order of the interpreter, by three seeds where they matter: the outputs must have the
same bits. Its attentions must have several tiles."""

import json
import os
import pathlib
import re
import subprocess
import sys

import tiles

ORDERS = [("eager", 1), ("lazy", 1), *((order, seed) for order in ("random", "hold") for seed in (1, 2, 3))]


def run(library, options, outputs, order, seed):
    files = [library.with_suffix(f".{n}.npy") for n in range(outputs)]
    environment = {**os.environ, "ATTN_PTX_ORDER": order, "ATTN_PTX_SEED": str(seed)}
    subprocess.run(["attn-run", library, "--device=ptx-interpreter", "--random-inputs", *options, *(f"--output={file}" for file in files)],
                   check=True, stdout=subprocess.DEVNULL, env=environment)
    return [file.read_bytes() for file in files]


def get_command(model, name):
    """That its own test runs a function with."""
    named = "" if name is None else f"--function={name} "
    return next(line for line in model.open() if "RUN:" in line and ("attn-run" in line or "%{run}" in line) and named in line)


def get_options(command, kinds):
    return [word for option in re.findall(rf"--(?:{kinds})[ =]\S+", command) for word in option.split()]


for model in sorted(pathlib.Path(sys.argv[1]).glob("*.mlir")):
    library = model.with_suffix(".so")
    subprocess.run(["attn-compile", model, "--target=cuda", "--ptxas=none", "-o", library], check=True)
    functions = json.loads(library.with_suffix(".json").read_text())["functions"]
    for function in functions:
        name = function["name"] if len(functions) > 1 else None
        command = get_command(model, name)
        for stream in tiles.read_streams(model, function["name"], get_options(command, "dim")):
            assert stream.is_enough(), f"{model.name}, {function['name']}: expected more tiles, got {stream}"
        options = get_options(command, "dim|range") + ([f"--function={name}"] if name else [])
        results = [run(library, options, len(function["outputs"]), *order) for order in ORDERS]
        for order, result in zip(ORDERS, results):
            assert result == results[0], f"{model.name}, {function['name']}: expected the bits of {ORDERS[0]}, got others in {order}"
