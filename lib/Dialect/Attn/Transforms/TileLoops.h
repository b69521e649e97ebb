//===- TileLoops.h - The loops over tiles -----------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H

#include "TileRegions.h"
#include "attn/Analysis/Emission/KeyTileLoops.h"
#include "attn/Analysis/Emission/TileClassEmitter.h"
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "attn/Dialect/Attn/Transforms/Tile.h"
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"

namespace mlir::attn {

/// A mask that looks at the head.
bool masksByHead(AttentionOp op);

/// Writes one attention as loops over tiles.
class TileLoops {
public:
  /// At most `maxQueries` are known of the op; 0 where nothing is.
  TileLoops(AttentionOp op, TileableRegions &regions, OpBuilder &builder,
            const TilingPolicy &policy, int64_t maxQueries);

  /// Builds them; what replaces the results of the op.
  SmallVector<Value> build();
  /// What was built, for people.
  std::string describe() const;

private:
  using Values = SmallVector<Value>;
  using FoldResults = SmallVector<OpFoldResult>;
  struct KeyTile {
    Value first;
    OpFoldResult size;
    Value key, value; // slices
  };

  TileSizes fit() const;
  int64_t chooseHeads() const;
  OpFoldResult size(Loop loop) const {
    return sizes[static_cast<unsigned>(loop)];
  }
  Value one() { return constantIndex(b, loc, 1); }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands);
  Value toValue(OpFoldResult result);
  Value getLast(Value first, OpFoldResult size);
  OpFoldResult remaining(int64_t tile, Value offset, OpFoldResult end);
  /// Of the tile at `offset` of a loop: constant where every tile is whole.
  OpFoldResult getTileSize(int64_t tile, Value offset, Loop loop,
                           OpFoldResult end);

  OpFoldResult getQueryHeads();
  FoldResults getBounds();
  std::optional<int64_t> countMultiplyAdds();
  Value createOutput(Value result, DenseI64ArrayAttr layout);
  void placeQueryTile(ValueRange position);
  static Slice inLayout(const Slice &canonical, DenseI64ArrayAttr layout);
  Value extract(Value tensor, DenseI64ArrayAttr layout, const Slice &canonical);
  Slice getQuerySlice(OpFoldResult features) const;

  /// The state of the query tile after all of its keys, or those of `part`.
  Values attendToKeys();
  Value moveToScratch(Value tensor);
  Values initialize(FoldResults rows, bool inScratch);
  KeyTile getKeyTile(Value first, OpFoldResult size);
  void clip(KeyTileLoop &loop);
  Values visitKeys(const KeyTileLoop &loop, ValueRange state);
  Values attendByClass(const KeyTile &key, ValueRange state);
  Values attend(const KeyTile &key, bool needsMask, ValueRange state);
  FinalizeStateOp finalize(ValueRange state, FoldResults rows, Value sink);
  void finish(ValueRange state, ValueRange outputs);
  void insertInParallel(ValueRange sources, ValueRange outputs,
                        ArrayRef<Slice> slices);

  // Split-KV: see SplitKV.cpp.
  bool shouldSplitKeys();
  void placeParts();
  Values buildParts();
  Slice getPartSlice(OpFoldResult features);
  Values mergeParts(ValueRange states);
  Values finishParts(ValueRange states);

  AttentionOp op;
  TileableRegions &regions;
  OpBuilder &b;
  Location loc;
  const TilingPolicy &policy;
  LoopSizes sizes;
  int64_t maxQueries; // known of the op; 0 where none
  TileSizes wanted, tile;
  int64_t unmaskedKeys, maskedKeys; // of one attend
  /// Query heads of a tile, all of one kv head.
  int64_t heads;
  MaskAnalysis analysis;
  /// Set where tiles are classified when run.
  std::optional<TileClassEmitter> classes;
  // The query tile that is being built; `head` is its first one.
  Value batch, head, kvHead, queryTile, firstQuery, query;
  OpFoldResult rows;
  // Where keys are split: how many parts, of how many key tiles, and the one
  // that is being built.
  Value numParts, tilesOfPart, part;
  std::optional<TileRegion> scoreRegion, maskRegion;
  /// Loops over key tiles, without and with the mask.
  unsigned numFull = 0, numPartial = 0;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_TILELOOPS_H
