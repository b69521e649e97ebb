//===- Benchmark.h - How long a call takes ----------------------*- C++ -*-===//

#ifndef ATTN_RUN_BENCHMARK_H
#define ATTN_RUN_BENCHMARK_H

#include "attn/Run/Artifact.h"

#include <functional>

namespace mlir::attn {

struct Timing {
  int64_t runs = 0;
  /// Seconds: the middle one, and those that a tenth of the runs is below and
  /// above.
  double median = 0, low = 0, high = 0;
  /// The process's largest resident memory while it ran, in bytes, and how much
  /// of that came after the start. 0 where the system does not tell.
  int64_t peakBytes = 0, addedBytes = 0;
};

/// Runs `call` once to warm up, then for about `seconds`, at least five times.
HostResult<Timing> benchmark(const std::function<HostStatus()> &call,
                             double seconds);

} // namespace mlir::attn

#endif // ATTN_RUN_BENCHMARK_H
