//===- TileRegions.h - Regions of attention in tiles ------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEREGIONS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEREGIONS_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// Copies of the score and mask regions of an attention that tiles can copy
/// again: ops on positions are expanded, and what they read is checked once,
/// before the attention. Goes away with this object.
class TileableRegions {
public:
  TileableRegions(AttentionOp op, RewriterBase &rewriter);
  ~TileableRegions();
  TileableRegions(const TileableRegions &) = delete;

  /// What keeps the regions from running in tiles; empty if nothing does.
  std::string getObstacle();
  /// Goes away with the checks before the attention as well.
  void discard();

  Region &getScore() { return copy.getScore(); }
  Region &getMask() { return copy.getMask(); }

private:
  RewriterBase &rewriter;
  AttentionOp copy;
  Operation *before; // what precedes the checks, or null
};

/// One region at one query tile: b is known, and h where the tile has one head;
/// what depends on nothing but them is computed once, where this object is
/// made.
class TileRegion {
public:
  TileRegion(OpBuilder &builder, Region &region, Value batch, Value firstHead,
             bool hasOneHead);

  /// Copies the region to `to`, an empty region of a tile's op, whose positions
  /// i and j count from `firstQuery` and `firstKey`. Of a score region only the
  /// first yielded value: the second is for a scores result.
  void copyTo(OpBuilder &builder, Region &to, Value firstQuery,
              Value firstKey) const;

private:
  Region &region;
  Value firstHead;
  IRMapping known;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEREGIONS_H
