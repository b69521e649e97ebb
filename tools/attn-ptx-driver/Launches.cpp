//===- Launches.cpp - Kernels are run -------------------------------------===//

#include "Driver.h"

#include <cstdio>
#include <cstring>

namespace attn::ptxdriver {

namespace {

/// What a device makes of a mistake.
int statusOf(const std::string &what) {
  if (what.find("out of bounds") != std::string::npos ||
      what.find("writes constant memory") != std::string::npos)
    return illegalAddress;
  if (what.find("misaligned") != std::string::npos)
    return misalignedAddress;
  return launchFailed;
}

/// By pointers, or as one buffer: `extra` is {1, buffer, 2, &size, 0}.
bool collect(const ptx::Kernel &kernel, void **pointers, void **extra,
             std::vector<uint8_t> &bytes) {
  bytes.resize(kernel.parameterBytes());
  if (extra) {
    const void *buffer = nullptr;
    size_t size = 0;
    for (; *extra; extra += 2) {
      if (*extra == reinterpret_cast<void *>(1))
        buffer = extra[1];
      else if (*extra == reinterpret_cast<void *>(2))
        size = *static_cast<size_t *>(extra[1]);
    }
    if (!buffer || size < bytes.size())
      return bytes.empty();
    std::memcpy(bytes.data(), buffer, bytes.size());
    return true;
  }
  std::vector<ptx::Parameter> parameters = kernel.parameters();
  if (!pointers)
    return parameters.empty();
  for (size_t number = 0; number < parameters.size(); ++number)
    std::memcpy(bytes.data() + parameters[number].offset, pointers[number],
                parameters[number].size);
  return true;
}

int run(Driver &driver, const Function &function, ptx::Size3 grid,
        ptx::Size3 block, unsigned shared, const std::vector<uint8_t> &bytes) {
  const ptx::Kernel &kernel = function.kernel;
  Device &device = driver.devices[function.context->device];
  try {
    ptx::launch(kernel, device.memory, grid, block, shared, bytes,
                driver.options);
  } catch (const ptx::Error &error) {
    // As on a device, it is the next call that hears of it.
    std::fprintf(stderr, "libcuda: %s: %s\n", kernel.name().c_str(),
                 error.what());
    device.failure = statusOf(error.what());
  } catch (const std::bad_alloc &) {
    return launchOutOfResources;
  }
  return success;
}

int launch(Driver &driver, Stream *stream, Function *function, ptx::Size3 grid,
           ptx::Size3 block, unsigned shared, void **pointers, void **extra) {
  if (!driver.functions.count(function) ||
      function->context != currentContexts().back() ||
      !isUsable(driver, stream))
    return invalidHandle;
  std::vector<uint8_t> bytes;
  const ptx::Kernel &kernel = function->kernel;
  if (!grid.count() || grid.y > 65535 || grid.z > 65535 || !block.count() ||
      block.z > 64 || shared > function->maximumDynamicShared ||
      block.count() > kernel.maximumThreads() ||
      !collect(kernel, pointers, extra, bytes))
    return invalidValue;
  if (Graph *graph = getCapture(driver, stream)) {
    graph->nodes.push_back([=](Driver &later) {
      return run(later, *function, grid, block, shared, bytes);
    });
    return success;
  }
  return run(driver, *function, grid, block, shared, bytes);
}

/// The fields of CUlaunchConfig.
struct LaunchConfig {
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, shared;
  Stream *stream;
  const void *attributes;
  unsigned attributeCount;
};

} // namespace

ATTN_CUDA_API cuLaunchKernel(Function *function, unsigned gridX, unsigned gridY,
                             unsigned gridZ, unsigned blockX, unsigned blockY,
                             unsigned blockZ, unsigned shared, Stream *stream,
                             void **pointers, void **extra) {
  return withContext([&](Driver &driver) {
    return launch(driver, stream, function, {gridX, gridY, gridZ},
                  {blockX, blockY, blockZ}, shared, pointers, extra);
  });
}

/// Attributes ask for what is so anyway, but for clusters of several blocks.
ATTN_CUDA_API cuLaunchKernelEx(const LaunchConfig *config, Function *function,
                               void **pointers, void **extra) {
  return withContext([&](Driver &driver) {
    struct Attribute { // 8 bytes for its number, 64 for its value
      int number, padding;
      unsigned value[16];
    };
    constexpr int clusterDimension = 4;
    const auto *attributes = static_cast<const Attribute *>(config->attributes);
    for (unsigned number = 0; number < config->attributeCount; ++number) {
      const unsigned *value = attributes[number].value;
      if (attributes[number].number == clusterDimension &&
          (value[0] != 1 || value[1] != 1 || value[2] != 1))
        return notSupported;
    }
    return launch(driver, config->stream, function,
                  {config->gridX, config->gridY, config->gridZ},
                  {config->blockX, config->blockY, config->blockZ},
                  config->shared, pointers, extra);
  });
}

} // namespace attn::ptxdriver
