//===- TileLoops.h - The loops over tiles -----------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H

#include "TileKeys.h"
#include "TileRegions.h"
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"

namespace mlir::attn {

/// Writes one attention as loops over tiles.
class TileLoops {
public:
  TileLoops(AttentionOp op, TileableRegions &regions, OpBuilder &builder,
            TileSizes tile);

  /// Builds them; what replaces the results of the op.
  SmallVector<Value> build();

private:
  using Values = SmallVector<Value>;
  using FoldResults = SmallVector<OpFoldResult>;
  /// Offsets and sizes in the dimensions of a tensor.
  struct Slice {
    FoldResults offsets, sizes;
  };

  OpFoldResult size(Loop loop) const {
    return sizes[static_cast<unsigned>(loop)];
  }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands);
  Value toValue(OpFoldResult result);
  OpFoldResult remaining(int64_t tile, Value offset, OpFoldResult end);

  FoldResults getBounds();
  Value createOutput(Value result, DenseI64ArrayAttr layout);
  void placeQueryTile(ValueRange position);
  Slice inLayout(const Slice &canonical, DenseI64ArrayAttr layout);
  Value extract(Value tensor, DenseI64ArrayAttr layout, const Slice &canonical);
  Slice getQuerySlice(OpFoldResult features) const;

  void buildQueryTile(ValueRange outputs);
  Values initialise();
  Values visitKeys(Value query, const KeyTileRun &run, ValueRange state);
  Values attend(Value query, Value firstKey, OpFoldResult keys, bool needsMask,
                ValueRange state);
  void finish(ValueRange state, ValueRange outputs);

  AttentionOp op;
  TileableRegions &regions;
  OpBuilder &b;
  Location loc;
  LoopSizes sizes;
  TileSizes tile;
  MaskAnalysis analysis;
  // The query tile that is being built.
  Value batch, head, kvHead, queryTile, firstQuery;
  OpFoldResult rows;
  std::optional<TileRegion> scoreRegion, maskRegion;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H
