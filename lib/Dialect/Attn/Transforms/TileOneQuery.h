//===- TileOneQuery.h - One query apart from many ---------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEONEQUERY_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEONEQUERY_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include <array>

namespace mlir::attn {

/// Whether only a run can tell that `op` has one query.
bool mayHaveOneQuery(AttentionOp op);

/// Replaces `op` by a branch: one attention whose types say that there is one
/// query, and another for any number of them. A model that decodes has one
/// query a step, and a tile for it differs from one for many.
std::array<AttentionOp, 2> separateOneQuery(AttentionOp op,
                                            RewriterBase &rewriter);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEONEQUERY_H
