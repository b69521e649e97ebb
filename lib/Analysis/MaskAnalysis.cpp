//===- MaskAnalysis.cpp - What a mask means for tiles ---------------------===//
#include "attn/Analysis/MaskAnalysis.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::presburger;

StringRef attn::stringify(TileClass tileClass) {
  switch (tileClass) {
  case TileClass::Empty:
    return "empty";
  case TileClass::Partial:
    return "partial";
  case TileClass::Full:
    return "full";
  }
  llvm_unreachable("all classes are handled");
}

MaskAnalysis::MaskAnalysis(AttentionOp op, TileSizes tile,
                           const MaskLimits &limits)
    : reading(readMask(op)), tile(tile), effort(limits.effort) {
  assert(tile.query > 0 && tile.key > 0 && "expected positive tile sizes");
  const MaskPredicate &mask = reading.predicate;
  attended = getMaskUnion(mask, MaskBound::Over, limits);
  masked = getMaskUnion(!mask, MaskBound::Over, limits);
  certain = getMaskUnion(mask, MaskBound::Under, limits);
  keepFeasible(attended);
  keepFeasible(masked);
  keepFeasible(certain);
  setRanges();
}

/// Drops parts that no position satisfies.
void MaskAnalysis::keepFeasible(MaskUnion &mask) {
  const SmallVector<AffineExpr> domain = reading.getDomain();
  llvm::erase_if(mask.parts, [&](const MaskConjunction &part) {
    MaskConjunction within = part;
    llvm::append_range(within.atLeastZero, domain);
    return isInfeasible(within, numMaskDims, reading.symbols.size(),
                        reading.context, effort);
  });
}

/// Whether no tile of `range` is without a pair of `part`: the range minus the
/// projection of the part on tiles is empty.
bool MaskAnalysis::isTight(const KeyTileRange &range,
                           const MaskConjunction &part) {
  MLIRContext *context = reading.context;
  const unsigned numSymbols = reading.symbols.size();
  // b, h, I, J against b, h, i, j, I, J.
  MaskConjunction tiles{getTileContext(reading, tile), {}};
  const AffineExpr keyTile = getAffineDimExpr(numKeyTileDims, context);
  AffineMap lower = range.lower, upper = range.upper;
  for (AffineExpr expr : lower.getResults())
    tiles.atLeastZero.push_back(keyTile - expr);
  for (AffineExpr expr : upper.getResults())
    tiles.atLeastZero.push_back(expr - 1 - keyTile);
  if (IntegerSet guard = range.guard)
    llvm::append_range(tiles.atLeastZero, guard.getConstraints());
  MaskConjunction pairs = part;
  for (auto [position, size] :
       {std::pair(MaskQuery, tile.query), std::pair(MaskKey, tile.key)}) {
    AffineExpr inTile = getAffineDimExpr(position, context) -
                        getAffineDimExpr(position + 2, context) * size;
    pairs.atLeastZero.push_back(inTile);
    pairs.atLeastZero.push_back(size - 1 - inTile);
  }
  const IntegerPolyhedron visited =
      getPolyhedron(tiles, {}, 4, numSymbols, context);
  const IntegerPolyhedron met =
      getPolyhedron(pairs, reading.getDomain(), 6, numSymbols, context);
  return isWithinProjection(PresburgerSet(visited), met, MaskQuery, MaskKey + 1,
                            effort);
}

void MaskAnalysis::setRanges() {
  const auto add = [&](const MaskUnion &mask,
                       SmallVector<KeyTileRange> &ranges) {
    for (const MaskConjunction &part : mask.parts) {
      KeyTileRange range = getKeyTileRange(part, reading, tile, effort);
      range.exact = mask.exact && isTight(range, part);
      ranges.push_back(std::move(range));
    }
  };
  add(attended, attendedTiles);
  add(masked, maskedTiles);
}

//===----------------------------------------------------------------------===//
// Proofs
//===----------------------------------------------------------------------===//

/// Whether every row attends to this key of it: it exists, and is in no masked
/// pair. Cheaper than a projection, and enough for most masks.
bool MaskAnalysis::alwaysAttends(AffineExpr key, ArrayRef<AffineExpr> rows) {
  MLIRContext *context = reading.context;
  SmallVector<AffineExpr> dims;
  for (unsigned n = 0; n < MaskKey; ++n)
    dims.push_back(getAffineDimExpr(n, context));
  dims.push_back(key);
  const auto isPossible = [&](MaskConjunction pairs) {
    for (AffineExpr &expr : pairs.atLeastZero)
      expr = expr.replaceDims(dims);
    for (AffineExpr &expr : pairs.zero)
      expr = expr.replaceDims(dims);
    llvm::append_range(pairs.atLeastZero, rows);
    return !isInfeasible(pairs, numMaskDims, reading.symbols.size(), context,
                         effort);
  };
  return !isPossible({{-key - 1}, {}}) &&
         !isPossible({{key - reading.keyLength}, {}}) &&
         llvm::none_of(masked.parts, isPossible);
}

