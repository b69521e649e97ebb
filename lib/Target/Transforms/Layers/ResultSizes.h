//===- ResultSizes.h - The sizes of what a segment computes -----*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_LAYERS_RESULTSIZES_H
#define ATTN_LIB_TARGET_TRANSFORMS_LAYERS_RESULTSIZES_H

#include "Segment.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// Computes sizes of a segment's tensors, before it, of what flows in.
class ResultSizes {
public:
  ResultSizes(const Segment &segment, OpBuilder &builder)
      : segment(segment), b(builder) {}

  /// The dynamic sizes of `tensor`, or failure where they depend on more than
  /// sizes and numbers.
  FailureOr<SmallVector<Value>> getDynamicSizes(Value tensor);

private:
  FailureOr<Value> getSize(Value tensor, int64_t dimension);
  FailureOr<Value> getBranchSize(scf::IfOp branch, unsigned result,
                                 int64_t dimension);
  FailureOr<Value> getProduct(Value tensor, ArrayRef<int64_t> dimensions);
  FailureOr<Value> getSize(OpFoldResult size);
  FailureOr<Value> getNumber(Value number);
  FailureOr<Value> compute(Operation *op);

  const Segment &segment;
  OpBuilder &b;
  DenseMap<Value, Value> known;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_LAYERS_RESULTSIZES_H
