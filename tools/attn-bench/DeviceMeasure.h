//===- DeviceMeasure.h - Measurements on a GPU ------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_DEVICEMEASURE_H
#define ATTN_TOOLS_ATTN_BENCH_DEVICEMEASURE_H

#include "DevicePeak.h"
#include "Measure.h"

namespace mlir::attn::bench {

/// Runs all cases in turn, each next to its peak, round after round, timed by
/// events. Tensors stay on the device. A case that does not run has a row that
/// says why.
std::vector<Row> measureOnDevice(std::vector<CompiledCase> &cases,
                                 const Device &device, DevicePeak &peak,
                                 const MeasureOptions &options);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_DEVICEMEASURE_H
