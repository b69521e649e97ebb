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
QUICK_TESTS = ["test/Integration/GPU/attention.mlir", "test/Integration/GPU/decisions.mlir", "test/Integration/GPU/tiled.mlir"]
# Of those that depend on the CPU.
OTHERS = {"--mcpu", "--mattr", "--passes", "--input", "--weights", "--precision", "--emulate-amx", "--exp"}


class Program:
    """A program with the sizes and ranges that its test runs it with."""

    def __init__(self, test, path, options):
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
        part = [] if path == test else [path.stem]
        given = [f"{a}={b}" for a, b in [*self.sizes.items(), *((a, f"{b[0]}:{b[1]}") for a, b in self.ranges.items())]]
        self.name = "/".join([test.stem, *part, self.function or "main", *given])


def read_runs(text):
    """The commands of a test's RUN lines, with what its DEFINE lines say."""
    text = re.sub(r"\\\n//\s*(?:[A-Z]+:)?", " ", text)
    meanings = {}
    for kind, line in re.findall(r"// (RUN|DEFINE|REDEFINE): (.*)", text):
        if kind != "RUN":
            name, meaning = line.split(" =", 1)
            meanings[name.strip()] = meaning.strip()
            continue
        for _ in range(9):
            line = re.sub(r"%\{\w+\}", lambda found: meanings.get(found.group(), found.group()), line)
        yield line


def split_parts(test, folder):
    """The files that split-file makes of a test, by their names there."""
    parts = re.split(r"^//--- (\S+)\n", test.read_text(), flags=re.MULTILINE)[1:]
    files = {}
    for name, text in zip(parts[::2], parts[1::2]):
        files[name] = folder / f"{test.stem}-{name}"
        files[name].write_text(text)
    return files


def read_command(command, test, parts):
    """The program that attn-run runs with random inputs; None where it runs none so."""
    found = re.search(r"\battn-run (.*)", command.split("|")[0].split(">")[0])
    options = shlex.split(found.group(1)) if found else []
    if "--random-inputs" not in options or OTHERS & {one.partition("=")[0] for one in options}:
        return None
    files = {"%s": test, **{f"%t/{name}": path for name, path in parts.items()}}
    paths = [files[one] for one in options if one in files]
    return Program(test, paths[0], options) if len(paths) == 1 else None


def read_programs(quick, scratch):
    """By the RUN lines of the tests."""
    tests = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.mlir"))]
    found = {}
    for test in [ROOT / path for path in QUICK_TESTS] if quick else tests:
        parts = split_parts(test, scratch)
        for command in read_runs(test.read_text()):
            program = read_command(command, test, parts)
            if program:
                found.setdefault(program.name, program)
    return list(found.values())
