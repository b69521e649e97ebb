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
      !find(library, "cuMemcpyDtoH_v2", cuMemcpyDtoH) ||
      !find(library, "cuDeviceGetName", cuDeviceGetName) ||
      !find(library, "cuDeviceGetAttribute", cuDeviceGetAttribute) ||
      !find(library, "cuModuleLoadData", cuModuleLoadData) ||
      !find(library, "cuModuleGetFunction", cuModuleGetFunction) ||
      !find(library, "cuStreamCreate", cuStreamCreate) ||
      !find(library, "cuEventCreate", cuEventCreate) ||
      !find(library, "cuEventRecord", cuEventRecord) ||
      !find(library, "cuEventSynchronize", cuEventSynchronize) ||
      !find(library, "cuEventElapsedTime", cuEventElapsedTime) ||
      !find(library, "cuMemcpyDtoDAsync_v2", cuMemcpyDtoDAsync) ||
      !find(library, "cuLaunchKernel", cuLaunchKernel))
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
  if (::attn::Status status = device->makeStream(); !status)
    return status.error();
  return device;
}

::attn::Status Device::makeStream() {
  constexpr unsigned nonBlocking = 1;
  int code = cuStreamCreate(&stream, nonBlocking);
  if (!code)
    code = cuEventCreate(&start, 0);
  if (!code)
    code = cuEventCreate(&end, 0);
  return expect(code, "make a stream");
}

std::string Device::getName() const {
  char name[128] = "unknown";
  cuDeviceGetName(name, sizeof name, 0);
  return name;
}

bool Device::isInterpreted() const {
  return getName() == "attn-mlir PTX interpreter";
}

int Device::getAttribute(int number) const {
  int value = 0;
  cuDeviceGetAttribute(&value, number, 0);
  return value;
}

::attn::Result<void *> Device::loadKernel(const std::string &ptx,
                                          const char *name) const {
  void *module = nullptr, *kernel = nullptr;
  int code = cuModuleLoadData(&module, ptx.c_str());
  if (!code)
    code = cuModuleGetFunction(&kernel, module, name);
  if (::attn::Status status = expect(code, "load a kernel"); !status)
    return status.error();
  return kernel;
}

::attn::Result<double> Device::time(const Work &work) const {
  if (::attn::Status status = expect(cuEventRecord(start, stream), "start");
      !status)
    return status.error();
  if (::attn::Status status = work(stream); !status)
    return status.error();
  float milliseconds = 0;
  int code = cuEventRecord(end, stream);
  if (!code)
    code = cuEventSynchronize(end);
  if (!code)
    code = cuEventElapsedTime(&milliseconds, start, end);
  if (::attn::Status status = expect(code, "tell the time"); !status)
    return status.error();
  return double(milliseconds) * 1e-3;
}

::attn::Status Device::launch(void *kernel, unsigned blocks, unsigned threads,
                              void **arguments, void *on) const {
  return expect(cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, 0, on,
                               arguments, nullptr),
                "start a kernel");
}

::attn::Status Device::copy(const Buffer &to, const Buffer &from, size_t size,
                            void *on) const {
  return expect(cuMemcpyDtoDAsync(to.getAddress(), from.getAddress(), size, on),
                "copy");
}

::attn::Result<Device::Buffer> Device::allocate(size_t size) const {
  uint64_t address = 0;
  ::attn::Status status =
      expect(cuMemAlloc(&address, size ? size : 1), "allocate memory");
  if (!status)
    return status.error();
  return Buffer(*this, address);
}

::attn::Result<Device::Buffer>
Device::upload(const ::attn::Tensor &tensor) const {
  const size_t size = tensor.sizeInBytes();
  ::attn::Result<Buffer> buffer = allocate(size);
  if (!buffer || !size)
    return buffer;
  ::attn::Status status = expect(
      cuMemcpyHtoD(buffer->getAddress(), tensor.data(), size), "take a tensor");
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
