//===- Driver.cpp - Initialization, errors and entry points ---------------===//

#include "Driver.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

namespace attn::ptxdriver {

Driver &Driver::get() {
  // Never destroyed: programs call the driver from their own destructors.
  static Driver *driver = new Driver;
  return *driver;
}

/// The number that the environment gives, at least `least` and at most `most`.
static unsigned long readNumber(const char *name, unsigned long usual,
                                unsigned long least, unsigned long most) {
  const char *text = std::getenv(name);
  const unsigned long number = text ? std::strtoul(text, nullptr, 0) : usual;
  return std::min(std::max(number, least), most);
}

/// ATTN_PTX_ORDER=eager|lazy|random|hold, ATTN_PTX_SEED=N, ATTN_PTX_DEVICES=N,
/// and ATTN_PTX_GRAPH_MEMORY=0|1.
Driver::Driver() {
  const char *const names[] = {"eager", "lazy", "random", "hold"};
  if (const char *order = std::getenv("ATTN_PTX_ORDER"))
    for (int number = 0; number < 4; ++number)
      if (!std::strcmp(order, names[number]))
        options.order = ptx::Order(number);
  options.seed = readNumber("ATTN_PTX_SEED", options.seed, 0, UINT32_MAX);
  hasGraphMemory = readNumber("ATTN_PTX_GRAPH_MEMORY", 1, 0, 1);
  devices.resize(readNumber("ATTN_PTX_DEVICES", 1, 1, 8));
  for (size_t number = 0; number < devices.size(); ++number)
    devices[number].primary.device = int(number);
}

std::vector<Context *> &currentContexts() {
  static thread_local std::vector<Context *> contexts;
  return contexts;
}

namespace {

struct NamedStatus {
  int status;
  const char *name, *text;
};
constexpr NamedStatus statuses[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {notInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {invalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {noBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {invalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {invalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {notFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS",
     "an illegal memory access was encountered"},
    {launchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "too many resources requested for launch"},
    {misalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {launchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {notSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {captureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {captureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
};

const NamedStatus *findStatus(int status) {
  for (const NamedStatus &named : statuses)
    if (named.status == status)
      return &named;
  return nullptr;
}

} // namespace

ATTN_CUDA_API cuInit(unsigned flags) {
  Driver &driver = Driver::get();
  std::lock_guard<std::mutex> lock(driver.mutex);
  if (flags)
    return invalidValue;
  driver.initialized = true;
  return success;
}

ATTN_CUDA_API cuDriverGetVersion(int *version) {
  if (!version)
    return invalidValue;
  *version = 13000;
  return success;
}

ATTN_CUDA_API cuGetErrorName(int status, const char **name) {
  const NamedStatus *named = findStatus(status);
  *name = named ? named->name : nullptr;
  return named ? success : invalidValue;
}

ATTN_CUDA_API cuGetErrorString(int status, const char **text) {
  const NamedStatus *named = findStatus(status);
  *text = named ? named->text : nullptr;
  return named ? success : invalidValue;
}

/// The newest version of an entry point has the highest number.
ATTN_CUDA_API cuGetProcAddress_v2(const char *symbol, void **function, int,
                                  uint64_t, int *status) {
  if (!symbol || !function)
    return invalidValue;
  Dl_info own;
  dladdr(reinterpret_cast<void *>(&cuInit), &own);
  void *library = dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  *function = nullptr;
  for (const char *suffix : {"_v2", ""})
    if (library && !*function)
      *function = dlsym(library, (std::string(symbol) + suffix).c_str());
  if (library)
    dlclose(library);
  if (status)
    *status = *function ? 0 : 1;
  return *function ? success : notFound;
}

ATTN_CUDA_API cuGetProcAddress(const char *symbol, void **function, int version,
                               uint64_t flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}

} // namespace attn::ptxdriver
