//===- Launch.cpp - A grid, block after block -----------------------------===//

#include "attn/PTX/Launch.h"

#include "Block.h"

namespace attn::ptx {

static std::string describe(Size3 size) {
  return std::to_string(size.x) + " x " + std::to_string(size.y) + " x " +
         std::to_string(size.z);
}

static void checkThreads(const Code &code, Size3 block) {
  uint64_t threads = block.count();
  if (!threads || threads > 1024 || block.z > 64)
    throw Error(0, "expected 1 to 1024 threads in a block, got " +
                       describe(block));
  const uint32_t *required = code.requiredThreads;
  if (required[0] && (block.x != required[0] || block.y != required[1] ||
                      block.z != required[2]))
    throw Error(0, "expected blocks of " +
                       describe({required[0], required[1], required[2]}) +
                       " threads, as .reqntid says, got " + describe(block));
  const uint32_t *most = code.maximumThreads;
  if (most[0] && threads > uint64_t(most[0]) * most[1] * most[2])
    throw Error(0, "expected blocks of at most " +
                       describe({most[0], most[1], most[2]}) +
                       " threads, as .maxntid says, got " + describe(block));
}

LaunchCounts launch(const Kernel &kernel, Memory &memory, Size3 grid,
                    Size3 block, uint32_t dynamicSharedBytes,
                    const std::vector<uint8_t> &parameters,
                    const LaunchOptions &options) {
  const Code &code = kernel.getCode();
  checkThreads(code, block);
  if (!grid.count())
    throw Error(0, "expected at least one block, got " + describe(grid));
  if (parameters.size() != code.parameterBytes)
    throw Error(0, "expected " + std::to_string(code.parameterBytes) +
                       " bytes of parameters, got " +
                       std::to_string(parameters.size()));
  if (uint64_t(code.sharedBytes) + dynamicSharedBytes > maximumSharedBytes)
    throw Error(
        0, "expected at most " + std::to_string(maximumSharedBytes) +
               " bytes of shared memory, got " +
               std::to_string(uint64_t(code.sharedBytes) + dynamicSharedBytes));
  LaunchCounts counts;
  for (uint32_t z = 0; z < grid.z; ++z)
    for (uint32_t y = 0; y < grid.y; ++y)
      for (uint32_t x = 0; x < grid.x; ++x) {
        Block running(kernel, memory, grid, block, {x, y, z},
                      dynamicSharedBytes, parameters, options);
        running.run();
        counts.warpInstructions += running.steps;
        counts.threadInstructions += running.laneSteps;
      }
  return counts;
}

} // namespace attn::ptx
