//===- RangeProofs.cpp - How ranges of key tiles lie to each other --------===//
#include "RangeProofs.h"

using namespace mlir;
using namespace mlir::attn;

RangeProofs::RangeProofs(const MaskAnalysis &analysis)
    : analysis(analysis), effort(MaskLimits().effort / 4),
      context(getTileContext(analysis.getReading(), analysis.getTileSizes())) {}

bool RangeProofs::isAlways(AffineExpr atLeastZero) {
  if (auto constant = dyn_cast<AffineConstantExpr>(atLeastZero))
    return constant.getValue() >= 0;
  const MaskReading &reading = analysis.getReading();
  MaskConjunction counterexample{context, {}};
  llvm::append_range(counterexample.atLeastZero, assumed);
  counterexample.atLeastZero.push_back(-atLeastZero - 1);
  return isInfeasible(counterexample, numKeyTileDims, reading.symbols.size(),
                      reading.context, effort);
}

void RangeProofs::assume(const KeyTileRange &range) {
  AffineMap lower = range.lower, upper = range.upper;
  for (AffineExpr from : lower.getResults())
    for (AffineExpr to : upper.getResults())
      assumed.push_back(to - 1 - from);
  if (IntegerSet guard = range.guard)
    llvm::append_range(assumed, guard.getConstraints());
}

/// max(low) <= max(high)
bool RangeProofs::isLowerMax(ArrayRef<AffineExpr> low,
                             ArrayRef<AffineExpr> high) {
  return llvm::all_of(low, [&](AffineExpr a) {
    return llvm::any_of(high, [&](AffineExpr b) { return isAlways(b - a); });
  });
}

/// min(low) <= min(high)
bool RangeProofs::isLowerMin(ArrayRef<AffineExpr> low,
                             ArrayRef<AffineExpr> high) {
  return llvm::all_of(high, [&](AffineExpr b) {
    return llvm::any_of(low, [&](AffineExpr a) { return isAlways(b - a); });
  });
}

/// Some `upper` is at most some `lower`.
static SmallVector<AffineExpr> getGaps(AffineMap upper, AffineMap lower) {
  SmallVector<AffineExpr> gaps;
  for (AffineExpr to : upper.getResults())
    for (AffineExpr from : lower.getResults())
      gaps.push_back(from - to);
  return gaps;
}

MaskedPart RangeProofs::locate(const KeyTileRange &visited,
                               const KeyTileRange &masked) {
  assumed.clear();
  assume(visited);
  AffineMap lower = masked.lower, upper = masked.upper;
  AffineMap from = visited.lower, to = visited.upper;
  const auto isGap = [&](AffineExpr gap) { return isAlways(gap); };
  if (llvm::any_of(getGaps(to, lower), isGap) ||
      llvm::any_of(getGaps(upper, from), isGap))
    return MaskedPart::None;
  const bool front = isLowerMax(lower.getResults(), from.getResults());
  const bool back = isLowerMin(to.getResults(), upper.getResults());
  if (!front)
    return back ? MaskedPart::Back : MaskedPart::Anywhere;
  // A guard may still say that nothing is masked.
  IntegerSet guard = masked.guard;
  return back && !guard ? MaskedPart::Whole : MaskedPart::Front;
}

bool RangeProofs::beginsBefore(const KeyTileRange &a, const KeyTileRange &b) {
  assumed.clear();
  assume(a);
  assume(b);
  AffineMap first = a.lower, second = b.lower;
  return isLowerMax(first.getResults(), second.getResults());
}
