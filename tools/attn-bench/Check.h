//===- Check.h - Whether cases compute what they should ---------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_CHECK_H
#define ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_CHECK_H

#include "Case.h"
#include "attn/Driver/Driver.h"
#include "attn/Run/Device.h"

namespace mlir::attn::bench {

/// Compiles the small form of each case and compares its outputs with the
/// oracle's. Prints a line for each; fails when one differs or cannot be
/// compared.
LogicalResult checkCases(ArrayRef<Case> cases, const CompileOptions &options,
                         MLIRContext &context, std::shared_ptr<Device> device);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_CHECK_H
