"""Calls the functions of a compiled artifact (OUT.so) on numpy arrays, or on
tensors of a GPU.

    model = Artifact("build/model.so")      # reads build/model.json beside it
    context, weights = model(query, key)    # the only function, or `main`
    model["decode"](tokens)                 # one by name

    call = model.default().bind(query, key)
    context, weights = call()               # again and again, the same arrays

    model.default()(query, key, out=[context, weights], stream=stream)
    model.default().workspace_size(query, key)

The last two are for code made with --target=cuda: tensors of PyTorch, CuPy and
others that lie on a GPU come by DLPack and are not copied; outputs are the
caller's. With a `stream`, a number as DLPack has it, the call is enqueued
there and not waited for. With a `workspace` too, an array of that GPU with
`workspace_size` bytes, it takes no memory, and can be captured into a graph.

Needs ctypes and numpy only. Strides, dtypes and shapes are passed as they
are: what the artifact refuses comes back as an ArtifactError with its code
and message. `Function.status` passes tensors made by hand, for tests.
"""

import ctypes
import json
import pathlib
import zlib

import numpy as np

CPU, CUDA = 1, 2
DEFAULT_STREAM = 1  # by DLPack's numbers
MESSAGE_SIZE = 1024
# DLPack's type codes: int 0, uint 1, float 2, bfloat 4, bool 6.
CODE_OF_KIND = {"i": 0, "u": 1, "f": 2, "b": 6}
# numpy has no bfloat16: its bits travel as uint16, results' too.
NUMPY_OF_DTYPE = {
    "f16": np.float16, "bf16": np.uint16, "f32": np.float32, "f64": np.float64,
    "bool": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32,
    "i64": np.int64, "u8": np.uint8, "u16": np.uint16, "u32": np.uint32,
    "u64": np.uint64,
}
BFLOAT = (4, 16)


