//===- AttentionInputs.h - Query, key and value, and sizes they share -----===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONINPUTS_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONINPUTS_H

#include "AttentionLoops.h"

namespace mlir::attn {

struct AttentionInputs {
  ShapedOperand query, key, value;
};

/// Of an AttentionOp or an AttendOp.
template <typename OpTy> AttentionInputs getAttentionInputs(OpTy op) {
  return {ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr()),
          ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr()),
          ShapedOperand::get("value", op.getValue(), op.getValueLayoutAttr())};
}

/// Dimensions that are equal (C1 .. C11), by what they are. Holds references to
/// the operands.
struct SharedDims {
  SharedDims() = default;
  explicit SharedDims(const AttentionInputs &inputs);

  /// Adds the batch, query head and query dimensions of an operand or result.
  void addRows(const ShapedOperand &operand);

  /// The sizes, with run-time checks of what is not known to be equal.
  LoopSizes resolve(OpBuilder &builder, Location loc) const;

  SmallVector<OperandDim> batch, queryHeads, kvHeads, queries, keys, features,
      valueFeatures;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONINPUTS_H
