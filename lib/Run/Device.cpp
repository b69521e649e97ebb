//===- Device.cpp - Memory of a GPU, by the driver ------------------------===//

#include "attn/Run/Device.h"

#include <dlfcn.h>

using namespace mlir::attn;
using ::attn::fail;

/// Writes the function called `name` to `function`.
template <typename F>
static bool find(void *library, const char *name, F *&function) {
  function = reinterpret_cast<F *>(dlsym(library, name));
  return function;
}

::attn::Status Device::load(const std::string &path) {
  // Never closed: the driver does not bear it.
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return fail("expected a CUDA driver, got: ", dlerror());
  if (!find(library, "cuInit", cuInit) ||
      !find(library, "cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain) ||
      !find(library, "cuCtxSetCurrent", cuCtxSetCurrent) ||
      !find(library, "cuMemAlloc_v2", cuMemAlloc) ||
      !find(library, "cuMemFree_v2", cuMemFree) ||
      !find(library, "cuMemcpyHtoD_v2", cuMemcpyHtoD) ||
      !find(library, "cuMemcpyDtoH_v2", cuMemcpyDtoH))
    return fail("expected a CUDA driver, got: ", dlerror());
  return ::attn::success();
}

::attn::Status Device::expect(int status, const char *what) const {
  if (!status)
    return ::attn::success();
  return fail("expected the GPU to ", what, ", got CUDA error ", status);
}

::attn::Result<std::shared_ptr<Device>>
Device::open(const std::string &driver) {
  std::shared_ptr<Device> device(new Device);
  if (::attn::Status status = device->load(driver); !status)
    return status.error();
  void *context = nullptr;
  int code = device->cuInit(0);
  if (!code)
    code = device->cuDevicePrimaryCtxRetain(&context, 0);
  if (!code)
    code = device->cuCtxSetCurrent(context);
  if (::attn::Status status = device->expect(code, "be there"); !status)
    return status.error();
  return device;
}

::attn::Result<Device::Buffer>
Device::upload(const ::attn::Tensor &tensor) const {
  uint64_t address = 0;
  const size_t size = tensor.sizeInBytes();
  ::attn::Status status =
      expect(cuMemAlloc(&address, size ? size : 1), "allocate a tensor");
  if (!status)
    return status.error();
  Buffer buffer(*this, address);
  if (size)
    status =
        expect(cuMemcpyHtoD(address, tensor.data(), size), "take a tensor");
  if (!status)
    return status.error();
  return buffer;
}

::attn::Status Device::Buffer::download(::attn::Tensor &tensor) const {
  const size_t size = tensor.sizeInBytes();
  if (!size)
    return ::attn::success();
  return device->expect(device->cuMemcpyDtoH(tensor.data(), address, size),
                        "give back a tensor");
}

Device::Buffer::~Buffer() {
  if (address)
    device->cuMemFree(address);
}
