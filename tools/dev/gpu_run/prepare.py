"""Makes the folder that a machine with a GPU runs."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from . import cases

ROOT = cases.ROOT
#: As for the other tools of this folder, $BUILD where it is not in build.
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")) / "tools"
HERE = pathlib.Path(__file__).resolve().parent
MOST_BYTES = 60 << 20
CODES = {"f": 2, "bf": 4, "bool": 6, "i": 0, "u": 1}
# attn/Reference/Tolerances.h: by dtype, and those of ONNX's tests. None grows with the length of a sum: the oracle sums in double
# precision, and code for GPUs keeps what a long sum of f32 loses, so that the products' own roundings stay, 2^-24 of each, which add
# up as the root of their number. Of 260 products of normal numbers the largest error of 104,200 sums, beyond the relative part, is
# 2e-6; that of code for a CPU, which loses 2^-24 of its sum so far at each step, 1e-5. One product left out is of order 1.
CLOSE = {"f64": (1e-10, 1e-12), "f32": (1e-4, 1e-5), "f16": (2e-3, 2e-3), "bf16": (1.6e-2, 1.6e-2)}
ONNX_CLOSE = {"f64": (1e-3, 1e-7), "f32": (1e-3, 1e-7), "f16": (1e-2, 1e-3), "bf16": (8e-2, 8e-3)}

sys.path.insert(0, str(ROOT / "docs/examples"))
import attn_artifact  # noqa: E402


def tool(name, *arguments, **options):
    return subprocess.run([BUILD / name / name, *map(str, arguments)], capture_output=True, text=True, **options)


def get_type(dtype):
    """DLPack's code and bits."""
    kind, bits = re.fullmatch(r"([a-z]+)(\d*)", dtype).groups()
    return CODES[kind], int(bits or 8)


class Folder:
    def __init__(self, path, arch):
        self.path, self.arch, self.lines, self.left_out = path, arch, [], []
        path.mkdir(parents=True)

    def compile(self, model, name):
        """The library's description; None where there is none."""
        library = self.path / f"{name}.so"
        done = tool("attn-compile", model, "--target=cuda", f"--gpu-arch={self.arch}", "-o", library)
        if done.returncode:
            self.left_out.append(f"{name}: {done.stderr.strip()}")
            return None
        description = json.loads(library.with_suffix(".json").read_text())
        library.with_suffix(".h").unlink()
        library.with_suffix(".json").unlink()
        return description

    def add_tensor(self, kind, dtype, shape, file="-"):
        code, bits = get_type(dtype)
        self.lines.append(" ".join(map(str, [kind, code, bits, file, len(shape), *shape])))

    def add_array(self, kind, dtype, array, name):
        np.save(self.path / name, array)
        self.add_tensor(kind, dtype, array.shape, name)

    def add_check(self, name, library, function, inputs, outputs, close):
        """Arrays that go in, and those that must come out."""
        number = sum(line.startswith("check ") for line in self.lines)
        self.lines.append(f"check {name} {library}.so {function['symbol']}")
        for n, (one, array) in enumerate(zip(function["inputs"], inputs)):
            self.add_array("in", one["dtype"], np.asarray(array, order="C"), f"check{number}.in{n}.npy")
        for n, (one, array) in enumerate(zip(function["outputs"], outputs)):
            self.add_array("out", one["dtype"], np.asarray(array, order="C"), f"check{number}.out{n}.npy")
            self.lines.append("close {} {}".format(*close.get(one["dtype"], (0, 0))))

    def finish(self):
        (self.path / "cases.txt").write_text("\n".join(self.lines) + "\n")
        for text in self.left_out:
            print(f"left out: {text}", file=sys.stderr)
        archive = pathlib.Path(shutil.make_archive(self.path, "gztar", self.path.parent, self.path.name))
        size = archive.stat().st_size
        checks, times = (sum(line.startswith(kind) for line in self.lines) for kind in ("check ", "time "))
        print(f"{checks} checks, {times} times, {size / (1 << 20):.1f} MiB in {archive}")
        if size > MOST_BYTES:
            print(f"gpu-run: error: expected at most {MOST_BYTES >> 20} MiB", file=sys.stderr)
        return size > MOST_BYTES


def make_inputs(program, function, random):
    """As attn-run's are: normal, or uniform in a range."""
    arrays = []
    for one in function["inputs"]:
        shape = [size if isinstance(size, int) else program.sizes[size] for size in one["shape"]]
        dtype = one["dtype"]
        ends = program.ranges.get(one["name"])
        if dtype == "bool":
            arrays.append(random.integers(*(ends or (0, 1)), shape, endpoint=True).astype(np.bool_))
        elif dtype[0] in "iu":
            arrays.append(random.integers(*(ends or (0, 9)), shape, endpoint=True).astype(attn_artifact.NUMPY_OF_DTYPE[dtype]))
        else:
            array = (random.uniform(*ends, shape) if ends else random.standard_normal(shape)).astype(np.float32)
            if dtype == "bf16":
                arrays.append((array.view(np.uint32) >> 16).astype(np.uint16).view("V2"))
            else:
                arrays.append(array.astype(attn_artifact.NUMPY_OF_DTYPE[dtype]))
    return arrays


