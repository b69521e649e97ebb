//===- UniformValues.h - Values of a tile, computed outside -----*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_UNIFORMVALUES_H
#define ATTN_LIB_ANALYSIS_EMISSION_UNIFORMVALUES_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// A value of the region as it is for given b and h. Where `valid` (i1, null:
/// always) is false, the region would read out of bounds, and `value` is some
/// value.
struct UniformValue {
  Value value, valid;
};

/// Copies what a mask region computes from b, h and captured values.
class UniformValues {
public:
  UniformValues(AttentionOp op, Value batch, Value head)
      : op(op), batch(batch), head(head) {}

  /// Nullopt for a value that depends on i or j, and for ops that are not
  /// known to be harmless where the region would not run.
  std::optional<UniformValue> get(OpBuilder &builder, Value value);

private:
  std::optional<UniformValue> compute(OpBuilder &builder, Value value);
  std::optional<UniformValue> copy(OpBuilder &builder, Operation *definition,
                                   Value result);
  AttentionOp op;
  Value batch, head;
  unsigned depth = 0;
  DenseMap<Value, std::optional<UniformValue>> values;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_UNIFORMVALUES_H
