//===- Context.cpp - Devices, and contexts on them ------------------------===//

#include "Driver.h"

#include <cstring>

namespace attn::ptxdriver {

namespace {

/// What kernels can count on: that of sm_90a, with one multiprocessor.
int attribute(int number, int &value) {
  switch (number) {
  case 1: // threads of a block
  case 2: // and in each dimension
  case 3:
    value = 1024;
    return success;
  case 4:
    value = 64;
    return success;
  case 5: // blocks in each dimension
    value = 0x7fffffff;
    return success;
  case 6:
  case 7:
    value = 65535;
    return success;
  case 8: // shared memory of a block
    value = 48 * 1024;
    return success;
  case 9: // constant memory
    value = 64 * 1024;
    return success;
  case 10: // threads of a warp
    value = 32;
    return success;
  case 12: // registers of a block, and of a multiprocessor
  case 82:
    value = 65536;
    return success;
  case 13: // kHz
    value = 1000000;
    return success;
  case 38: // L2 cache
    value = 50 << 20;
    return success;
  case 39: // threads of a multiprocessor
    value = 2048;
    return success;
  case 75: // compute capability
    value = 9;
    return success;
  case 76:
    value = 0;
    return success;
  case 81: // shared memory of a multiprocessor
    value = 228 * 1024;
    return success;
  case 97: // shared memory of a block that asks for it
    value = 227 * 1024;
    return success;
  case 111: // what the system keeps of it
    value = 1024;
    return success;
  case 16:  // multiprocessors
  case 41:  // unified addressing
  case 115: // memory pools
  case 127: // tensor maps
    value = 1;
    return success;
  default:
    value = 0;
    return number > 0 && number < 150 ? success : invalidValue;
  }
}

/// Calls f with a device, where there is one of that number.
template <class F> int withDevice(int number, F f) {
  return withDriver([&](Driver &driver) {
    if (number < 0 || size_t(number) >= driver.devices.size())
      return invalidDevice;
    return int(f(driver.devices[size_t(number)]));
  });
}

bool isContext(const Driver &driver, Context *context) {
  for (const Device &device : driver.devices)
    if (context == &device.primary)
      return true;
  return driver.contexts.count(context);
}

} // namespace

ATTN_CUDA_API cuDeviceGetCount(int *count) {
  return withDriver([&](Driver &driver) {
    *count = int(driver.devices.size());
    return success;
  });
}
ATTN_CUDA_API cuDeviceGet(int *device, int ordinal) {
  return withDevice(ordinal, [&](Device &) {
    *device = ordinal;
    return success;
  });
}
ATTN_CUDA_API cuDeviceGetName(char *name, int size, int device) {
  return withDevice(device, [&](Device &) {
    if (size < 1)
      return invalidValue;
    std::strncpy(name, "attn-mlir PTX interpreter", size);
    name[size - 1] = '\0';
    return success;
  });
}
ATTN_CUDA_API cuDeviceGetUuid_v2(char *uuid, int device) {
  return withDevice(device, [&](Device &) {
    std::memcpy(uuid, "attn-mlir-ptx-00", 16);
    uuid[15] = char('0' + device);
    return success;
  });
}
ATTN_CUDA_API cuDeviceTotalMem_v2(size_t *bytes, int device) {
  return withDevice(device, [&](Device &found) {
    *bytes = found.memory.total();
    return success;
  });
}
ATTN_CUDA_API cuDeviceGetAttribute(int *value, int number, int device) {
  return withDevice(device,
                    [&](Device &) { return attribute(number, *value); });
}

ATTN_CUDA_API cuDevicePrimaryCtxRetain(Context **context, int device) {
  return withDevice(device, [&](Device &found) {
    *context = &found.primary;
    ++found.primaryUsers;
    return success;
  });
}
ATTN_CUDA_API cuDevicePrimaryCtxRelease_v2(int device) {
  return withDevice(device, [&](Device &found) {
    if (!found.primaryUsers)
      return invalidContext;
    --found.primaryUsers;
    return success;
  });
}
ATTN_CUDA_API cuDevicePrimaryCtxGetState(int device, unsigned *flags,
                                         int *active) {
  return withDevice(device, [&](Device &found) {
    *flags = 0;
    *active = found.primaryUsers > 0;
    return success;
  });
}
/// Forgets what a kernel left behind.
ATTN_CUDA_API cuDevicePrimaryCtxReset_v2(int device) {
  return withDevice(device, [&](Device &found) {
    found.failure = success;
    return success;
  });
}

ATTN_CUDA_API cuCtxCreate_v2(Context **context, unsigned, int device) {
  int status = withDevice(device, [](Device &) { return success; });
  if (status)
    return status;
  return withDriver([&](Driver &driver) {
    *context = new Context{device};
    driver.contexts.insert(*context);
    currentContexts().push_back(*context);
    return success;
  });
}
ATTN_CUDA_API cuCtxDestroy_v2(Context *context) {
  return withDriver([&](Driver &driver) {
    if (!driver.contexts.erase(context))
      return invalidContext;
    std::vector<Context *> &current = currentContexts();
    if (!current.empty() && current.back() == context)
      current.pop_back();
    driver.devices[context->device].failure = success;
    delete context;
    return success;
  });
}
ATTN_CUDA_API cuCtxSetCurrent(Context *context) {
  return withDriver([&](Driver &driver) {
    if (context && !isContext(driver, context))
      return invalidContext;
    std::vector<Context *> &current = currentContexts();
    if (!current.empty())
      current.pop_back();
    if (context)
      current.push_back(context);
    return success;
  });
}
ATTN_CUDA_API cuCtxGetCurrent(Context **context) {
  return withDriver([&](Driver &) {
    *context = currentContexts().empty() ? nullptr : currentContexts().back();
    return success;
  });
}
ATTN_CUDA_API cuCtxPushCurrent_v2(Context *context) {
  return withDriver([&](Driver &driver) {
    if (!isContext(driver, context))
      return invalidContext;
    currentContexts().push_back(context);
    return success;
  });
}
ATTN_CUDA_API cuCtxPopCurrent_v2(Context **context) {
  return withDriver([&](Driver &) {
    if (currentContexts().empty())
      return invalidContext;
    if (context)
      *context = currentContexts().back();
    currentContexts().pop_back();
    return success;
  });
}
ATTN_CUDA_API cuCtxGetDevice(int *device) {
  return withContext([&](Driver &) {
    *device = currentContexts().back()->device;
    return success;
  });
}
ATTN_CUDA_API cuCtxSynchronize() {
  return withContext([&](Driver &) { return success; });
}

} // namespace attn::ptxdriver
