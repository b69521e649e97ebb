//===- TileClassEmitter.h - Code for the class of a tile --------*- C++ -*-===//
//===----------------------------------------------------------------------===//
// Writes the code that tells, when run, whether a tile of queries by keys holds
// attending pairs: the mask region evaluated on intervals of positions, a few
// scalar ops for a tile. Captured tensors enter as smallest and largest element
// of a block, from tables that are computed once, before the loops.
//
//     TileClassEmitter emitter(op, {64, 128});
//     if (emitter.isWorthwhile()) {
//       emitter.prepare(builder);                 // before all loops
//       ... in the loop over query tiles:
//       emitter.beginQueryTile(builder, b, h, firstQuery, lastQuery);
//       ... in the loop over key tiles, inside of it:
//       TileLogic mask = emitter.emit(builder, firstKey, lastKey);
//
// Positions are inclusive and lie on the grid of tiles: firstQuery is a
// multiple of tile.query, lastQuery < firstQuery + tile.query, both are within
// the length, and so for keys. A tile is not empty. Lengths are below 2^48.
//
// What the emitted code relies on: data that would make index arithmetic wrap,
// or reads leave a tensor, gives "not decided"; no read leaves a tensor (D21),
// and nothing is asserted: the region of a PARTIAL tile does that.
//===----------------------------------------------------------------------===//
#ifndef ATTN_ANALYSIS_EMISSION_TILECLASSEMITTER_H
#define ATTN_ANALYSIS_EMISSION_TILECLASSEMITTER_H

#include "attn/Analysis/KeyTileRange.h"

namespace mlir::attn {

/// Two i1 values. `any` false: no pair of the tile attends (EMPTY). `all` true:
/// all pairs attend (FULL). Otherwise apply the mask.
struct TileLogic {
  Value any, all;
};

/// Estimates in scalar operations.
struct TileClassCosts {
  int64_t perQueryTile = 0, perTile = 0; // of emitted code, with its reads
  int64_t apply = 0;                     // of the region on all pairs of a tile
  int64_t attend = 0;                    // of the products that EMPTY saves
};

class TileClassEmitter {
public:
  TileClassEmitter(AttentionOp op, TileSizes tile);
  ~TileClassEmitter();

  /// Whether emitted code can ever say more than PARTIAL.
  bool canDecide() const { return decides; }
  const TileClassCosts &getCosts() const { return costs; }
  /// canDecide(), and classifying costs less than a tile that is not skipped.
  /// (For one query the mask alone is cheap, but the tile is not.)
  bool isWorthwhile() const {
    return decides && costs.perTile < costs.apply + costs.attend;
  }

  /// Tables of captured tensors, O(size of the tensors) work. The insertion
  /// point dominates all later ones, and captured values dominate it.
  void prepare(OpBuilder &builder);
  /// What does not depend on keys. Values hold until the next call.
  void beginQueryTile(OpBuilder &builder, Value batch, Value head,
                      Value firstQuery, Value lastQuery);
  /// As often as wanted, wherever the last query tile's values are visible.
  TileLogic emit(OpBuilder &builder, Value firstKey, Value lastKey);

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation;
  bool decides = false;
  TileClassCosts costs;
};

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_EMISSION_TILECLASSEMITTER_H
