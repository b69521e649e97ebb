"""lit's format for --param device=DEVICE: programs that the tests run on a CPU, run on a GPU or the interpreter of its
code, and checked as they are. In a module, because lit hands tests to other processes."""

import pathlib

import lit.formats

# What is about code for CPUs, or takes minutes on the interpreter; test/Integration/GPU has its like.
OTHERS = ("amx-fallback", "artifact", "attention-amx", "contractions-amx", "conversions-", "exp.mlir", "level-",
          "linear-attention-amx", "linear-attention-chunks", "long-chains", "math-functions", "openmp-", "packed-weights",
          "parallel-memory", "reserved-names", "round-attention", "static-caches")


class OnDevice(lit.formats.ShTest):
    def getTestsInDirectory(self, *arguments):
        for test in super().getTestsInDirectory(*arguments):
            path = pathlib.Path(test.getSourcePath())
            if "attn-run" in path.read_text(errors="replace") and not path.name.startswith(OTHERS):
                yield test
