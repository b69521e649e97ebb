//===- KeyTileRange.cpp - Key tiles that a query tile meets ---------------===//
//===----------------------------------------------------------------------===//
// The set is projected on j by eliminating i and the divisions (Fourier and
// Motzkin), which leaves bounds of j and conditions on the rest in closed
// form. The shadow is rational: exact for masks without divisions whose
// positions have factors of 1, and too large at worst.
//===----------------------------------------------------------------------===//
#include "attn/Analysis/KeyTileRange.h"
#include "mlir/Analysis/Presburger/Simplex.h"

#include <numeric>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::presburger;

//===----------------------------------------------------------------------===//
// Proofs
//===----------------------------------------------------------------------===//

bool attn::isInfeasible(const MaskConjunction &constraints, unsigned numDims,
                        unsigned numSymbols, MLIRContext *context) {
  IntegerPolyhedron set =
      getPolyhedron(constraints, {}, numDims, numSymbols, context);
  if (Simplex(set).isEmpty())
    return true;
  // Few divisions: the integer test is exponential in the worst case.
  return set.getNumLocalVars() <= 5 && set.getNumConstraints() <= 40 &&
         set.isIntegerEmpty();
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

/// Inequalities over b, h, I, j and symbols as rows of 64-bit numbers.
struct Row {
  SmallVector<int64_t> factors; // b, h, I, symbols
  int64_t key = 0, constant = 0;
};

class RangeBuilder {
public:
  RangeBuilder(const MaskConjunction &part, const MaskReading &reading,
               TileSizes tile)
      : reading(reading), tile(tile), context(reading.context),
        numSymbols(reading.symbols.size()),
        tileContext(getTileContext(reading, tile)),
        set(getPolyhedron(part, reading.getDomain(), numMaskDims, numSymbols,
                          context)) {}

  KeyTileRange build() {
    addQueryTile();
    eliminate();
    set.removeRedundantConstraints();
    readRows();
    readBounds();
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
  // Columns of `set`: b, h, i, j, I, symbols, divisions; then without i.
  static constexpr unsigned columnI = numMaskDims;

  void addQueryTile() {
    set.insertVar(VarKind::SetDim, columnI);
    SmallVector<int64_t> row(set.getNumCols(), 0);
    row[columnI] = 1;
    set.addInequality(row);
    row[columnI] = -tile.query;
    row[MaskQuery] = 1;
    set.addInequality(row);
    row[columnI] = tile.query;
    row[MaskQuery] = -1;
    row.back() = tile.query - 1;
    set.addInequality(row);
  }

  /// Pairs of constraints that eliminating a column would combine.
  unsigned getCost(unsigned column) const {
    for (unsigned n = 0; n < set.getNumEqualities(); ++n)
      if (set.atEq(n, column) != 0)
        return 0;
    unsigned below = 0, above = 0;
    for (unsigned n = 0; n < set.getNumInequalities(); ++n) {
      below += set.atIneq(n, column) > 0;
      above += set.atIneq(n, column) < 0;
    }
    return below * above;
  }

  void eliminate() {
    const unsigned firstLocal = set.getVarKindOffset(VarKind::Local);
    SmallVector<unsigned> columns{MaskQuery};
    llvm::append_range(columns, llvm::seq(firstLocal, set.getNumVars()));
    while (!columns.empty()) {
      auto cheapest = llvm::min_element(columns, [&](unsigned a, unsigned b) {
        return getCost(a) < getCost(b);
      });
      const unsigned column = *cheapest;
      columns.erase(cheapest);
      if (getCost(column) > 100)
        forget(column);
      set.projectOut(column);
      for (unsigned &other : columns)
        other -= other > column;
      set.removeTrivialRedundancy();
    }
  }

  /// Drops what is known of a column: the set grows.
  void forget(unsigned column) {
    for (unsigned n = set.getNumInequalities(); n-- > 0;)
      if (set.atIneq(n, column) != 0)
        set.removeInequality(n);
  }

  void addRow(ArrayRef<DynamicAPInt> from, int sign) {
    const DynamicAPInt largest(int64_t(1) << 50);
    for (const DynamicAPInt &factor : from)
      if (factor > largest || factor < -largest)
        return; // forgotten: the set grows
    if (llvm::abs(from[MaskKey - 1]) > DynamicAPInt(1 << 20))
      return;
    const auto number = [&](unsigned n) { return sign * int64_t(from[n]); };
    Row row;
    row.key = number(MaskKey - 1);
    row.constant = number(from.size() - 1);
    row.factors = {number(MaskBatch), number(MaskHead)};
    for (unsigned n = MaskKey; n + 1 < from.size(); ++n)
      row.factors.push_back(number(n));
    rows.push_back(std::move(row));
  }

  void readRows() {
    for (unsigned n = 0; n < set.getNumInequalities(); ++n)
      addRow(set.getInequality(n), 1);
    for (unsigned n = 0; n < set.getNumEqualities(); ++n) {
      addRow(set.getEquality(n), 1);
      addRow(set.getEquality(n), -1);
    }
  }

  AffineExpr variable(unsigned n) const {
    return n < numKeyTileDims
               ? getAffineDimExpr(n, context)
               : getAffineSymbolExpr(n - numKeyTileDims, context);
  }

  AffineExpr linear(ArrayRef<int64_t> factors, int64_t constant) const {
    AffineExpr sum = getAffineConstantExpr(constant, context);
    for (auto [n, factor] : llvm::enumerate(factors))
      if (factor != 0)
        sum = variable(n) * factor + sum;
    return sum;
  }

  /// (factors + constant) floordiv divisor, with what divides evenly taken out
  /// of the division, and a common divisor of the rest cancelled.
  AffineExpr floorDivided(ArrayRef<int64_t> factors, int64_t constant,
                          int64_t divisor) const {
    SmallVector<int64_t> whole(factors.size(), 0), rest(factors);
    int64_t common = divisor;
    for (auto [w, r] : llvm::zip_equal(whole, rest)) {
      if (r % divisor == 0) {
        w = r / divisor;
        r = 0;
      }
      common = std::gcd(common, r);
    }
    const auto floored = [](int64_t a, int64_t b) {
      return llvm::divideFloorSigned(a, b);
    };
    const int64_t wholeConstant = floored(constant, divisor);
    const int64_t restConstant =
        floored(constant - wholeConstant * divisor, common);
    if (llvm::all_of(rest, [](int64_t r) { return r == 0; }))
      return linear(whole, wholeConstant);
    for (int64_t &r : rest)
      r /= common;
    return linear(rest, restConstant).floorDiv(divisor / common) +
           linear(whole, wholeConstant);
  }

  void readBounds() {
    for (const Row &row : rows) {
      // a j + e >= 0: j >= ceil(-e / a), and its tile rounds that down.
      if (row.key > 0) {
        SmallVector<int64_t> negated;
        for (int64_t factor : row.factors)
          negated.push_back(-factor);
        addBound(lower, floorDivided(negated, row.key - 1 - row.constant,
                                     row.key * tile.key));
      }
      if (row.key < 0)
        addBound(upper,
                 floorDivided(row.factors, row.constant, -row.key * tile.key) +
                     1);
    }
    // Redundancy may have removed what always holds.
    if (!llvm::is_contained(lower, getAffineConstantExpr(0, context)))
      addBound(lower, getAffineConstantExpr(0, context));
    if (upper.empty())
      addBound(upper, (reading.keyLength).ceilDiv(tile.key));
    dropDominated(lower, /*largestCounts=*/true);
    dropDominated(upper, /*largestCounts=*/false);
  }

  static void addBound(SmallVector<AffineExpr> &bounds, AffineExpr bound) {
    if (!llvm::is_contained(bounds, bound))
      bounds.push_back(bound);
  }

  bool isAlways(AffineExpr atLeastZero,
                ArrayRef<AffineExpr> assumed = {}) const {
    MaskConjunction counterexample{tileContext, {}};
    llvm::append_range(counterexample.atLeastZero, assumed);
    counterexample.atLeastZero.push_back(-atLeastZero - 1);
    return isInfeasible(counterexample, numKeyTileDims, numSymbols, context);
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
          !isAlways(guard, nonEmpty))
        guards.push_back(guard);
    };
    for (const Row &row : rows)
      if (row.key == 0)
        consider(linear(row.factors, row.constant));
    for (const Row &low : rows)
      for (const Row &high : rows)
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
      return linear(factors, constant);
    for (int64_t &factor : factors)
      factor /= common;
    return linear(factors, llvm::divideFloorSigned(constant, common));
  }

  const MaskReading &reading;
  TileSizes tile;
  MLIRContext *context;
  unsigned numSymbols;
  SmallVector<AffineExpr> tileContext;
  IntegerPolyhedron set;
  SmallVector<Row> rows;
  SmallVector<AffineExpr> lower, upper, guards;
};

} // namespace

KeyTileRange attn::getKeyTileRange(const MaskConjunction &part,
                                   const MaskReading &reading, TileSizes tile) {
  return RangeBuilder(part, reading, tile).build();
}
