//===- ArithmeticPeak.h - How fast a kernel computes ------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_ARITHMETICPEAK_H
#define ATTN_TOOLS_ATTN_BENCH_ARITHMETICPEAK_H

#include "Clock.h"
#include "Threads.h"

#include <cstdint>
#include <vector>

namespace mlir::attn::bench {

using ArithmeticKernel = void(int64_t iterations, void *operands);

/// Measures one of the kernels of PeakKernels.h.
class ArithmeticPeak {
public:
  /// What a thread's memory holds before the kernel runs.
  enum class Operands { F32, F64, Tiles };

  ArithmeticPeak() = default;
  ArithmeticPeak(ArithmeticKernel *kernel, double flopsPerIteration,
                 Operands operands)
      : kernel(kernel), flopsPerIteration(flopsPerIteration),
        operands(operands) {}

  /// FLOP/s of `threads` threads together.
  double measure(unsigned threads, const ThreadTeam &team, const Clock &clock);

private:
  /// Three vectors, or the configuration of the tiles, on cache lines of its
  /// own.
  struct alignas(64) Memory {
    char bytes[3 * 64] = {};
  };
  void prepare(unsigned threads);
  void chooseTurns(const Clock &clock);

  ArithmeticKernel *kernel = nullptr;
  double flopsPerIteration = 0;
  Operands operands = Operands::F32;
  /// Iterations that take a piece of a measurement.
  int64_t iterations = 0;
  std::vector<Memory> memory;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_ARITHMETICPEAK_H
