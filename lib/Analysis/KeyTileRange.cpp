//===- KeyTileRange.cpp - Key tiles that a query tile meets ---------------===//
#include "attn/Analysis/KeyTileRange.h"
#include "TileProjection.h"
#include "mlir/Analysis/Presburger/Simplex.h"

#include <numeric>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::presburger;

//===----------------------------------------------------------------------===//
// Proofs
//===----------------------------------------------------------------------===//

bool attn::isInfeasible(const MaskConjunction &constraints, unsigned numDims,
                        unsigned numSymbols, MLIRContext *context,
                        MaskEffort &effort) {
  IntegerPolyhedron set =
      getPolyhedron(constraints, {}, numDims, numSymbols, context);
  const int64_t cost = getSimplexCost(set);
  if (!effort.spend(cost))
    return false;
  if (Simplex(set).isEmpty())
    return true;
  // Few divisions: the integer test is exponential in the worst case.
  return set.getNumLocalVars() <= 5 && set.getNumConstraints() <= 40 &&
         effort.spend(4 * cost) && set.isIntegerEmpty();
}

SmallVector<AffineExpr> attn::getTileContext(const MaskReading &reading,
                                             TileSizes tile) {
  MLIRContext *context = reading.context;
  SmallVector<AffineExpr> result;
  const AffineExpr query = getAffineDimExpr(TileQuery, context);
  // The domain of positions, without those of i and j.
  for (AffineExpr expr : reading.getDomain())
    if (!expr.isFunctionOfDim(MaskQuery) && !expr.isFunctionOfDim(MaskKey))
      result.push_back(expr);
  result.push_back(query);
  result.push_back(reading.queryLength - 1 - query * tile.query);
  return result;
}

namespace {

/// Reads bounds of key tiles, and conditions on the rest, from a projection.
class RangeBuilder {
public:
  RangeBuilder(const MaskConjunction &part, const MaskReading &reading,
               TileSizes tile, MaskEffort &effort)
      : reading(reading), tile(tile), context(reading.context), effort(effort),
        numSymbols(reading.symbols.size()),
        tileContext(getTileContext(reading, tile)),
        projection(part, reading, tile, effort) {}

  KeyTileRange build() {
    readBounds();
    dropDominated(lower, /*largestCounts=*/true);
    dropDominated(upper, /*largestCounts=*/false);
    readGuards();
    KeyTileRange range;
    range.lower = AffineMap::get(numKeyTileDims, numSymbols, lower, context);
    range.upper = AffineMap::get(numKeyTileDims, numSymbols, upper, context);
    if (!guards.empty())
      range.guard = IntegerSet::get(numKeyTileDims, numSymbols, guards,
                                    SmallVector<bool>(guards.size(), false));
    return range;
  }

private:
  using Row = TileProjection::Row;
  static constexpr size_t maxBounds = 8;

  void readBounds() {
    for (const Row &row : projection.getRows()) {
      // a j + e >= 0: j >= ceil(-e / a), and its tile rounds that down.
      if (row.key > 0 && !isFull(lower)) {
        SmallVector<int64_t> negated;
        for (int64_t factor : row.factors)
          negated.push_back(-factor);
        addBound(lower,
                 projection.floorDivided(negated, row.key - 1 - row.constant,
                                         row.key * tile.key));
      }
      if (row.key < 0 && !isFull(upper))
        addBound(upper, projection.floorDivided(row.factors, row.constant,
                                                -row.key * tile.key) +
                            1);
    }
    // Redundancy may have removed what always holds.
    addBound(lower, getAffineConstantExpr(0, context));
    addBound(upper, (reading.keyLength + tile.key - 1).floorDiv(tile.key));
  }

  static void addBound(SmallVector<AffineExpr> &bounds, AffineExpr bound) {
    if (!llvm::is_contained(bounds, bound))
      bounds.push_back(bound);
  }

  /// A bound that is left out makes the range larger.
  static bool isFull(ArrayRef<AffineExpr> bounds) {
    return bounds.size() >= maxBounds;
  }

  bool isAlways(AffineExpr atLeastZero,
                ArrayRef<AffineExpr> assumed = {}) const {
    MaskConjunction counterexample{tileContext, {}};
    llvm::append_range(counterexample.atLeastZero, assumed);
    counterexample.atLeastZero.push_back(-atLeastZero - 1);
    return isInfeasible(counterexample, numKeyTileDims, numSymbols, context,
                        effort);
  }

  void dropDominated(SmallVector<AffineExpr> &bounds, bool largestCounts) {
    if (bounds.size() > 6)
      return;
    for (unsigned n = bounds.size(); n-- > 0;)
      for (unsigned m = 0; m < bounds.size(); ++m) {
        AffineExpr margin =
            largestCounts ? bounds[m] - bounds[n] : bounds[n] - bounds[m];
        if (m != n && isAlways(margin)) {
          bounds.erase(bounds.begin() + n);
          break;
        }
      }
  }

  /// Conditions on b, h, I and symbols, also those that lie in a lower bound of
  /// j above an upper one, that the bounds of tiles do not already say.
  void readGuards() {
    SmallVector<AffineExpr> nonEmpty;
    for (AffineExpr from : lower)
      for (AffineExpr to : upper)
        nonEmpty.push_back(to - 1 - from);
    if (nonEmpty.size() > 6)
      nonEmpty.clear();
    const auto consider = [&](AffineExpr guard) {
      if (!llvm::is_contained(guards, guard) && !isAlways(guard) &&
          !isAlways(guard, nonEmpty) && !effort.isSpent())
        guards.push_back(guard);
    };
    for (const Row &row : projection.getRows())
      if (row.key == 0)
        consider(projection.linear(row.factors, row.constant));
    for (const Row &low : projection.getRows())
      for (const Row &high : projection.getRows())
        if (low.key > 0 && high.key < 0 && guards.size() < 8)
          if (std::optional<AffineExpr> guard = meet(low, high))
            consider(*guard);
  }

  /// That some rational j lies between two bounds, made integral.
  std::optional<AffineExpr> meet(const Row &low, const Row &high) const {
    if (low.key > 1024 || high.key < -1024)
      return std::nullopt;
    SmallVector<int64_t> factors;
    int64_t common = 0;
    for (auto [l, h] : llvm::zip_equal(low.factors, high.factors)) {
      factors.push_back(l * -high.key + h * low.key);
      common = std::gcd(common, factors.back());
    }
    const int64_t constant = low.constant * -high.key + high.constant * low.key;
    if (common == 0)
      return projection.linear(factors, constant);
    for (int64_t &factor : factors)
      factor /= common;
    return projection.linear(factors,
                             llvm::divideFloorSigned(constant, common));
  }

  const MaskReading &reading;
  TileSizes tile;
  MLIRContext *context;
  MaskEffort &effort;
  unsigned numSymbols;
  SmallVector<AffineExpr> tileContext;
  TileProjection projection;
  SmallVector<AffineExpr> lower, upper, guards;
};

} // namespace

KeyTileRange attn::getKeyTileRange(const MaskConjunction &part,
                                   const MaskReading &reading, TileSizes tile,
                                   MaskEffort &effort) {
  return RangeBuilder(part, reading, tile, effort).build();
}
