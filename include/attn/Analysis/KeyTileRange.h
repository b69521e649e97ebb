//===- KeyTileRange.h - Key tiles that a query tile meets -------*- C++ -*-===//

#ifndef ATTN_ANALYSIS_KEYTILERANGE_H
#define ATTN_ANALYSIS_KEYTILERANGE_H

#include "attn/Analysis/MaskSets.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/IntegerSet.h"

namespace mlir::attn {

/// Sizes of a tile in query and key positions; tile I of size T holds the
/// positions I * T .. min(I * T + T, length) - 1.
struct TileSizes {
  int64_t query = 64, key = 64;
};

/// Dimensions of the maps below: b, h, and the index I of the query tile.
enum KeyTileDim : unsigned { TileBatch, TileHead, TileQuery };
constexpr unsigned numKeyTileDims = 3;

/// The key tiles J with max(lower) <= J < min(upper), and none where `guard`
/// does not hold. All three are over d0 = b, d1 = h, d2 = I and the symbols of
/// the mask. Bounds may leave [0, number of key tiles) only where the range is
/// empty: lower is never negative.
struct KeyTileRange {
  AffineMap lower, upper;
  IntegerSet guard; // null: always
  /// A range of tiles of a set is the smallest one that contains them, as far
  /// as rational arithmetic tells: proved equal to the set's tiles?
  bool exact = false;
};

/// The tiles that `part` meets: every such tile is in the range. `reading`
/// gives symbols and lengths.
KeyTileRange getKeyTileRange(const MaskConjunction &part,
                             const MaskReading &reading, TileSizes tile,
                             MaskEffort &effort);

/// What holds of b, h, I and the symbols: each expression is at least 0.
SmallVector<AffineExpr> getTileContext(const MaskReading &reading,
                                       TileSizes tile);

/// Whether no integers satisfy all of these constraints, over `numDims` and
/// `numSymbols`. False also where that would be expensive to tell.
bool isInfeasible(const MaskConjunction &constraints, unsigned numDims,
                  unsigned numSymbols, MLIRContext *context,
                  MaskEffort &effort);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_KEYTILERANGE_H
