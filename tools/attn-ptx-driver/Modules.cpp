//===- Modules.cpp - Modules, functions and variables ---------------------===//

#include "Driver.h"

#include <cstring>

namespace attn::ptxdriver {

namespace {

/// Where the text of an error goes: an option of the JIT compiler.
struct Log {
  char *buffer = nullptr;
  size_t size = 0;

  void write(const std::string &text) const {
    if (!buffer || !size)
      return;
    std::strncpy(buffer, text.c_str(), size);
    buffer[size - 1] = '\0';
  }
};

Log findLog(unsigned count, const int *options, void *const *values) {
  constexpr int errorLog = 5, errorLogSize = 6;
  Log log;
  for (unsigned number = 0; number < count; ++number) {
    if (options[number] == errorLog)
      log.buffer = static_cast<char *>(values[number]);
    if (options[number] == errorLogSize)
      log.size = reinterpret_cast<size_t>(values[number]);
  }
  return log;
}

/// Device code is text here; cubins are for devices.
bool isText(const char *image) {
  return std::memcmp(image, "\177ELF", 4) &&
         std::memcmp(image, "\x50\xed\x55\xba", 4);
}

int load(Module **module, const void *image, const Log &log) {
  return withContext([&](Driver &driver) {
    if (!module || !image)
      return invalidValue;
    if (!isText(static_cast<const char *>(image)))
      return noBinaryForGpu;
    try {
      auto *loaded =
          new Module(static_cast<const char *>(image),
                     currentDevice(driver).memory, currentContexts().back());
      driver.modules.insert(loaded);
      *module = loaded;
      return success;
    } catch (const ptx::Error &error) {
      log.write(std::string("error: ") + error.what());
      return invalidPtx;
    } catch (const std::bad_alloc &) {
      return outOfMemory;
    }
  });
}

int functionAttribute(const Function &function, int attribute, int &value) {
  switch (attribute) {
  case 0: // threads of a block
    value = function.kernel.maximumThreads();
    return success;
  case 1: // shared memory
    value = function.kernel.staticSharedBytes();
    return success;
  case 3: // local memory of a thread
    value = function.kernel.localBytes();
    return success;
  case 5: // versions of PTX and of the machine code
  case 6:
    value = 90;
    return success;
  case 8: // shared memory of a launch
    value = function.maximumDynamicShared;
    return success;
  default:
    value = 0;
    return attribute >= 0 && attribute < 16 ? success : invalidValue;
  }
}

} // namespace

ATTN_CUDA_API cuModuleLoadData(Module **module, const void *image) {
  return load(module, image, {});
}
ATTN_CUDA_API cuModuleLoadDataEx(Module **module, const void *image,
                                 unsigned count, int *options, void **values) {
  return load(module, image, findLog(count, options, values));
}
ATTN_CUDA_API cuModuleUnload(Module *module) {
  return withContext([&](Driver &driver) {
    if (!driver.modules.erase(module))
      return invalidHandle;
    for (const auto &[name, function] : module->functions)
      driver.functions.erase(function.get());
    delete module;
    return success;
  });
}
ATTN_CUDA_API cuModuleGetFunction(Function **function, Module *module,
                                  const char *name) {
  return withContext([&](Driver &driver) {
    if (!driver.modules.count(module))
      return invalidHandle;
    auto kernel = module->contents.findKernel(name);
    if (!kernel)
      return notFound;
    std::unique_ptr<Function> &slot = module->functions[name];
    if (!slot)
      slot.reset(new Function{*kernel, module->context});
    driver.functions.insert(slot.get());
    *function = slot.get();
    return success;
  });
}
ATTN_CUDA_API cuModuleGetGlobal_v2(uint64_t *address, size_t *size,
                                   Module *module, const char *name) {
  return withContext([&](Driver &driver) {
    if (!driver.modules.count(module))
      return invalidHandle;
    auto [at, bytes] = module->contents.findVariable(name);
    if (address)
      *address = at;
    if (size)
      *size = bytes;
    return at ? success : notFound;
  });
}

ATTN_CUDA_API cuFuncGetAttribute(int *value, int attribute,
                                 Function *function) {
  return withContext([&](Driver &driver) {
    if (!driver.functions.count(function))
      return invalidHandle;
    return functionAttribute(*function, attribute, *value);
  });
}
ATTN_CUDA_API cuFuncSetAttribute(Function *function, int attribute, int value) {
  return withContext([&](Driver &driver) {
    constexpr int dynamicShared = 8, most = 227 * 1024;
    if (!driver.functions.count(function))
      return invalidHandle;
    if (attribute != dynamicShared)
      return success;
    if (value < 0 || value + int(function->kernel.staticSharedBytes()) > most)
      return invalidValue;
    function->maximumDynamicShared = value;
    return success;
  });
}
ATTN_CUDA_API cuFuncSetCacheConfig(Function *, int) {
  return withContext([&](Driver &) { return success; });
}
ATTN_CUDA_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                          Function *function,
                                                          int, size_t) {
  return withContext([&](Driver &driver) {
    *blocks = 1;
    return driver.functions.count(function) ? success : invalidHandle;
  });
}

} // namespace attn::ptxdriver