class DLDevice(ctypes.Structure):
    _fields_ = [("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", DLDevice),
                ("ndim", ctypes.c_int32), ("dtype", DLDataType),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


class ArtifactError(Exception):
    """A call that the artifact refused: its code, and its message."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def _numbers(values):
    return (ctypes.c_int64 * max(len(values), 1))(*values)


def tensor(array, dtype=None):
    """A DLTensor on the memory of `array`, which it keeps alive.

    dtype "bf16" says that a uint16 array holds the bits of bfloat16; one of
    ml_dtypes' bfloat16 says so itself.
    """
    if array.dtype.name == "bfloat16" or (dtype == "bf16" and
                                          array.dtype == np.uint16):
        code, bits = BFLOAT
    elif array.dtype.kind in CODE_OF_KIND:
        code, bits = CODE_OF_KIND[array.dtype.kind], 8 * array.dtype.itemsize
    else:
        raise TypeError(f"expected an array of numbers, got {array.dtype}")
    # numpy's strides are bytes; DLPack's are elements, or null for row-major.
    strides = None if array.flags.c_contiguous else _numbers(
        [stride // array.itemsize for stride in array.strides])
    made = DLTensor(array.ctypes.data, DLDevice(CPU, 0), array.ndim,
                    DLDataType(code, bits, 1), _numbers(array.shape),
                    strides, 0)
    made.keep_alive = array
    return made


def _is_on_gpu(array):
    where = getattr(array, "__dlpack_device__", None)
    return where is not None and where()[0] == CUDA


_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]
_pointer_of.restype = ctypes.c_void_p


def device_tensor(array, stream=DEFAULT_STREAM):
    """The DLTensor of `array`, on a GPU, which it keeps alive; what `array`
    waits for, `stream` waits for."""
    capsule = array.__dlpack__(stream=stream)
    # A DLManagedTensor begins with its DLTensor.
    managed = DLTensor.from_address(_pointer_of(capsule, b"dltensor"))
    made = DLTensor.from_buffer_copy(managed)
    made.keep_alive = capsule
    return made


def byte_size(tensor):
    """How many bytes a DLTensor without gaps has."""
    size = tensor.dtype.bits * tensor.dtype.lanes // 8
    for length in tensor.shape[:tensor.ndim]:
        size *= length
    return size


def shape_request(rank):
    """A DLTensor without data, whose shape NAME_shapes fills in."""
    return DLTensor(None, DLDevice(CPU, 0), rank, DLDataType(0, 0, 1),
                    _numbers([-1] * rank), None, 0)


def _pointers(tensors):
    """DLTensor *const *; None stands for a null pointer."""
    array = (ctypes.POINTER(DLTensor) * max(len(tensors), 1))()
    for index, one in enumerate(tensors):
        if one is not None:
            array[index] = ctypes.pointer(one)
    return array


class Function:
    """One exported function; `inputs` and `outputs` are the JSON's.

    `name` is the model's; the symbol in the library may be another.
    """

    def __init__(self, library, description):
        self.name = description["name"]
        self.inputs = description["inputs"]
        self.outputs = description["outputs"]
        self._call = self._declared(library, description["symbol"])
        self._shapes = self._declared(library, description["shapes_symbol"])
        self._enqueue = None
        if "stream_symbol" in description:
            self._enqueue = self._declared(
                library, description["stream_symbol"], [ctypes.c_void_p])
            self._in_workspace = self._declared(
                library, description["in_workspace_symbol"],
                [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t])
            self._workspace_size = library[
                description["workspace_size_symbol"]]
            self._workspace_size.argtypes = [
                ctypes.POINTER(ctypes.POINTER(DLTensor)), ctypes.c_int32,
                ctypes.c_char_p, ctypes.c_size_t,
                ctypes.POINTER(ctypes.c_size_t)]

    @staticmethod
    def _declared(library, name, more=()):
        function = library[name]
        tensors = ctypes.POINTER(ctypes.POINTER(DLTensor))
        function.argtypes = [tensors, ctypes.c_int32, tensors, ctypes.c_int32,
                             ctypes.c_char_p, ctypes.c_size_t, *more]
        function.restype = ctypes.c_int32
        return function

    def status(self, inputs, outputs, *, shapes=False, size=MESSAGE_SIZE,
               stream=None, workspace=None):
        """(code, message) of a call with DLTensors, right or wrong ones.

        `workspace` is an address and a number of bytes.
        """
        message = ctypes.create_string_buffer(size) if size else None
        function, more = self._shapes if shapes else self._call, ()
        if stream is not None:
            function, more = self._enqueue, [stream]
        if workspace is not None:
            function, more = self._in_workspace, [stream, *workspace]
        code = function(_pointers(inputs), len(inputs), _pointers(outputs),
                        len(outputs), message, size, *more)
        return code, message.value.decode() if message else ""

    def _checked(self, inputs, outputs, **options):
        code, message = self.status(inputs, outputs, **options)
        if code != 0:
            raise ArtifactError(code, message)

    def _input_tensors(self, arrays, stream=None):
        dtypes = [one["dtype"] for one in self.inputs]
        dtypes += [None] * (len(arrays) - len(dtypes))
        return [device_tensor(array, stream or DEFAULT_STREAM)
                if _is_on_gpu(array) else tensor(array, dtype)
                for array, dtype in zip(arrays, dtypes)]

    def _call_on_gpu(self, arrays, out, stream, workspace):
        if len(out) != len(self.outputs) or not all(map(_is_on_gpu, out)):
            raise ValueError(f"expected `out`: {len(self.outputs)} tensors on "
                             "the GPU that the inputs are on")
        if (stream, workspace) != (None, None) and self._enqueue is None:
            raise ValueError("expected a library for GPUs, got one for CPUs")
        if workspace is not None:
            if stream is None or not _is_on_gpu(workspace):
                raise ValueError("expected a `workspace` on the GPU with a "
                                 "`stream`")
            kept = device_tensor(workspace, stream)
            workspace = kept.data + kept.byte_offset, byte_size(kept)
        outputs = [device_tensor(array, stream or DEFAULT_STREAM)
                   for array in out]
        self._checked(self._input_tensors(arrays, stream), outputs,
                      stream=stream, workspace=workspace)
        return list(out)

    def output_shapes(self, *arrays):
        """The shapes of the outputs for these inputs."""
        return self._shapes_for(self._input_tensors(arrays))

    def _shapes_for(self, inputs):
        requests = [shape_request(len(one["shape"])) for one in self.outputs]
        self._checked(inputs, requests, shapes=True)
        return [tuple(one.shape[:one.ndim]) for one in requests]

    def _results(self, inputs, given):
        """The arrays of `given`, and new ones where it has None."""
        given = list(given) + [None] * (len(self.outputs) - len(given))
        if all(array is not None for array in given):
            return given
        return [
            np.empty(shape, NUMPY_OF_DTYPE[one["dtype"]])
            if array is None else array for array, shape, one
            in zip(given, self._shapes_for(inputs), self.outputs)]

    def _output_tensors(self, results):
        return [tensor(array, one["dtype"])
                for array, one in zip(results, self.outputs)]

    def bind(self, *arrays, out=()):
        """A function without arguments that calls this one with these arrays,
        as often as it is called itself: with what they hold then, and with the
        same outputs each time. Describing arrays takes longer than a small
        model."""
        if any(map(_is_on_gpu, [*arrays, *out])):
            raise ValueError("expected arrays of numpy, got some on a GPU")
        inputs = self._input_tensors(arrays)
        results = self._results(inputs, out)
        outputs = self._output_tensors(results)

        def call():
            self._checked(inputs, outputs)
            return results
        return call

    def workspace_size(self, *arrays):
        """How many bytes a `workspace` has for inputs of these shapes."""
        if self._enqueue is None:
            raise ValueError("expected a library for GPUs, got one for CPUs")
        tensors = self._input_tensors(arrays)
        message = ctypes.create_string_buffer(MESSAGE_SIZE)
        size = ctypes.c_size_t()
        code = self._workspace_size(_pointers(tensors), len(tensors), message,
                                    MESSAGE_SIZE, ctypes.byref(size))
        if code != 0:
            raise ArtifactError(code, message.value.decode())
        return size.value

    def __call__(self, *arrays, out=(), stream=None, workspace=None):
        """The outputs, in order: new arrays, or those of `out` that are not
        None. An output that `shares` an input may be that input's array. On a
        GPU, `out` has them all."""
        if (stream, workspace) != (None, None) or any(
                map(_is_on_gpu, [*arrays, *out])):
            return self._call_on_gpu(arrays, out, stream, workspace)
        return self.bind(*arrays, out=out)()


def _check_library(path, expected):
    """Loading half of a library would end the process."""
    if expected is None:
        return
    with open(path, "rb") as file:
        code = file.read(expected["code_size"])
    got = {"size": path.stat().st_size, "code_size": len(code),
           "crc32": zlib.crc32(code)}
    if got != expected:
        raise ValueError(f"{path}: expected the library that its description "
                         f"was written with ({expected}), got {got}")


class Artifact:
    """A compiled model: its functions by name."""

    def __init__(self, path):
        path = pathlib.Path(path).resolve()
        description = json.loads(path.with_suffix(".json").read_text())
        _check_library(path, description.get("library"))
        library = ctypes.CDLL(str(path))
        self.functions = {one["name"]: Function(library, one)
                          for one in description["functions"]}

    def __getitem__(self, name):
        return self.functions[name]

    def default(self):
        """The only function, or `main`."""
        if len(self.functions) == 1:
            return next(iter(self.functions.values()))
        if "main" not in self.functions:
            raise KeyError("expected one function or one called 'main', got "
                           + ", ".join(self.functions))
        return self.functions["main"]

    def __call__(self, *arrays):
        return self.default()(*arrays)
