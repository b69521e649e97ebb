"""attn-compile's artifact, called through its C interface."""

import ctypes
import pathlib
import subprocess
import tempfile

import numpy


class DLDevice(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", DLDevice), ("ndim", ctypes.c_int32), ("dtype", DLDataType),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


# DLPack's codes: 2 is a float, 4 a bfloat.
TYPES = {"f32": (2, 32), "f16": (2, 16), "bf16": (4, 16)}


class Views:
    """An array of pointers to DLTensors on numpy arrays, which it keeps alive."""

    def __init__(self, arrays, dtype):
        code, bits = TYPES[dtype]
        self.arrays = arrays
        self.shapes = [(ctypes.c_int64 * a.ndim)(*a.shape) for a in arrays]
        self.tensors = [DLTensor(a.ctypes.data, DLDevice(1, 0), a.ndim, DLDataType(code, bits, 1), s, None, 0)
                        for a, s in zip(arrays, self.shapes)]
        self.pointers = (ctypes.POINTER(DLTensor) * len(arrays))(*map(ctypes.pointer, self.tensors))


def write_model(shape, dtype):
    """MLIR text of one attention."""
    def tensor(heads, length):
        return f"tensor<{shape.batch}x{heads}x{length}x{shape.dim}x{dtype}>"
    q, kv = tensor(shape.heads, shape.queries), tensor(shape.kv_heads, shape.keys)
    mask = f"""
    mask (%b: index, %h: index, %i: index, %j: index) {{
      %past = arith.constant {shape.keys - shape.queries} : index
      %m = attn.causal %i, %j offset %past
      attn.yield %m : i1
    }}
   """ if shape.causal else ""
    return f"""func.func @main(%q: {q}, %k: {kv}, %v: {kv}) -> {q} {{
  %o = attn.attention %q, %k, %v{mask} : {q}, {kv}, {kv} -> ({q})
  return %o : {q}
}}
"""


class Artifact:
    """One compiled attention. `prepare` gives a call without arguments for given inputs."""
    name = "attn-mlir"

    def __init__(self, shape, dtype, compiler, options):
        self.shape, self.dtype = shape, dtype
        with tempfile.TemporaryDirectory() as folder:
            model, library = pathlib.Path(folder) / "model.mlir", pathlib.Path(folder) / "model.so"
            model.write_text(write_model(shape, dtype))
            done = subprocess.run([compiler, model, "-o", library, "--entry=attention", *options], capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stderr.strip())
            self.library = ctypes.CDLL(str(library))
        self.message = ctypes.create_string_buffer(1024)

    def prepare(self, query, key, value):
        output = numpy.empty_like(query)
        inputs, outputs = Views([query, key, value], self.dtype), Views([output], self.dtype)
        size = ctypes.c_size_t(len(self.message))

        def call():
            if self.library.attention(inputs.pointers, 3, outputs.pointers, 1, self.message, size):
                raise RuntimeError(self.message.value.decode())
        return call, lambda: output
