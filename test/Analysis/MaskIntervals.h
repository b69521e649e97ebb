//===- MaskIntervals.h - A mask region on intervals -------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
// Evaluates a mask region for a whole tile at once: positions are intervals,
// captured tensors enter as the smallest and largest element of a block. The
// answer is certain (EMPTY, FULL) or open (PARTIAL), for any region: an op that
// is not known gives every value of its type. What the emitted code is measured
// by: index arithmetic wraps as it does at run time, and data may decide.
//===----------------------------------------------------------------------===//

#ifndef ATTN_TEST_ANALYSIS_MASKINTERVALS_H
#define ATTN_TEST_ANALYSIS_MASKINTERVALS_H

#include "attn/Analysis/MaskAnalysis.h"

namespace mlir::attn::test {

/// Bounds of the elements of `captured` with indices in these intervals (which
/// may reach beyond its size: what is read there does not exist), as signed
/// numbers, i1 as 0 and 1. Scalars have no indices. Nullopt: not known.
using ReadInterval = function_ref<std::optional<Interval>(
    Value captured, ArrayRef<Interval> indices)>;

/// EMPTY, FULL, or PARTIAL for "not decided", for b, h, i and j in `box`. The
/// mask of `op` is an ExpandedMask's.
TileClass classifyByIntervals(AttentionOp op, ArrayRef<Interval> box,
                              ReadInterval read);

} // namespace mlir::attn::test

#endif // ATTN_TEST_ANALYSIS_MASKINTERVALS_H
