//===- ContractionLoops.h - The loops around products -----------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTIONLOOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTIONLOOPS_H

#include "Contraction.h"
#include "attn/Analysis/TilingPolicy.h"

namespace mlir::attn {

struct Patches;

/// Tiles one contraction over its result, together with the elementwise ops
/// that follow it.
class ContractionLoops {
public:
  ContractionLoops(const Contraction &contraction, RewriterBase &rewriter,
                   const TilingPolicy &policy);

  /// Puts the loops in the place of all ops that they compute.
  void replace();
  std::string describe() const;
  size_t countFollowers() const { return followers.size(); }

private:
  using FoldResults = SmallVector<OpFoldResult>;
  /// A part of an iteration space, by loop.
  struct Tile {
    FoldResults offsets, sizes;
  };
  /// A slice of a tensor of which two dimensions, or one, are kept.
  struct Matrix {
    Value value;
    bool isTransposed;
    FoldResults offsets, sizes; // of the slice
  };

  bool isReadInPlace() const;
  int64_t getWidthForFewRows(int64_t columns, int64_t batches) const;
  ProductPanels getPanels() const;
  void chooseBlocks();
  bool isSmall() const;
  std::optional<ArrayAttr> getMapping() const;
  Value isSmallWhenRun();
  void chooseSteps();
  linalg::LinalgOp getLast() const;
  Value getDestination() const;

  void buildTile(ValueRange position, Value shared);
  Tile getTile(ValueRange position);
  Tile getLoopTile(const Tile &tile, bool isLocal);
  Tile locate(AffineMap map, const Tile &tile);
  Value extract(Value tensor, const Tile &slice);
  Value extract(Value tensor, AffineMap map, const Tile &tile);
  Value extractKept(Value tensor, const Tile &tile, ArrayRef<unsigned> kept);
  Value gatherKept(const Patches &patches, const Tile &tile,
                   ArrayRef<unsigned> kept);
  Matrix extractMatrix(Value tensor, AffineMap map, const Tile &loops,
                       std::optional<unsigned> row, unsigned column);
  Value extractPanels(const Tile &loops);
  Value createEmpty(const Tile &tile, Type element);
  Value createSum(Value slice, const Tile &tile);
  Value contract(Value sum, const Tile &tile);
  Value addProducts(Value acc, Tile loops);
  Value addProduct(Value acc, const Tile &loops);
  Value follow(linalg::GenericOp op, Value before, Value product, Value slice,
               const Tile &tile);

  Contraction c;
  const TilingPolicy &policy;
  RewriterBase &b;
  Location loc;
  /// Elementwise ops on the product, each on the result of the one before.
  SmallVector<linalg::GenericOp> followers;
  AffineMap out;
  FoldResults ranges;          // of the contraction's loops
  SmallVector<int64_t> blocks; // of the result's dimensions
  FoldResults steps;           // blocks, or all where that is little
  OpFoldResult zero, one;
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTIONLOOPS_H
