"""An artifact beside other copies of the OpenMP runtime in one process.

# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t
# RUN: attn-compile %S/Inputs/threads.mlir -o %t/model.so
# RUN: llvm-readelf -d %t/model.so | FileCheck %s --check-prefix=NEEDED
# NEEDED: libomp.so.5
# RUN: %python %s %t %src | FileCheck %s
"""

import os
import subprocess
import sys

folder, source = sys.argv[1:3]
# Each case is a program of its own: in one process only one can be tried.
PRELUDE = f"""
import ctypes, sys, threading
sys.path.insert(0, "{source}/docs/examples")
import numpy as np
from attn_artifact import Artifact, ArtifactError

x = np.random.default_rng(5).normal(size=(2, 2, 3, 200, 8)).astype(np.float32)
scores = np.where(np.tri(200, dtype=bool), x[0] @ x[1].swapaxes(2, 3) / 8 ** .5, -np.inf)
weights = np.exp(scores - scores.max(-1, keepdims=True))
wanted = weights / weights.sum(-1, keepdims=True) @ x[1]

def load(path, mode=ctypes.RTLD_LOCAL):
    return ctypes.CDLL("{folder}/" + path, mode)

def start(library):
    assert library.omp_get_max_threads() == 2

def run(model):
    assert np.abs(model(x[0], x[1])[0] - wanted).max() < 1e-5
    print("right")
"""


def run(name, text, **environment):
    result = subprocess.run(
        [sys.executable, "-c", PRELUDE + text], capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2", **environment})
    print(name, result.returncode, result.stdout.strip().replace("\n", " "),
          result.stderr.strip().replace("\n", " ")[-300:])


def copy_runtime(name, changes):
    """libomp under another name, as wheels bring it."""
    where = subprocess.run(
        [sys.executable, "-c", "import ctypes; ctypes.CDLL('libomp.so.5'); "
         "print(*{line.split()[-1] for line in open('/proc/self/maps') "
         "if 'libomp' in line})"], capture_output=True, text=True)
    with open(where.stdout.strip(), "rb") as file:
        data = file.read()
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


other = (b"libomp.so.5\0", b"libqmp.so.5\0")
copy_runtime("other.so", [other])
# One of which a function cannot be found, as where it is linked into something.
copy_runtime("hidden.so", [other, (b"\0omp_get_level\0", b"\0xmp_get_level\0")])

# CHECK: started 0 right{{ *$}}
run("started", f"""
library = load("other.so"); start(library); run(Artifact("{folder}/model.so"))
""")
# CHECK-NEXT: loaded 0 right{{ *$}}
run("loaded", f"""
model = Artifact("{folder}/model.so"); library = load("other.so")
run(model); start(library)
""")
# CHECK-NEXT: unloaded 0 right right{{ *$}}
run("unloaded", f"""
library = load("other.so"); start(library); model = Artifact("{folder}/model.so")
import _ctypes
run(model); _ctypes.dlclose(library._handle); run(model)
""")
# CHECK-NEXT: global 0 right{{ *$}}
run("global", f"""
library = load("other.so", ctypes.RTLD_GLOBAL); start(library)
run(Artifact("{folder}/model.so"))
""")
# Two artifacts, the second one after a copy that nobody has started: both use
# the runtime that the first one started.
# CHECK-NEXT: second 0 right right{{ *$}}
run("second", f"""
import shutil
for suffix in ("so", "json"):
    shutil.copy("{folder}/model." + suffix, "{folder}/second." + suffix)
run(Artifact("{folder}/model.so")); library = load("other.so")
run(Artifact("{folder}/second.so"))
""")
# CHECK-NEXT: threads 0 right right right right{{ *$}}
run("threads", f"""
library = load("other.so"); start(library); model = Artifact("{folder}/model.so")
threads = [threading.Thread(target=run, args=[model]) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""")
# CHECK-NEXT: hidden 0 5 expected one OpenMP runtime in the process, got that of '{{.*}}hidden.so', which cannot be called
hidden = f"""
library = load("hidden.so"); start(library)
try:
    run(Artifact("{folder}/model.so"))
except ArtifactError as error:
    print(error.code, error)
"""
run("hidden", hidden)
# CHECK-NEXT: allowed 0 right
run("allowed", hidden, KMP_DUPLICATE_LIB_OK="TRUE")
