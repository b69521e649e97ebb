//===- MaskAnalysis.h - What a mask means for tiles -------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
// Reads the mask region of an attention once and answers, for tiles of T_q
// queries by T_k keys: which key tiles a query tile has to visit, which of
// these need no mask, and what is proved of the whole mask.
//
//     MaskAnalysis analysis(op, {64, 128});
//     for (const KeyTileRange &range : analysis.getAttendedTiles()) ...
//
// How a pass uses it, for query tile I of batch b and head h:
// - visit the tiles of getAttendedTiles(), each tile once (the ranges of a
//   union may overlap: sort them by `lower` and start each where those before
//   it end, or see getSegments, which does);
// - a tile in none of getMaskedTiles() is FULL: no mask code;
// - every other one is PARTIAL: apply the region;
// - where noRowIsEmpty() holds, rows need no guard against a sum of 0.
// A mask that is not understood has one range, all tiles, all PARTIAL.
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_MASKANALYSIS_H
#define ATTN_ANALYSIS_MASKANALYSIS_H

#include "attn/Analysis/Interval.h"
#include "attn/Analysis/KeyTileRange.h"

namespace mlir::attn {

/// EMPTY: no pair attends. FULL: all pairs attend. Pairs are those within the
/// lengths; a tile without any is EMPTY.
enum class TileClass { Empty, Partial, Full };
StringRef stringify(TileClass tileClass);

/// Values for what is symbolic: b, h, and one for each symbol of the reading
/// (those of static lengths do not matter).
struct MaskPoint {
  int64_t batch = 0, head = 0;
  SmallVector<int64_t> symbols;
};

/// The key tiles begin .. end - 1, of one class (never Empty).
struct KeyTileSegment {
  int64_t begin, end;
  TileClass tileClass;
};

class MaskAnalysis {
public:
  /// Tile sizes are in [1, 2^20].
  MaskAnalysis(AttentionOp op, TileSizes tile, const MaskLimits &limits = {});

  const MaskReading &getReading() const { return reading; }
  /// What is left of MaskLimits::effort.
  const MaskEffort &getEffort() const { return effort; }
  TileSizes getTileSizes() const { return tile; }

  /// The whole region was understood, and the sets below are equal to it.
  bool isExact() const { return attended.exact && masked.exact; }

  /// Supersets of the pairs that attend, and of those that do not; a subset of
  /// those that attend. Over d0 .. d3 = b, h, i, j and the symbols.
  const MaskUnion &getAttended() const { return attended; }
  const MaskUnion &getMasked() const { return masked; }
  const MaskUnion &getCertain() const { return certain; }

  /// For each query tile, key tiles that cover every attending pair; and key
  /// tiles that cover every pair that does not attend.
  ArrayRef<KeyTileRange> getAttendedTiles() const { return attendedTiles; }
  ArrayRef<KeyTileRange> getMaskedTiles() const { return maskedTiles; }

  /// Proofs, for all positions and symbols: every pair attends; none does.
  bool allAttend() const { return masked.parts.empty(); }
  bool noneAttends() const { return attended.parts.empty(); }
  /// Each query attends to a key, whatever the symbols: where there are keys
  /// at all (Sk >= 1), or unconditionally. Proved when asked for, with what is
  /// left of the effort.
  bool noRowIsEmptyIfKeys();
  bool noRowIsEmpty();

  /// The class of tile (I, J): exact if isExact() and while `effort` lasts,
  /// else EMPTY and FULL are certain and PARTIAL means anything.
  TileClass classify(const MaskPoint &at, int64_t queryTile, int64_t keyTile,
                     MaskEffort &effort) const;
  /// The visits of a query tile from the closed forms: in ascending order,
  /// disjoint, within the lengths.
  SmallVector<KeyTileSegment> getSegments(const MaskPoint &at,
                                          int64_t queryTile) const;

  int64_t getQueryLength(const MaskPoint &at) const;
  int64_t getKeyLength(const MaskPoint &at) const;

private:
  void keepFeasible(MaskUnion &mask);
  void setRanges();
  bool isTight(const KeyTileRange &range, const MaskConjunction &part);
  bool proveRows(bool someKeys);
  bool alwaysAttends(AffineExpr key, ArrayRef<AffineExpr> rows);
  bool meets(const MaskUnion &mask, const MaskPoint &at,
             ArrayRef<Interval> tileBox, MaskEffort &effort) const;

  MaskReading reading;
  TileSizes tile;
  MaskEffort effort;
  MaskUnion attended, masked, certain;
  SmallVector<KeyTileRange> attendedTiles, maskedTiles;
  std::optional<bool> rowsAlways, rowsIfKeys; // where they were asked for
};

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_MASKANALYSIS_H
