# REQUIRES: numpy && !nvidia-driver
# RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/calls.mlir --target=cuda -o %t/calls.so
# RUN: env %preload LD_LIBRARY_PATH=%build/tools/attn-ptx-driver %python %s %t/calls.so %src | FileCheck %s
# RUN: %python %s %t/calls.so %src none | FileCheck %s --check-prefix=NONE
# NONE: without a driver: 7 expected a CUDA driver
"""A library for GPUs from Python: tensors of a device by DLPack, which nobody copies; and wrong calls at random."""

import ctypes
import random
import sys

import numpy as np

sys.path.insert(0, sys.argv[2] + "/docs/examples")
import attn_artifact as attn  # noqa: E402

model = attn.Artifact(sys.argv[1])

if len(sys.argv) > 3:
    x, y = (attn.tensor(np.ones(2, np.float32)) for _ in range(2))
    x.device.device_type = y.device.device_type = attn.CUDA
    print("without a driver:", *model["add"].status([x, x], [y]))
    sys.exit()

cuda = ctypes.CDLL("libcuda.so.1")


def check(status):
    assert status == 0, f"CUDA error {status}"


cuda.cuInit(0)
context = ctypes.c_void_p()
check(cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0))
check(cuda.cuCtxSetCurrent(context))


class Managed(ctypes.Structure):
    _fields_ = [("tensor", attn.DLTensor), ("manager", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
new_capsule.restype = ctypes.py_object


class DeviceArray:
    """What PyTorch and CuPy have, of DLPack: an array in the device's memory."""

    def __init__(self, array):
        self.shape, self.dtype, self.streams = array.shape, array.dtype, []
        self.address = ctypes.c_uint64()
        check(cuda.cuMemAlloc_v2(ctypes.byref(self.address), ctypes.c_size_t(max(array.nbytes, 1))))
        if array.nbytes:
            check(cuda.cuMemcpyHtoD_v2(self.address, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes)))

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, stream=None):
        self.streams.append(stream)
        self.managed = Managed(attn.tensor(np.empty(self.shape, self.dtype)), None, None)
        self.managed.tensor.data = self.address.value
        self.managed.tensor.device.device_type = attn.CUDA
        self.numbers = (ctypes.c_int64 * max(len(self.shape), 1))(*self.shape)
        self.managed.tensor.shape, self.managed.tensor.strides = self.numbers, None
        return new_capsule(ctypes.addressof(self.managed), b"dltensor", None)

    def get(self):
        array = np.empty(self.shape, self.dtype)
        check(cuda.cuMemcpyDtoH_v2(ctypes.c_void_p(array.ctypes.data), self.address, ctypes.c_size_t(array.nbytes)))
        return array


x, y = DeviceArray(np.arange(5, dtype=np.float32)), DeviceArray(-np.arange(5, dtype=np.float32))
out = DeviceArray(np.zeros(5, np.float32))

# CHECK: add: [1. 2. 3. 4. 5.] True
(result,) = model["add"](x, y, out=[out])
print("add:", out.get(), result is out)
# CHECK-NEXT: on the default stream: [1] [1]
print("on the default stream:", x.streams, out.streams)

stream = ctypes.c_void_p()
check(cuda.cuStreamCreate(ctypes.byref(stream), 1))
out = DeviceArray(np.zeros(5, np.float32))
model["add"](x, y, out=[out], stream=stream.value)
check(cuda.cuStreamSynchronize(stream))
# CHECK-NEXT: on a stream: [1. 2. 3. 4. 5.] True
print("on a stream:", out.get(), x.streams[-1] == stream.value)
# CHECK-NEXT: shapes: [(5,)]
print("shapes:", model["add"].output_shapes(x, y))


# Memory that the call needs is the caller's.
size = model["products"].workspace_size(x, y)
workspace, out = DeviceArray(np.zeros(size, np.uint8)), DeviceArray(np.zeros(5, np.float32))
model["products"](x, y, out=[out], stream=stream.value, workspace=workspace)
check(cuda.cuStreamSynchronize(stream))
# CHECK-NEXT: in a workspace: [ 0. -10. -20. -30. -40.] True
print("in a workspace:", out.get(), size >= 100)


def refused(what, *arguments, function="add", **options):
    try:
        model[function](*arguments, **options)
        print(what, "is taken")
    except (attn.ArtifactError, ValueError) as error:
        print(f"{what}: {getattr(error, 'code', '')} {error}")


# CHECK-NEXT: no output:  expected `out`: 1 tensors on the GPU
refused("no output", x, y)
# CHECK-NEXT: of the host: 1 input 1 'y': expected a tensor on the GPU (device type 2), got 1
refused("of the host", x, np.zeros(5, np.float32), out=[out])
# CHECK-NEXT: of doubles: 1 input 1 'y': expected elements of f32
refused("of doubles", x, DeviceArray(np.zeros(5)), out=[out])

# CHECK-NEXT: a small workspace: 2 expected a workspace of at least
refused("a small workspace", x, y, function="products", out=[out], stream=stream.value, workspace=DeviceArray(np.zeros(8, np.uint8)))
# CHECK-NEXT: without a stream:  expected a `workspace` on the GPU with a `stream`
refused("without a stream", x, y, function="products", out=[out], workspace=workspace)

# One field of a right call is wrong, or some are: never a crash, never silence where it matters, and the next call is right.
rng = random.Random(11)
codes = {}


def damage(tensor):
    field = rng.choice(["data", "type", "id", "ndim", "code", "bits", "lanes", "shape", "strides", "offset"])
    number = rng.choice([-1, 0, 1, 2, 3, 4, 6, 7, 8, 64, 127])
    if field == "data":
        tensor.data = rng.choice([None, 16, np.zeros(8, np.float32).ctypes.data, out.address.value + (1 << 40)])
    elif field == "type":
        tensor.device.device_type = number
    elif field == "id":
        tensor.device.device_id = number
    elif field == "ndim":
        tensor.ndim = rng.choice([-1, 0, 2, 1 << 30])
    elif field == "code":
        tensor.dtype.code = number & 255
    elif field == "bits":
        tensor.dtype.bits = number & 255
    elif field == "lanes":
        tensor.dtype.lanes = number & 255
    elif field == "shape":
        tensor.numbers = (ctypes.c_int64 * 2)(number, 1)
        tensor.shape = tensor.numbers
    elif field == "strides":
        tensor.steps = (ctypes.c_int64 * 2)(number, 1)
        tensor.strides = tensor.steps
    else:
        tensor.byte_offset = rng.choice([1, 1 << 40, 1 << 63])


for trial in range(1500):
    tensors = [attn.device_tensor(one) for one in (x, y, out)]
    for _ in range(rng.choice([1, 1, 2])):
        damage(rng.choice(tensors))
    code, message = model["add"].status(tensors[:2], tensors[2:], stream=rng.choice([None, stream.value]))
    assert (code == 0) == (message == ""), (code, message)
    assert code in (0, 1, 3), (code, message)  # 3: sizes that do not agree
    codes[code] = codes.get(code, 0) + 1
# CHECK-NEXT: wrong calls: {{[0-9]+}} refused True
print("wrong calls:", codes[1], "refused", codes[1] > 1000)
model["add"](x, y, out=[out])
# CHECK-NEXT: after them: [1. 2. 3. 4. 5.]
print("after them:", out.get())
