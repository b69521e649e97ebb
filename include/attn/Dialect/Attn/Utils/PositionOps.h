//===- PositionOps.h - Predicates and score modifiers as arith --*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_UTILS_POSITIONOPS_H
#define ATTN_DIALECT_ATTN_UTILS_POSITIONOPS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// Predicates and score modifiers (PositionOpInterface) -> arith, math and
/// guarded reads, in place.
void populatePositionOpPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_UTILS_POSITIONOPS_H
