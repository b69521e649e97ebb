"""Makes the folder that a machine with a GPU runs."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np

from . import cases

ROOT = cases.ROOT
BUILD = ROOT / "build/tools"
HERE = pathlib.Path(__file__).resolve().parent
MOST_BYTES = 60 << 20
CODES = {"f": 2, "bf": 4, "bool": 6, "i": 0, "u": 1}
# attn/Reference/Tolerances.h: by dtype, and those of ONNX's tests.
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
    def __init__(self, path):
        self.path, self.lines, self.left_out = path, [], []
        path.mkdir(parents=True)

    def compile(self, model, name, *options):
        """The library's description; None where there is none."""
        library = self.path / f"{name}.so"
        done = tool("attn-compile", model, "--target=cuda", "-o", library, *options)
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
        self.lines.append(f"check {name} {library}.so {function['symbol']}")
        for kind, descriptions, arrays in (("in", function["inputs"], inputs), ("out", function["outputs"], outputs)):
            for n, (one, array) in enumerate(zip(descriptions, arrays)):
                self.add_array(kind, one["dtype"], np.ascontiguousarray(array), f"{library}.{kind}{n}.npy")
        tightest = [close.get(one["dtype"], (0, 0)) for one in function["outputs"]]
        self.lines.append("close {} {}".format(*max(tightest)))

    def finish(self):
        (self.path / "cases.txt").write_text("\n".join(self.lines) + "\n")
        for text in self.left_out:
            print(f"left out: {text}", file=sys.stderr)
        size = sum(file.stat().st_size for file in self.path.iterdir())
        checks, times = (sum(line.startswith(kind) for line in self.lines) for kind in ("check ", "time "))
        print(f"{checks} checks, {times} times, {size / (1 << 20):.1f} MiB in {self.path}")
        if size > MOST_BYTES:
            print(f"gpu-run: error: expected at most {MOST_BYTES >> 20} MiB", file=sys.stderr)
        return size > MOST_BYTES


def make_inputs(program, function, random):
    """As attn-run's are: normal, coin tosses, integers in a range."""
    arrays = []
    for one in function["inputs"]:
        shape = [size if isinstance(size, int) else program.sizes[size] for size in one["shape"]]
        dtype = one["dtype"]
        if dtype == "bool":
            arrays.append(random.integers(0, 2, shape).astype(np.bool_))
        elif dtype[0] in "iu":
            low, high = program.ranges.get(one["name"], (0, 9))
            arrays.append(random.integers(low, high, shape, endpoint=True).astype(attn_artifact.NUMPY_OF_DTYPE[dtype]))
        else:
            array = random.standard_normal(shape).astype(np.float32)
            if dtype == "bf16":
                arrays.append((array.view(np.uint32) >> 16).astype(np.uint16))
            else:
                arrays.append(array.astype(attn_artifact.NUMPY_OF_DTYPE[dtype]))
    return arrays


def add_program(folder, program, number, scratch):
    """What must come out is what code for this CPU computes, which its own test compares with the oracle."""
    name = f"program{number}"
    description = folder.compile(program.path, name)
    cpu = scratch / f"{name}.so"
    if not description or tool("attn-compile", program.path, "-o", cpu).returncode:
        return
    functions = {one["name"]: one for one in description["functions"]}
    artifact = attn_artifact.Artifact(cpu)
    chosen = program.function or ("main" if "main" in functions else next(iter(functions)))
    try:
        inputs = make_inputs(program, functions[chosen], np.random.default_rng(number))
        outputs = artifact[chosen](*inputs)
    except (KeyError, attn_artifact.ArtifactError) as error:
        folder.left_out.append(f"{program.name}: {error}")
        return
    folder.add_check(program.name, name, functions[chosen], inputs, outputs, CLOSE)


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


def prepare(path, onnx_tests, quick):
    shutil.rmtree(path, ignore_errors=True)
    folder = Folder(path)
    subprocess.run(["cc", "-std=gnu11", "-O2", f"-I{ROOT}/include", *sorted(HERE.glob("*.c")), "-o", path / "runner", "-ldl", "-lm"],
                   check=True)
    scratch = path / "scratch"
    scratch.mkdir()
    add_peaks(folder)
    for number, program in enumerate(cases.read_programs(quick)):
        add_program(folder, program, number, scratch)
    for model in sorted(onnx_tests.glob("*/model.onnx")) if onnx_tests else ():
        add_onnx_test(folder, model.parent)
    add_times(folder, quick, scratch)
    shutil.rmtree(scratch)
    return folder.finish()
