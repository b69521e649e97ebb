//===- Tile.h - Attention as loops over tiles -------------------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H

#include "attn/Analysis/TilingPolicy.h"

namespace mlir::attn {

/// Replaces `op` by loops over tiles (see attn-tile in Passes.td). Fails, with
/// a remark that says why, where only the whole op can be lowered; `op` is then
/// unchanged. Few queries are told from many when it runs, if only then their
/// number is known, unless `maxQueries` says how many there are at most; 0
/// where any.
LogicalResult tileAttention(AttentionOp op, RewriterBase &rewriter,
                            const TilingPolicy &policy,
                            std::optional<int64_t> maxQueries = std::nullopt);

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

/// Query heads that can share a tile.
int64_t getSharingHeads(AttentionOp op);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
