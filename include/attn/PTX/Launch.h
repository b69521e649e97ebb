//===- Launch.h - Modules of PTX, and their kernels run ---------*- C++ -*-===//

#ifndef ATTN_PTX_LAUNCH_H
#define ATTN_PTX_LAUNCH_H

#include "attn/PTX/Error.h"
#include "attn/PTX/Memory.h"

#include <optional>
#include <string>
#include <vector>

namespace attn::ptx {

struct Code;

struct Parameter {
  uint32_t offset, size;
};

/// A kernel of a loaded module; valid as long as that.
class Kernel {
public:
  explicit Kernel(const Code &code) : code(&code) {}

  const std::string &name() const;
  std::vector<Parameter> parameters() const;
  uint32_t parameterBytes() const;
  uint32_t staticSharedBytes() const;
  uint32_t localBytes() const;
  uint32_t maximumThreads() const;
  const Code &getCode() const { return *code; }

private:
  const Code *code;
};

/// Parsed and decoded PTX, its variables in the memory of a device.
class Module {
public:
  /// Throws Error. The memory must outlive the module.
  Module(const std::string &text, Memory &memory);
  ~Module();
  Module(const Module &) = delete;

  std::optional<Kernel> findKernel(const std::string &name) const;
  std::vector<std::string> kernelNames() const;
  /// Address and size of a variable; {0, 0} where there is none.
  std::pair<uint64_t, uint64_t> findVariable(const std::string &name) const;

private:
  struct Contents;
  std::unique_ptr<Contents> contents;
};

/// When asynchronous copies and wgmma do what they were told.
enum class Order {
  Eager,  // at once
  Lazy,   // at the wait, or when nothing else can go on; oldest first
  Random, // at some time, by the seed
  Hold,   // as late as synchronization allows, newest first
};

struct LaunchOptions {
  Order order = Order::Eager;
  uint32_t seed = 1;
  /// Races, what is in flight, what is uninitialized, proxies.
  bool watchSharedMemory = true;
  /// Instructions of warps; then it is an endless loop.
  uint64_t maximumSteps = uint64_t(1) << 36;
};

struct Size3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

struct LaunchCounts {
  uint64_t warpInstructions = 0, threadInstructions = 0;
};

/// Runs a grid, block after block. Throws Error.
LaunchCounts launch(const Kernel &kernel, Memory &memory, Size3 grid,
                    Size3 block, uint32_t dynamicSharedBytes,
                    const std::vector<uint8_t> &parameters,
                    const LaunchOptions &options);

} // namespace attn::ptx

#endif // ATTN_PTX_LAUNCH_H
