//===- Reductions.h - Reductions that one thread does -----------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_REDUCTIONS_H
#define ATTN_LIB_TARGET_GPU_REDUCTIONS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {

/// Replaces `op`, whose parallel loops come first, by a parallel loop whose
/// turns reduce to one element of each result, in registers. Sums are taken in
/// blocks, and what adding a block loses is added in the end. Fails, with
/// nothing done, where results lie otherwise.
LogicalResult convertReduction(RewriterBase &rewriter, linalg::GenericOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_REDUCTIONS_H
