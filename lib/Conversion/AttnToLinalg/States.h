//===- States.h - What the state ops share ----------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_STATES_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_STATES_H

#include "AttentionLoops.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// A state's operands, in canonical order.
struct State {
  ShapedOperand acc, max, sum;
};

/// Adds a state's dimensions to those that are equal.
void addState(SharedDims &dims, const State &state);

/// The loops of a state where query heads need no groups.
DimLoops getStateLoops();

/// Sizes where query heads need no groups.
LoopSizes resolveStateSizes(OpBuilder &builder, Location loc,
                            const SharedDims &dims);

void populateFinalizeStatePatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_STATES_H