/// Rows without a key are the rows minus the projection of the mask on them.
bool MaskAnalysis::proveRows(bool someKeys) {
  SmallVector<AffineExpr> domain = reading.getDomain();
  if (someKeys)
    domain.push_back(reading.keyLength - 1);
  const unsigned numSymbols = reading.symbols.size();
  SmallVector<AffineExpr> rowDomain;
  for (AffineExpr expr : domain)
    if (!expr.isFunctionOfDim(MaskKey))
      rowDomain.push_back(expr);
  MLIRContext *context = reading.context;
  for (AffineExpr key : {getAffineDimExpr(MaskQuery, context),
                         getAffineConstantExpr(0, context)})
    if (alwaysAttends(key, rowDomain))
      return true;
  const PresburgerSet rows(getPolyhedron({rowDomain, {}}, {}, numMaskDims - 1,
                                         numSymbols, reading.context));
  std::vector<IntegerPolyhedron> parts;
  for (const MaskConjunction &part : certain.parts)
    parts.push_back(
        getPolyhedron(part, domain, numMaskDims, numSymbols, reading.context));
  return isWithinProjection(rows, parts, MaskKey, MaskKey + 1, effort);
}

bool MaskAnalysis::noRowIsEmpty() {
  if (!rowsAlways)
    rowsAlways = proveRows(/*someKeys=*/false);
  return *rowsAlways;
}

bool MaskAnalysis::noRowIsEmptyIfKeys() {
  if (!rowsIfKeys)
    rowsIfKeys = noRowIsEmpty() || proveRows(/*someKeys=*/true);
  return *rowsIfKeys;
}

//===----------------------------------------------------------------------===//
// At given values
//===----------------------------------------------------------------------===//

static int64_t valueAt(AffineExpr expr, ArrayRef<int64_t> dims,
                       ArrayRef<int64_t> symbols) {
  const auto points = [](ArrayRef<int64_t> values) {
    return llvm::map_to_vector(values, Interval::point);
  };
  return evaluate(expr, points(dims), points(symbols)).low;
}

int64_t MaskAnalysis::getQueryLength(const MaskPoint &at) const {
  return valueAt(reading.queryLength, {}, at.symbols);
}

int64_t MaskAnalysis::getKeyLength(const MaskPoint &at) const {
  return valueAt(reading.keyLength, {}, at.symbols);
}

/// Whether an attending pair may lie in the box of b, h, i and j.
bool MaskAnalysis::meets(const MaskUnion &mask, const MaskPoint &at,
                         ArrayRef<Interval> box, MaskEffort &effort) const {
  const auto symbols = llvm::map_to_vector(at.symbols, Interval::point);
  MLIRContext *context = reading.context;
  SmallVector<AffineExpr> dims, values;
  for (auto [n, range] : llvm::enumerate(box))
    dims.push_back(range.isPoint() ? getAffineConstantExpr(range.low, context)
                                   : getAffineDimExpr(n, context));
  for (int64_t value : at.symbols)
    values.push_back(getAffineConstantExpr(value, context));
  for (const MaskConjunction &part : mask.parts) {
    bool never = false, always = true;
    MaskConjunction open; // what intervals do not decide
    for (AffineExpr expr : part.atLeastZero) {
      const Interval range = evaluate(expr, box, symbols);
      never |= range.high < 0;
      if (range.low < 0)
        open.atLeastZero.push_back(expr.replaceDimsAndSymbols(dims, values));
    }
    for (AffineExpr expr : part.zero) {
      const Interval range = evaluate(expr, box, symbols);
      never |= !range.contains(0);
      if (!(range == Interval::point(0)))
        open.zero.push_back(expr.replaceDimsAndSymbols(dims, values));
    }
    if (never)
      continue;
    always = open.atLeastZero.empty() && open.zero.empty();
    if (always)
      return true;
    SmallVector<AffineExpr> bounds;
    for (auto [n, range] : llvm::enumerate(box))
      if (!range.isPoint()) {
        bounds.push_back(getAffineDimExpr(n, context) - range.low);
        bounds.push_back(range.high - getAffineDimExpr(n, context));
      }
    const IntegerPolyhedron pairs =
        getPolyhedron(open, bounds, numMaskDims, 0, context);
    if (!effort.spend(4 * getSimplexCost(pairs)) || !pairs.isIntegerEmpty())
      return true;
  }
  return false;
}

TileClass MaskAnalysis::classify(const MaskPoint &at, int64_t queryTile,
                                 int64_t keyTile, MaskEffort &effort) const {
  const auto clipped = [](int64_t index, int64_t size, int64_t length) {
    return Interval{index * size, std::min((index + 1) * size, length) - 1};
  };
  const Interval box[] = {Interval::point(at.batch), Interval::point(at.head),
                          clipped(queryTile, tile.query, getQueryLength(at)),
                          clipped(keyTile, tile.key, getKeyLength(at))};
  if (box[MaskQuery].low > box[MaskQuery].high ||
      box[MaskKey].low > box[MaskKey].high || !meets(attended, at, box, effort))
    return TileClass::Empty;
  return meets(masked, at, box, effort) ? TileClass::Partial : TileClass::Full;
}
