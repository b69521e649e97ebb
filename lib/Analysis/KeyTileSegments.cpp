//===- KeyTileSegments.cpp - The visits of a query tile -------------------===//
#include "attn/Analysis/MaskAnalysis.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct Bounds {
  int64_t begin, end;
};
} // namespace

/// The tiles of `range` at these values, within [0, numTiles).
static Bounds evaluateRange(const KeyTileRange &range, ArrayRef<Interval> dims,
                            ArrayRef<Interval> symbols, int64_t numTiles) {
  if (IntegerSet guard = range.guard)
    for (AffineExpr expr : guard.getConstraints())
      if (evaluate(expr, dims, symbols).low < 0)
        return {0, 0};
  Bounds bounds{0, numTiles};
  AffineMap lower = range.lower, upper = range.upper;
  for (AffineExpr expr : lower.getResults())
    bounds.begin = std::max(bounds.begin, evaluate(expr, dims, symbols).low);
  for (AffineExpr expr : upper.getResults())
    bounds.end = std::min(bounds.end, evaluate(expr, dims, symbols).low);
  return bounds;
}

/// Splits a visited range by the tiles that have masked pairs: those before
/// `full.begin` and from `full.end` on are PARTIAL. A masked range that starts
/// inside counts to the end, so two never leave a hole.
static void addSegments(Bounds range, ArrayRef<Bounds> masked,
                        SmallVectorImpl<KeyTileSegment> &segments) {
  Bounds full = range;
  for (Bounds part : masked) {
    if (part.begin >= part.end || part.end <= range.begin ||
        part.begin >= range.end)
      continue;
    if (part.begin <= range.begin)
      full.begin = std::max(full.begin, std::min(part.end, range.end));
    else
      full.end = std::min(full.end, part.begin);
  }
  full.end = std::max(full.begin, full.end);
  const auto add = [&](int64_t begin, int64_t end, TileClass tileClass) {
    if (begin >= end)
      return;
    if (!segments.empty() && segments.back().end == begin &&
        segments.back().tileClass == tileClass)
      segments.back().end = end;
    else
      segments.push_back({begin, end, tileClass});
  };
  add(range.begin, full.begin, TileClass::Partial);
  add(full.begin, full.end, TileClass::Full);
  add(full.end, range.end, TileClass::Partial);
}

SmallVector<KeyTileSegment> MaskAnalysis::getSegments(const MaskPoint &at,
                                                      int64_t queryTile) const {
  const Interval dims[] = {Interval::point(at.batch), Interval::point(at.head),
                           Interval::point(queryTile)};
  const auto symbols = llvm::map_to_vector(at.symbols, Interval::point);
  const int64_t numTiles = llvm::divideCeilSigned(getKeyLength(at), tile.key);
  const auto evaluateAll = [&](ArrayRef<KeyTileRange> ranges) {
    return llvm::map_to_vector(ranges, [&](const KeyTileRange &range) {
      return evaluateRange(range, dims, symbols, numTiles);
    });
  };
  SmallVector<Bounds> visited = evaluateAll(attendedTiles);
  const SmallVector<Bounds> withMask = evaluateAll(maskedTiles);
  llvm::sort(visited, [](Bounds a, Bounds b) { return a.begin < b.begin; });
  SmallVector<KeyTileSegment> segments;
  int64_t done = 0;
  for (Bounds range : visited) {
    range.begin = std::max(range.begin, done);
    if (range.begin >= range.end)
      continue;
    addSegments(range, withMask, segments);
    done = range.end;
  }
  return segments;
}
