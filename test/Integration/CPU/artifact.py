# REQUIRES: numpy
# RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/artifact.mlir -o %t/artifact.so
# RUN: attn-compile %S/Inputs/doubled.mlir -o %t/doubled.so
# RUN: %python %s %t %src | FileCheck %s
"""An artifact from Python: ctypes, numpy and the JSON description, with no package of this project."""

import ctypes
import json
import sys

import numpy as np


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


CODES = {"b": 6, "i": 0, "u": 1, "f": 2}


def describe(array):
    """A DLTensor over the memory of `array`, with its real strides."""
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    strides = (ctypes.c_int64 * array.ndim)(*(s // array.itemsize for s in array.strides))
    return DLTensor(array.ctypes.data, 1, 0, array.ndim, CODES[array.dtype.kind], array.itemsize * 8, 1, shape, strides, 0)


def call(function, inputs, outputs):
    def pack(arrays):
        tensors = [a if isinstance(a, DLTensor) else describe(a) for a in arrays]
        return (ctypes.POINTER(DLTensor) * len(tensors))(*map(ctypes.pointer, tensors)), len(tensors)

    message = ctypes.create_string_buffer(200)
    function.restype = ctypes.c_int32
    status = function(*pack(inputs), *pack(outputs), message, ctypes.c_size_t(len(message)))
    return status, message.value.decode()


folder = sys.argv[1]
lib = ctypes.CDLL(folder + "/artifact.so")
rng = np.random.default_rng(7)

# CHECK: matrix: (0, '') True
x, w = rng.normal(size=(5, 4)), rng.normal(size=5)
y = np.empty((5, 4))
print("matrix:", call(lib.scale_rows, [x, w], [y]), np.array_equal(y, x * w[:, None]))

# A view that is not row-major is refused; one whose odd stride is along 1 or nothing is not.
# CHECK: transposed: (1, "input 0 'x': expected stride 1 to be 1 elements (row-major, no gaps), got 5")
print("transposed:", call(lib.scale_rows, [np.asfortranarray(x), w], [y]))
# CHECK: every other: (1, "input 1 'w': expected stride 0 to be 1 elements (row-major, no gaps), got 2")
print("every other:", call(lib.scale_rows, [x, np.zeros(10)[::2]], [y]))
# CHECK: one row: (0, '') True
print("one row:", call(lib.scale_rows, [x[::3][:1], w[::2][:1]], [y[:1]]), np.array_equal(y[0], x[0] * w[0]))
# CHECK: no rows: (0, '')
print("no rows:", call(lib.scale_rows, [x[:0], w[:0]], [y[:0]]))

# CHECK: dtype: (1, "input 0 'x': expected elements of f64 (DLPack code 2, 64 bits, 1 lane), got float32 of 1 lanes (DLPack code 2)")
print("dtype:", call(lib.scale_rows, [x.astype(np.float32), w], [y]))
# CHECK: rank: (1, "input 1 'w': expected rank 1, got 2")
print("rank:", call(lib.scale_rows, [x, w[:, None]], [y]))
# CHECK: few outputs: (1, 'expected 1 outputs, got 0')
print("few outputs:", call(lib.scale_rows, [x, w], []))
# CHECK: byte offset: (0, '') True
kept = np.concatenate([[0.0], w])
shifted = describe(kept)
shifted.byte_offset, shifted.shape[0] = 8, 5
print("byte offset:", call(lib.scale_rows, [x, shifted], [y]), np.array_equal(y, x * w[:, None]))

# CHECK: gather: (0, '') True
table, ids = rng.integers(-50, 50, 9).astype(np.float32), np.array([8, 0, 3, 3])
out = np.empty(4, np.float32)
print("gather:", call(lib.gather_plus_total, [table, ids], [out]), np.array_equal(out, table[ids] + table[ids].sum()))
# CHECK: outside: (3, 'expected an id within the table')
print("outside:", call(lib.gather_plus_total, [table, np.array([0, 9, 0, 0])], [out]))

# Two artifacts in one process, with a function of the same name in both.
other = ctypes.CDLL(folder + "/doubled.so")
a, b = rng.normal(size=6).astype(np.float32), rng.normal(size=6).astype(np.float32)
sum1, sum2 = np.empty_like(a), np.empty_like(a)
# CHECK: two artifacts: (0, '') (0, '') True True
print("two artifacts:", call(lib.vector_add, [a, b], [sum1]), call(other.vector_add, [a, b], [sum2]),
      np.array_equal(sum1, a + b), np.array_equal(sum2, 2 * (a + b)))

# The description says what the functions take, and which sizes come out.
with open(folder + "/artifact.json") as file:
    functions = {f["name"]: f for f in json.load(file)["functions"]}
# CHECK: [{'dtype': 'f64', 'name': 'x', 'shape': ['rows', 4]}, {'dtype': 'f64', 'name': 'w', 'shape': ['rows']}] ['rows', 4]
print(functions["scale_rows"]["inputs"], functions["scale_rows"]["outputs"][0]["shape"])
# CHECK: ['arg0.0']
print(functions["vector_add"]["outputs"][0]["shape"])
# CHECK: 'bool' [2, 'arg0.1']
print(repr(functions["same_and_constant"]["outputs"][0]["dtype"]), functions["same_and_constant"]["outputs"][0]["shape"])

# The example of a loader refuses a library that was cut, which would end the process.
sys.path.insert(0, sys.argv[2] + "/docs/examples")
from attn_artifact import Artifact

with open(folder + "/artifact.so", "rb") as whole, open(folder + "/cut.so", "wb") as cut:
    cut.write(whole.read()[:3000])
with open(folder + "/artifact.json") as description, open(folder + "/cut.json", "w") as copy:
    copy.write(description.read())
# CHECK: cut: {{.*}}cut.so: expected the library that its description was written with
try:
    Artifact(folder + "/cut.so")
except ValueError as error:
    print("cut:", error)

# Arrays that are bound are described once: each call reads what they hold then, and gives the same outputs.
x, w = rng.normal(size=(3, 4)), rng.normal(size=3)
again = Artifact(folder + "/artifact.so")["scale_rows"].bind(x, w)
(first,) = again()
x *= 2
(second,) = again()
# CHECK: bound: True True
print("bound:", first is second, np.array_equal(second, x * w[:, None]))

# What is no number is refused by name.
# CHECK: names: expected an array of numbers, got <U1
try:
    Artifact(folder + "/artifact.so")["scale_rows"](np.array(["a"]), w)
except TypeError as error:
    print("names:", error)
