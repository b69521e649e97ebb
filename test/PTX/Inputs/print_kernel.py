"""Prints a flash attention kernel of TMA and wgmma as PTX.

    print_kernel.py GENERATOR ARGUMENT...

The generator prints a gpu.module; the stock tools lower it, so no CUDA is
needed.
"""

import subprocess
import sys

PASSES = ("builtin.module(canonicalize,cse,convert-scf-to-cf,"
          "convert-nvvm-to-llvm,convert-arith-to-llvm,convert-cf-to-llvm,"
          "reconcile-unrealized-casts,canonicalize,cse)")
STEPS = [["mlir-opt", f"--pass-pipeline={PASSES}"],
         ["mlir-translate", "--mlir-to-llvmir"],
         ["opt", "-O3"],
         ["llc", "-O3", "-mtriple=nvptx64-nvidia-cuda", "-mcpu=sm_90a",
          "-mattr=+ptx80"]]


def main(generator, arguments):
    text = subprocess.run([sys.executable, generator, *arguments], check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout
    text = text.replace(b"gpu.module @", b"module @", 1)
    for step in STEPS:
        text = subprocess.run(step, input=text, check=True,
                              stdout=subprocess.PIPE).stdout
    sys.stdout.buffer.write(text)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
