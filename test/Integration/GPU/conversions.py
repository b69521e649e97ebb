# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && %python %s %S/../CPU/Inputs/conversions.mlir %t
"""f16 and bf16 on a GPU, to the bit as the oracle has them: each number widened; what lies in the middle of two numbers, and the
wider numbers beside it, rounded; arithmetic of any two. Of two operations, which the oracle does in double precision, as a CPU
does them: each rounds."""

import pathlib
import subprocess
import sys

import numpy as np

rng = np.random.default_rng(5)
BITS = np.arange(1 << 16, dtype=np.uint16)
WIDE = {"f32": np.float32, "f64": np.float64}


def widen(bits, narrow):
    if narrow == "f16":
        return bits.view(np.float16).astype(np.float64)
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def store(bits, narrow):
    return bits.view(np.float16) if narrow == "f16" else bits.view("V2")


def get_wide(narrow, dtype):
    """The middle of each number and the next, as an infinity would lie, and the numbers of `dtype` before and after it."""
    numbers = widen(BITS[:1 << 15], narrow)
    numbers = numbers[np.isfinite(numbers)]
    middles = (numbers + np.append(numbers[1:], 2 * numbers[-1] - numbers[-2])) / 2
    middles = middles[rng.permutation(len(middles))[:3000]].astype(dtype)
    some = np.concatenate([middles, np.nextafter(middles, dtype(0)), np.nextafter(middles, dtype(np.inf)), numbers[-3:].astype(dtype),
                           np.array([0, np.inf, np.nan], dtype)])
    return np.concatenate([some, -some]).astype(dtype)


def get_whole(narrow):
    """What an i32 holds."""
    numbers = widen(BITS, narrow)
    return BITS[np.abs(numbers) < 2**31]


def get_inputs(narrow, name):
    if name in ("to_f32", "to_f64"):
        return [store(BITS, narrow)]
    if name == "to_i32":
        return [store(get_whole(narrow), narrow)]
    if name.startswith("from_"):
        wide = name.removeprefix("from_")
        return [rng.integers(-2**31, 2**31, 5000).astype(np.int32) >> rng.integers(0, 31, 5000).astype(np.int32) if wide == "i32"
                else get_wide(narrow, WIDE[wide])]
    return [store(rng.integers(0, 1 << 16, 5000).astype(np.uint16), narrow) for _ in range(3 if name == "add_mul" else 2)]


def run(*options):
    subprocess.run(["attn-run", *options], check=True)


def compare(model, function, inputs, folder):
    gpu = [model, f"--function={function}", *inputs, "--target=cuda", "--device=ptx-interpreter"]
    if not function.endswith("add_mul"):
        return run(*gpu, "--compare=reference", "--rtol=0", "--atol=0")
    run(*gpu, f"--output={folder}/gpu.npy")
    run(model, f"--function={function}", *inputs, f"--output={folder}/cpu.npy")
    narrow = function.split("_")[0]
    numbers = [widen(np.load(folder / f"{device}.npy").view(np.uint16), narrow) for device in ("gpu", "cpu")]
    np.testing.assert_array_equal(*numbers)


def main(model, folder):
    for narrow in ("f16", "bf16"):
        for name in ("to_f32", "from_f32", "to_f64", "from_f64", "from_i32", "to_i32", "add", "sub", "mul", "div", "add_mul"):
            function = f"{name.removeprefix('from_')}_to_{narrow}" if name.startswith("from_") else f"{narrow}_{name}"
            inputs = []
            for n, array in enumerate(get_inputs(narrow, name)):
                np.save(folder / f"{function}{n}.npy", array)
                inputs.append(f"--input={folder}/{function}{n}.npy")
            compare(model, function, inputs, folder)


main(sys.argv[1], pathlib.Path(sys.argv[2]))
