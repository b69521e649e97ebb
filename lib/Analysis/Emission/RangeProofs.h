//===- RangeProofs.h - How ranges of key tiles lie to each other *- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_RANGEPROOFS_H
#define ATTN_LIB_ANALYSIS_EMISSION_RANGEPROOFS_H

#include "attn/Analysis/MaskAnalysis.h"

namespace mlir::attn {

/// How tiles with masked pairs lie in a range of visited tiles.
enum class MaskedPart {
  None,     // nowhere in it
  Front,    // from its first tile on
  Back,     // up to its last tile
  Whole,    // everywhere in it
  Anywhere, // not known at compile time
};

/// Proofs about ranges, for all b, h, I and symbols, while effort lasts.
class RangeProofs {
public:
  explicit RangeProofs(const MaskAnalysis &analysis);

  /// Where `masked` lies in `visited`, whenever that is not empty.
  MaskedPart locate(const KeyTileRange &visited, const KeyTileRange &masked);
  /// Whether `a` begins no later than `b`, whenever neither is empty.
  bool beginsBefore(const KeyTileRange &a, const KeyTileRange &b);

private:
  /// Each bound of `most` is at most one of `least`, and the like.
  bool isAlways(AffineExpr atLeastZero);
  bool isLowerMax(ArrayRef<AffineExpr> low, ArrayRef<AffineExpr> high);
  bool isLowerMin(ArrayRef<AffineExpr> low, ArrayRef<AffineExpr> high);
  void assume(const KeyTileRange &range);

  const MaskAnalysis &analysis;
  MaskEffort effort;
  SmallVector<AffineExpr> context, assumed;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_RANGEPROOFS_H
