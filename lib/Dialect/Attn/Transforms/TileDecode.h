//===- TileDecode.h - Few queries apart from many -----------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEDECODE_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEDECODE_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Whether only a run can tell that `op` has few queries.
bool mayBeDecode(AttentionOp op);

/// Attention by the number of its queries.
struct ByNumberOfQueries {
  AttentionOp one;  // its types say so
  AttentionOp few;  // 0, or 2 to `maxQueries`
  AttentionOp many; // any number
};

/// Replaces `op` by branches. A model that decodes has one query a step, or a
/// few that it drafts and then verifies; tiles for them differ from those for
/// many.
ByNumberOfQueries separateDecode(AttentionOp op, int64_t maxQueries,
                                 RewriterBase &rewriter);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEDECODE_H
