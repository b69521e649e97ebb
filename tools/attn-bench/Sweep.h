//===- Sweep.h - A case under many schedules --------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_SWEEP_H
#define ATTN_TOOLS_ATTN_BENCH_SWEEP_H

#include "Measure.h"

namespace mlir::attn::bench {

/// `given` with each schedule of attention on `type` that suits the machine,
/// the tiling policy's own first. What is given stays.
HostResult<std::vector<TargetOptions>> makeSchedules(const TargetOptions &given,
                                                     ::attn::DType type);

/// As options: `tile-query=96 tile-key=64 exp=auto schedule=stages=1`.
std::string toString(const TargetOptions &schedule);

/// Sorts the rows of one case: by threads, the fastest first. Each says how
/// many times longer it takes than the fastest.
void rankSchedules(std::vector<Row> &rows);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_SWEEP_H
