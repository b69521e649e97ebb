//===- AttentionSizes.h - Query, key and value, and sizes they share ------===//
// Attention runs over (batch, kv head, head in group, query, key) and the
// features: the sizes of these loops, from operands and results whose equal
// dimensions are checked.
//===----------------------------------------------------------------------===//
#ifndef ATTN_DIALECT_ATTN_UTILS_ATTENTIONSIZES_H
#define ATTN_DIALECT_ATTN_UTILS_ATTENTIONSIZES_H

#include "attn/Dialect/Attn/Utils/Building.h"
#include <array>

namespace mlir::attn {

/// Query head h is head h mod Group of kv head h floordiv Group. Feature is of
/// query and key, ValueFeature of value and output.
enum class Loop : unsigned {
  Batch,
  KvHead,
  Group,
  Query,
  Key,
  Feature,
  ValueFeature
};
constexpr unsigned numLoops = 7;

/// Sizes by loop: attributes where static.
using LoopSizes = std::array<OpFoldResult, numLoops>;

/// Of sizes that are all constant and fit into 64 bits together.
std::optional<int64_t> getConstantProduct(ArrayRef<OpFoldResult> sizes);

/// A dimension of an operand or result.
struct OperandDim {
  const ShapedOperand *operand;
  int64_t dim;

  int64_t getStaticSize() const {
    return attn::getSize(operand->type, operand->layout, dim);
  }
};

/// The one size of dimensions that are equal: static if one of them is. What is
/// not known to be equal is checked at run time. The first is an operand's.
OpFoldResult resolveSize(OpBuilder &builder, Location loc,
                         ArrayRef<OperandDim> equal);

/// Queries per kv head. Checked at run time where not static: the kv heads
/// divide the query heads.
OpFoldResult resolveGroup(OpBuilder &builder, Location loc,
                          OpFoldResult queryHeads, OpFoldResult kvHeads);

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

#endif // ATTN_DIALECT_ATTN_UTILS_ATTENTIONSIZES_H
