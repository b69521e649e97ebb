"""What is checked and timed on a GPU."""

import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[3]

# What attn-bench calls its cases: suite, dtype, name.
TIMES = [
    "prefill bf16 S1024 D64 full", "prefill bf16 S1024 D64 causal", "prefill bf16 S4096 D64 full",
    "prefill bf16 S4096 D64 causal", "prefill bf16 S1024 D128 full", "prefill bf16 S1024 D128 causal",
    "prefill bf16 S4096 D128 full", "prefill bf16 S4096 D128 causal", "prefill f16 S4096 D128 causal",
    "decode bf16 S4096 D128 H32/8", "decode bf16 S32768 D128 H32/8",
]
BENCH = ["--suite=prefill,decode", "--dtype=bf16,f16"]
QUICK_TIMES = ["prefill bf16 S64 D16 full", "decode bf16 S64 D16 H2/2"]
QUICK_BENCH = ["--suite=prefill,decode", "--dtype=bf16", "--seq=64", "--dim=16", "--heads=2"]

# Folders of programs that their tests run with random inputs.
FOLDERS = ["test/Integration/GPU", "test/Integration/CPU"]
QUICK_FOLDERS = ["test/Integration/GPU"]
# Of those that depend on the CPU.
OTHERS = {"--mcpu", "--mattr", "--passes", "--input", "--weights", "--precision", "--emulate-amx", "--exp"}


class Program:
    """A program with the sizes and ranges that its test runs it with."""

    def __init__(self, path, options):
        self.path, self.function, self.sizes, self.ranges = path, "", {}, {}
        words = iter(options)
        for word in words:
            name, _, value = word.partition("=")
            if name in ("--dim", "--range", "--function") and not value:
                value = next(words)
            if name == "--function":
                self.function = value
            elif name == "--dim":
                dimension, size = value.rsplit("=", 1)
                self.sizes[dimension] = int(size)
            elif name == "--range":
                tensor, ends = value.rsplit("=", 1)
                self.ranges[tensor] = tuple(map(int, ends.split(":")))
        self.name = "/".join([path.stem, self.function or "main", *(f"{a}={b}" for a, b in self.sizes.items())])


def read_programs(quick):
    """By the RUN lines of the tests."""
    found = {}
    for folder in QUICK_FOLDERS if quick else FOLDERS:
        for path in sorted((ROOT / folder).glob("*.mlir")):
            for line in re.findall(r"RUN:.*?attn-run %s (.*)", path.read_text()):
                options = shlex.split(line.split("|")[0].split(">")[0].rstrip("\\ "))
                if "--random-inputs" in options and not OTHERS & {one.partition("=")[0] for one in options}:
                    program = Program(path, options)
                    found.setdefault(program.name, program)
    return list(found.values())
