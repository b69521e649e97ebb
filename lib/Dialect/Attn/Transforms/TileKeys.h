//===- TileKeys.h - The key tiles that a query tile visits ------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEKEYS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEKEYS_H

#include "attn/Analysis/MaskAnalysis.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// A run of key tiles, [lower, upper), as index values: 0 <= lower, and upper
/// is at most the number of key tiles. Empty where lower >= upper.
struct KeyTileRun {
  Value lower, upper;
  bool needsMask;
};

/// Where a query tile stands: b, h, and its index I, and the lengths.
struct QueryTilePoint {
  Value batch, head, tile;
  OpFoldResult queryLength, keyLength;
};

/// The runs of key tiles that the query tile at `point` visits, in order.
SmallVector<KeyTileRun> emitKeyTileRuns(OpBuilder &builder, AttentionOp op,
                                        const MaskAnalysis &analysis,
                                        const QueryTilePoint &point);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILEKEYS_H
