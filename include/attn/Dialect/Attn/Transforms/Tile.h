//===- Tile.h - Attention as loops over tiles -------------------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H

#include "attn/Analysis/KeyTileRange.h"

namespace mlir::attn {

/// How attention is cut into tiles.
struct TilingOptions {
  /// Queries and keys of a tile, 1 to 2^20. Lengths that are static and shorter
  /// make smaller tiles.
  TileSizes tile{96, 64};
  /// Where the number of queries is dynamic, tile a single one and a few apart.
  bool separateFewQueries = false;
  /// The caller knows that there are at most so many queries; 0 where not.
  int64_t maxQueries = 0;
  /// Keys that are attended to at once where none of them needs the mask; at
  /// least those of a tile.
  int64_t unmaskedKeys = 0;
};

/// Replaces `op` by loops over tiles (see attn-tile in Passes.td). Fails, with
/// a remark that says why, where only the whole op can be lowered; `op` is then
/// unchanged.
LogicalResult tileAttention(AttentionOp op, RewriterBase &rewriter,
                            const TilingOptions &options);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_TILE_H
