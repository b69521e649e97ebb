//===- TileProjection.cpp - A mask projected on keys and tiles ------------===//
#include "TileProjection.h"

#include <numeric>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::presburger;

/// The column of the query tile I.
static constexpr unsigned columnI = numMaskDims;

TileProjection::TileProjection(const MaskConjunction &part,
                               const MaskReading &reading, TileSizes tile,
                               MaskEffort &effort)
    : tile(tile), context(reading.context), effort(effort),
      numSymbols(reading.symbols.size()),
      set(getPolyhedron(part, reading.getDomain(), numMaskDims, numSymbols,
                        context)) {
  addQueryTile();
  eliminate();
  if (effort.spend(getSimplexCost(set) * set.getNumConstraints()))
    set.removeRedundantConstraints();
  readRows();
}

unsigned TileProjection::firstLocal() const {
  return set.getVarKindOffset(VarKind::Local);
}

void TileProjection::addQueryTile() {
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
unsigned TileProjection::getCost(unsigned column) const {
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

/// First i, so that of divisions of i the parameters remain.
void TileProjection::eliminate() {
  eliminate(MaskQuery);
  queryIsGone = true;
  while (set.getNumLocalVars() != 0) {
    unsigned cheapest = firstLocal();
    for (unsigned n = cheapest + 1; n < set.getNumVars(); ++n)
      if (getCost(n) < getCost(cheapest))
        cheapest = n;
    eliminate(cheapest);
  }
}

void TileProjection::eliminate(unsigned column) {
  column = roundBounds(column);
  const unsigned cost = getCost(column);
  if (cost > 100 || !effort.spend(int64_t(cost) * set.getNumCols() * 4))
    forget(column);
  set.projectOut(column);
  set.removeTrivialRedundancy();
}

/// Rows as factors of b, h, I, symbols and quotients; nullopt where another
/// variable than these and `column` occurs, or a large number.
std::optional<TileProjection::Row>
TileProjection::getParameters(ArrayRef<DynamicAPInt> from,
                              unsigned column) const {
  const DynamicAPInt largest(int64_t(1) << 40);
  Row row;
  for (unsigned n = 0; n < from.size(); ++n) {
    if (from[n] > largest || from[n] < -largest)
      return std::nullopt;
    const int64_t factor(from[n]);
    const bool parameter =
        n <= MaskHead || (n > keyColumn() && n < firstLocal());
    if (n + 1 == from.size())
      row.constant = factor;
    else if (n == column)
      row.key = factor;
    else if (parameter)
      row.factors.push_back(factor);
    else if (factor != 0)
      return std::nullopt;
  }
  return row;
}

/// a x <= e, with e of b, h, I and symbols alone, becomes x <= p for a new
/// p = e floordiv a: what rational elimination would lose of a division.
/// The new column of `column` is returned.
unsigned TileProjection::roundBounds(unsigned column) {
  for (unsigned n = 0; n < set.getNumInequalities(); ++n) {
    std::optional<Row> row = getParameters(set.getInequality(n), column);
    if (!row || std::abs(row->key) <= 1 || std::abs(row->key) > (1 << 20) ||
        quotients.size() >= 4)
      continue;
    // For a x + e >= 0, x >= -e ceildiv a = (a - 1 - e) floordiv a.
    const bool below = row->key > 0;
    const int64_t divisor = std::abs(row->key);
    if (below) {
      for (int64_t &factor : row->factors)
        factor = -factor;
      row->constant = divisor - 1 - row->constant;
    }
    quotients.push_back(floorDivided(row->factors, row->constant, divisor));
    const unsigned quotient = set.appendVar(VarKind::Symbol);
    column += column >= quotient;
    defineQuotient(*row, quotient, divisor);
    SmallVector<int64_t> bound(set.getNumCols(), 0);
    bound[column] = below ? 1 : -1;
    bound[quotient] = -bound[column];
    set.addInequality(bound);
    set.removeInequality(n--);
  }
  return column;
}

/// divisor * p <= e <= divisor * p + divisor - 1.
void TileProjection::defineQuotient(const Row &dividend, unsigned quotient,
                                    int64_t divisor) {
  SmallVector<int64_t> row(set.getNumCols(), 0);
  ArrayRef<int64_t> factors = dividend.factors;
  row[MaskBatch] = factors[MaskBatch];
  row[MaskHead] = factors[MaskHead];
  llvm::copy(factors.drop_front(MaskHead + 1), row.begin() + keyColumn() + 1);
  row.back() = dividend.constant;
  row[quotient] = -divisor;
  set.addInequality(row);
  for (int64_t &factor : row)
    factor = -factor;
  row.back() += divisor - 1;
  set.addInequality(row);
}

/// Drops what is known of a column: the set grows.
void TileProjection::forget(unsigned column) {
  for (unsigned n = set.getNumInequalities(); n-- > 0;)
    if (set.atIneq(n, column) != 0)
      set.removeInequality(n);
}

void TileProjection::addRow(ArrayRef<DynamicAPInt> from, int sign) {
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

void TileProjection::readRows() {
  for (unsigned n = 0; n < set.getNumInequalities(); ++n)
    addRow(set.getInequality(n), 1);
  for (unsigned n = 0; n < set.getNumEqualities(); ++n) {
    addRow(set.getEquality(n), 1);
    addRow(set.getEquality(n), -1);
  }
}

AffineExpr TileProjection::variable(unsigned n) const {
  if (n >= numKeyTileDims + numSymbols)
    return quotients[n - numKeyTileDims - numSymbols];
  return n < numKeyTileDims ? getAffineDimExpr(n, context)
                            : getAffineSymbolExpr(n - numKeyTileDims, context);
}

AffineExpr TileProjection::linear(ArrayRef<int64_t> factors,
                                  int64_t constant) const {
  AffineExpr sum = getAffineConstantExpr(constant, context);
  for (auto [n, factor] : llvm::enumerate(factors))
    if (factor != 0)
      sum = variable(n) * factor + sum;
  return sum;
}

/// (factors + constant) floordiv divisor, with what divides evenly taken out
/// of the division, and a common divisor of the rest canceled.
AffineExpr TileProjection::floorDivided(ArrayRef<int64_t> factors,
                                        int64_t constant,
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
