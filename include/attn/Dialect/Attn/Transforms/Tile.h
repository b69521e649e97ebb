//===- Tile.h - Attention as loops over tiles -------------------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H

#include "attn/Analysis/TilingPolicy.h"

namespace mlir::attn {

/// Replaces `op` by loops over tiles (see attn-tile in Passes.td). Fails, with
/// a remark that says why, where only the whole op can be lowered; `op` is then
/// unchanged.
LogicalResult tileAttention(AttentionOp op, RewriterBase &rewriter,
                            const TilingPolicy &policy);

/// Query heads that can share a tile.
int64_t getSharingHeads(AttentionOp op);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
