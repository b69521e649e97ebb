//===- LinearSizes.h - Sizes of linear attention ----------------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_UTILS_LINEARSIZES_H
#define ATTN_DIALECT_ATTN_UTILS_LINEARSIZES_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"

namespace mlir::attn {

/// `group` query heads share a kv head; attributes where static.
struct LinearSizes {
  OpFoldResult batches, queryHeads, kvHeads, group, tokens, features,
      valueFeatures;
};

/// The sizes of the op, with run-time checks of what is not known to be equal.
LinearSizes resolveLinearSizes(LinearAttentionOp op, OpBuilder &builder);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_UTILS_LINEARSIZES_H