class Programs:
    """What must come out is what the oracle computes, in double precision."""

    def __init__(self, folder, scratch):
        self.folder, self.scratch, self.compiled = folder, scratch, {}

    def compile(self, path):
        """The name of the library, and what describes its functions; None where there is none."""
        name = f"program{len(self.compiled)}"
        description = self.folder.compile(path, name)
        return description and (name, {one["name"]: one for one in description["functions"]})

    def ask_oracle(self, program, function, inputs):
        """The outputs; None where there are none."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        options = []
        for n, array in enumerate(inputs):
            np.save(folder / f"in{n}.npy", array)
            options.append(f"--input={folder / f'in{n}.npy'}")
        outputs = [folder / f"out{n}.npy" for n in range(len(function["outputs"]))]
        done = tool("attn-run", program.path, f"--function={function['name']}", "--plain", "-O0", "--compare=reference", *options,
                    *(f"--expected={path}" for path in outputs))
        if not all(path.exists() for path in outputs):
            self.folder.left_out.append(f"{program.name}: {done.stderr.strip()}")
            return None
        return [np.load(path) for path in outputs]

    def add(self, number, program):
        if program.path not in self.compiled:
            self.compiled[program.path] = self.compile(program.path)
        if not self.compiled[program.path]:
            return
        name, functions = self.compiled[program.path]
        try:
            function = functions[program.function or ("main" if "main" in functions else next(iter(functions)))]
            inputs = make_inputs(program, function, np.random.default_rng(number))
        except KeyError as error:
            self.folder.left_out.append(f"{program.name}: {error!r}")
            return
        outputs = self.ask_oracle(program, function, inputs)
        if outputs:
            self.folder.add_check(program.name, name, function, inputs, outputs, CLOSE)


def read_onnx_tensors(test, kind):
    import onnx
    arrays = []
    for n in range(len(list(test.glob(f"test_data_set_0/{kind}_*.pb")))):
        tensor = onnx.TensorProto()
        tensor.ParseFromString((test / f"test_data_set_0/{kind}_{n}.pb").read_bytes())
        arrays.append(onnx.numpy_helper.to_array(tensor))
    return arrays


def add_onnx_test(folder, test):
    description = folder.compile(test / "model.onnx", test.name)
    if not description:
        return
    (function,) = description["functions"]
    folder.add_check(f"onnx/{test.name}", test.name, function, read_onnx_tensors(test, "input"),
                     read_onnx_tensors(test, "output"), ONNX_CLOSE)


def add_times(folder, quick, scratch):
    options = cases.QUICK_BENCH if quick else cases.BENCH
    programs = tool("attn-bench", "--print-programs", *options, check=True).stdout.split("// -----\n")
    wanted = cases.QUICK_TIMES if quick else cases.TIMES
    for number, text in enumerate(programs):
        suite, dtype, case, work, unit = re.match(r"// (\w+) (\w+): (.*)\n// (\S+) (\w+)\n", text).groups()
        name = f"{suite} {dtype} {case}"
        if name not in wanted:
            continue
        model = scratch / f"time{number}.mlir"
        model.write_text(text)
        description = folder.compile(model, f"time{number}")
        if not description:
            continue
        (function,) = description["functions"]
        folder.lines.append(f"time {name.replace(' ', '/')} time{number}.so {function['symbol']}")
        for kind in ("in", "out"):
            for one in function[f"{kind}puts"]:
                folder.add_tensor(kind, one["dtype"], one["shape"])
        folder.lines.append(f"work {work} {unit}")


def add_peaks(folder):
    programs = tool("attn-bench", "--print-peaks", "--target=cuda", check=True).stdout.split("// -----\n")
    for text in programs:
        name, work = re.match(r"// (\w+): (\S+) ", text).groups()
        (folder.path / f"peak-{name}.ptx").write_text(text)
        folder.lines.append(f"peak {name} peak-{name}.ptx {work}")


def prepare(path, onnx_tests, quick, arch):
    shutil.rmtree(path, ignore_errors=True)
    folder = Folder(path, arch)
    subprocess.run(["cc", "-std=gnu11", "-O2", f"-I{ROOT}/include", *sorted(HERE.glob("*.c")), "-o", path / "runner", "-ldl", "-lm"],
                   check=True)
    scratch = path / "scratch"
    scratch.mkdir()
    add_peaks(folder)
    programs = Programs(folder, scratch)
    for number, program in enumerate(cases.read_programs(quick, scratch)):
        programs.add(number, program)
    for model in sorted(onnx_tests.glob("*/model.onnx")) if onnx_tests else ():
        add_onnx_test(folder, model.parent)
    add_times(folder, quick, scratch)
    shutil.rmtree(scratch)
    return folder.finish()
