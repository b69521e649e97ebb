//===- SuiteSizes.h - The user's sizes, or a suite's own --------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_SUITESIZES_H
#define ATTN_TOOLS_ATTN_BENCH_SUITESIZES_H

#include "Attention.h"
#include "Suites.h"

namespace mlir::attn::bench {

using SizeList = std::vector<int64_t>;

inline SizeList getLengths(const Sizes &sizes, SizeList quick, SizeList own) {
  return !sizes.sequences.empty() ? sizes.sequences : sizes.quick ? quick : own;
}

inline SizeList getFeatures(const Sizes &sizes, SizeList own) {
  return sizes.features.empty() ? own : sizes.features;
}

/// Batch and heads; `heads` unless the user says how many.
inline AttentionShape makeShape(const Sizes &sizes, ::attn::DType type,
                                int64_t heads) {
  AttentionShape shape;
  shape.type = type;
  shape.batch = sizes.batch.value_or(1);
  shape.heads = sizes.heads.value_or(heads);
  shape.kvHeads = sizes.kvHeads.value_or(shape.heads);
  return shape;
}

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_SUITESIZES_H
