//===- Device.h - Memory of a GPU, for artifacts that compute there -*- C++
//-*-===//
//
//   auto device = Device::open("libcuda.so.1");
//   auto buffer = (*device)->upload(tensor);
//
// By the driver alone, which is opened when asked for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUN_DEVICE_H
#define ATTN_RUN_DEVICE_H

#include "attn/Support/Tensor.h"

#include <memory>
#include <string>

namespace mlir::attn {

/// The first GPU of a driver.
class Device {
public:
  /// A tensor's elements in the memory of the GPU, freed with the object.
  class Buffer {
  public:
    Buffer(const Device &device, uint64_t address)
        : device(&device), address(address) {}
    Buffer(Buffer &&other)
        : device(other.device), address(std::exchange(other.address, 0)) {}
    ~Buffer();

    void *get() const { return reinterpret_cast<void *>(address); }
    ::attn::Status download(::attn::Tensor &tensor) const;

  private:
    const Device *device;
    uint64_t address;
  };

  /// `driver` is a path, or a name that the loader finds. Artifacts that are
  /// loaded afterwards get the same one.
  static ::attn::Result<std::shared_ptr<Device>>
  open(const std::string &driver);

  ::attn::Result<Buffer> upload(const ::attn::Tensor &tensor) const;

private:
  Device() = default;
  ::attn::Status load(const std::string &path);
  ::attn::Status expect(int status, const char *what) const;

  int (*cuInit)(unsigned);
  int (*cuDevicePrimaryCtxRetain)(void **, int);
  int (*cuCtxSetCurrent)(void *);
  int (*cuMemAlloc)(uint64_t *, size_t);
  int (*cuMemFree)(uint64_t);
  int (*cuMemcpyHtoD)(uint64_t, const void *, size_t);
  int (*cuMemcpyDtoH)(void *, uint64_t, size_t);
};

} // namespace mlir::attn

#endif // ATTN_RUN_DEVICE_H
