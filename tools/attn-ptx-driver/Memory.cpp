//===- Memory.cpp - Allocations and copies --------------------------------===//

#include "Driver.h"

#include <cstdlib>
#include <cstring>

namespace attn::ptxdriver {

namespace {

/// Bytes of any device, or null.
uint8_t *translate(Driver &driver, uint64_t address, size_t size) {
  return findOwner(driver, address).translate(address, size);
}

/// Bytes of the host or of a device; null for a device address of none.
uint8_t *resolve(Driver &driver, uint64_t address, size_t size) {
  if (uint8_t *bytes = translate(driver, address, size))
    return bytes;
  bool isDevice = address >> 48; // no host has such addresses
  return isDevice ? nullptr : reinterpret_cast<uint8_t *>(address);
}

int copy(Driver &driver, uint64_t to, uint64_t from, size_t size, bool toDevice,
         bool fromDevice) {
  if (!size)
    return success;
  uint8_t *target =
      toDevice ? translate(driver, to, size) : resolve(driver, to, size);
  uint8_t *source =
      fromDevice ? translate(driver, from, size) : resolve(driver, from, size);
  if (!target || !source)
    return invalidValue;
  std::memmove(target, source, size);
  return success;
}

template <class T>
int fill(Driver &driver, uint64_t to, T value, size_t count) {
  uint8_t *bytes = translate(driver, to, count * sizeof(T));
  if ((!bytes && count) || to % sizeof(T))
    return invalidValue;
  for (size_t n = 0; n < count; ++n)
    std::memcpy(bytes + n * sizeof(T), &value, sizeof(T));
  return success;
}

template <class T> int fillNow(uint64_t to, T value, size_t count) {
  return withoutCapture(
      [&](Driver &driver) { return fill(driver, to, value, count); });
}

template <class T>
int fillOn(Stream *stream, uint64_t to, T value, size_t count) {
  return enqueue(
      stream, [=](Driver &driver) { return fill(driver, to, value, count); });
}

int allocate(Driver &driver, uint64_t *address, size_t size) {
  if (!address || !size)
    return invalidValue;
  *address = currentDevice(driver).memory.allocate(size);
  return *address ? success : outOfMemory;
}

int release(Driver &driver, uint64_t address) {
  return !address || findOwner(driver, address).release(address) ? success
                                                                 : invalidValue;
}

template <bool toDevice, bool fromDevice>
int copyNow(uint64_t to, uint64_t from, size_t size) {
  return withoutCapture([&](Driver &driver) {
    return copy(driver, to, from, size, toDevice, fromDevice);
  });
}

template <bool toDevice, bool fromDevice>
int copyOn(Stream *stream, uint64_t to, uint64_t from, size_t size) {
  return enqueue(stream, [=](Driver &driver) {
    return copy(driver, to, from, size, toDevice, fromDevice);
  });
}

uint64_t addressOf(const void *pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

} // namespace

ptx::Memory &findOwner(Driver &driver, uint64_t address) {
  for (Device &device : driver.devices)
    if (device.memory.find(address))
      return device.memory;
  return driver.devices.front().memory;
}

ATTN_CUDA_API cuMemAlloc_v2(uint64_t *address, size_t size) {
  return withoutCapture(
      [&](Driver &driver) { return allocate(driver, address, size); });
}
ATTN_CUDA_API cuMemAllocAsync(uint64_t *address, size_t size, Stream *stream) {
  return withContext([&](Driver &driver) {
    Graph *graph = getCapture(driver, stream);
    if (graph && !driver.hasGraphMemory) {
      graph->isInvalid = true;
      return captureUnsupported;
    }
    const int status = allocate(driver, address, size);
    if (graph && !status)
      graph->allocations.insert(*address);
    return status;
  });
}
ATTN_CUDA_API cuMemFree_v2(uint64_t address) {
  return withoutCapture(
      [&](Driver &driver) { return release(driver, address); });
}
ATTN_CUDA_API cuMemFreeAsync(uint64_t address, Stream *stream) {
  return withContext([&](Driver &driver) {
    Graph *graph = getCapture(driver, stream);
    if (!graph)
      return release(driver, address);
    // The graph keeps it.
    return graph->allocations.count(address) ? success : invalidValue;
  });
}

/// Memory of the host that the device sees.
ATTN_CUDA_API cuMemHostAlloc(void **pointer, size_t size, unsigned) {
  return withContext([&](Driver &driver) {
    *pointer = size ? std::malloc(size) : nullptr;
    if (!*pointer)
      return size ? outOfMemory : invalidValue;
    for (Device &device : driver.devices)
      device.memory.map(*pointer, size);
    return success;
  });
}
ATTN_CUDA_API cuMemAllocHost_v2(void **pointer, size_t size) {
  return cuMemHostAlloc(pointer, size, 0);
}
ATTN_CUDA_API cuMemFreeHost(void *pointer) {
  return withContext([&](Driver &driver) {
    for (Device &device : driver.devices)
      if (!device.memory.release(addressOf(pointer)))
        return invalidValue;
    std::free(pointer);
    return success;
  });
}
ATTN_CUDA_API cuMemHostGetDevicePointer_v2(uint64_t *address, void *pointer,
                                           unsigned) {
  return withContext([&](Driver &driver) {
    *address = addressOf(pointer);
    return findOwner(driver, *address).find(*address) ? success : invalidValue;
  });
}

ATTN_CUDA_API cuMemGetInfo_v2(size_t *free, size_t *total) {
  return withContext([&](Driver &driver) {
    const ptx::Memory &memory = currentDevice(driver).memory;
    *total = memory.total();
    *free = memory.total() - memory.used();
    return success;
  });
}
ATTN_CUDA_API cuMemGetAddressRange_v2(uint64_t *base, size_t *size,
                                      uint64_t address) {
  return withContext([&](Driver &driver) {
    const auto *allocation = findOwner(driver, address).find(address);
    if (!allocation)
      return notFound;
    if (base)
      *base = allocation->address;
    if (size)
      *size = allocation->size;
    return success;
  });
}
ATTN_CUDA_API cuPointerGetAttribute(void *value, int attribute,
                                    uint64_t address) {
  return withDriver([&](Driver &driver) {
    const ptx::Memory &memory = findOwner(driver, address);
    const auto *allocation = memory.find(address);
    if (!allocation || !value)
      return invalidValue;
    int owner = 0;
    while (&driver.devices[size_t(owner)].memory != &memory)
      ++owner;
    auto set = [&](auto result) {
      std::memcpy(value, &result, sizeof result);
      return success;
    };
    switch (attribute) {
    case 1: // context
      return set(&driver.devices[size_t(owner)].primary);
    case 2: // memory type: host or device
      return set(allocation->owner ? 2u : 1u);
    case 3: // device pointer
      return set(address);
    case 4: // host pointer
      return allocation->owner ? invalidValue : set(address);
    case 9: // device
      return set(owner);
    case 11: // start and size of its range
      return set(allocation->address);
    case 12:
      return set(size_t(allocation->size));
    default:
      return notSupported;
    }
  });
}

ATTN_CUDA_API cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size) {
  return copyNow<true, false>(to, addressOf(from), size);
}
ATTN_CUDA_API cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t size,
                                   Stream *stream) {
  return copyOn<true, false>(stream, to, addressOf(from), size);
}
ATTN_CUDA_API cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size) {
  return copyNow<false, true>(addressOf(to), from, size);
}
ATTN_CUDA_API cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t size,
                                   Stream *stream) {
  return copyOn<false, true>(stream, addressOf(to), from, size);
}
ATTN_CUDA_API cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t size) {
  return copyNow<true, true>(to, from, size);
}
ATTN_CUDA_API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t size,
                                   Stream *stream) {
  return copyOn<true, true>(stream, to, from, size);
}
ATTN_CUDA_API cuMemcpy(uint64_t to, uint64_t from, size_t size) {
  return copyNow<false, false>(to, from, size);
}
ATTN_CUDA_API cuMemcpyAsync(uint64_t to, uint64_t from, size_t size,
                            Stream *stream) {
  return copyOn<false, false>(stream, to, from, size);
}

ATTN_CUDA_API cuMemsetD8_v2(uint64_t to, unsigned char value, size_t count) {
  return fillNow(to, value, count);
}
ATTN_CUDA_API cuMemsetD16_v2(uint64_t to, unsigned short value, size_t count) {
  return fillNow(to, value, count);
}
ATTN_CUDA_API cuMemsetD32_v2(uint64_t to, unsigned value, size_t count) {
  return fillNow(to, value, count);
}
ATTN_CUDA_API cuMemsetD8Async(uint64_t to, unsigned char value, size_t count,
                              Stream *stream) {
  return fillOn(stream, to, value, count);
}
ATTN_CUDA_API cuMemsetD32Async(uint64_t to, unsigned value, size_t count,
                               Stream *stream) {
  return fillOn(stream, to, value, count);
}

} // namespace attn::ptxdriver
