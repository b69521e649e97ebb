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

#include <functional>
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
    uint64_t getAddress() const { return address; }
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
  ::attn::Result<Buffer> allocate(size_t size) const;

  std::string getName() const;
  /// Whether it is the interpreter of PTX, whose times mean nothing.
  bool isInterpreted() const;
  /// By CUdevice_attribute's numbers.
  int getAttribute(int number) const;
  int getMultiprocessors() const { return getAttribute(16); }
  int64_t getCacheBytes() const { return getAttribute(38); }

  /// A kernel of a module in PTX, there for as long as the process.
  ::attn::Result<void *> loadKernel(const std::string &ptx,
                                    const char *name) const;

  /// What `enqueue` takes: a stream of the device's.
  using Work = std::function<::attn::Status(void *stream)>;
  /// Seconds that the device is busy with what `work` enqueues, by events
  /// before and behind it.
  ::attn::Result<double> time(const Work &work) const;
  ::attn::Status launch(void *kernel, unsigned blocks, unsigned threads,
                        void **arguments, void *stream) const;
  ::attn::Status copy(const Buffer &to, const Buffer &from, size_t size,
                      void *stream) const;

private:
  Device() = default;
  ::attn::Status load(const std::string &path);
  ::attn::Status expect(int status, const char *what) const;
  ::attn::Status makeStream();

  void *stream = nullptr, *start = nullptr, *end = nullptr;

  int (*cuInit)(unsigned);
  int (*cuDevicePrimaryCtxRetain)(void **, int);
  int (*cuCtxSetCurrent)(void *);
  int (*cuMemAlloc)(uint64_t *, size_t);
  int (*cuMemFree)(uint64_t);
  int (*cuMemcpyHtoD)(uint64_t, const void *, size_t);
  int (*cuMemcpyDtoH)(void *, uint64_t, size_t);
  int (*cuDeviceGetName)(char *, int, int);
  int (*cuDeviceGetAttribute)(int *, int, int);
  int (*cuModuleLoadData)(void **, const void *);
  int (*cuModuleGetFunction)(void **, void *, const char *);
  int (*cuStreamCreate)(void **, unsigned);
  int (*cuEventCreate)(void **, unsigned);
  int (*cuEventRecord)(void *, void *);
  int (*cuEventSynchronize)(void *);
  int (*cuEventElapsedTime)(float *, void *, void *);
  int (*cuMemcpyDtoDAsync)(uint64_t, uint64_t, size_t, void *);
  int (*cuLaunchKernel)(void *, unsigned, unsigned, unsigned, unsigned,
                        unsigned, unsigned, unsigned, void *, void **, void **);
};

} // namespace mlir::attn

#endif // ATTN_RUN_DEVICE_H
