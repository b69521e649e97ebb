//===- ShapePatterns.h - Sizes out of control flow ------------------------===//

#ifndef ATTN_LIB_TARGET_ARTIFACT_SHAPEPATTERNS_H
#define ATTN_LIB_TARGET_ARTIFACT_SHAPEPATTERNS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// In a function of which only shapes matter: each tensor that a loop carries
/// is replaced by its sizes, which the loop then carries instead. What stands
/// for the tensor is an `unrealized_conversion_cast` from its dynamic sizes, of
/// which every use but a `tensor.dim` still counts as a use of data.
void carrySizesThroughLoops(func::FuncOp function);

/// Takes `tensor.dim` through those casts and into the branches of `scf.if`.
void populateShapePatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_ARTIFACT_SHAPEPATTERNS_H
