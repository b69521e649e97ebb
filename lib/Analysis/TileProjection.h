//===- TileProjection.h - A mask projected on keys and tiles --------*- C++
//-*-===//
#ifndef ATTN_LIB_ANALYSIS_TILEPROJECTION_H
#define ATTN_LIB_ANALYSIS_TILEPROJECTION_H

#include "attn/Analysis/KeyTileRange.h"

namespace mlir::attn {

/// The keys j that queries of tile I meet, as inequalities of j, b, h, I and
/// symbols: the set is projected by eliminating i and the divisions (Fourier
/// and Motzkin). Bounds of divisions by b, h, I and symbols are rounded on the
/// way, and become variables of their own, quotients. The projection is
/// rational otherwise: exact where positions have factors of 1, too large at
/// worst.
class TileProjection {
public:
  /// sum of factors[n] * variable(n) + key * j + constant >= 0
  struct Row {
    SmallVector<int64_t> factors;
    int64_t key = 0, constant = 0;
  };

  TileProjection(const MaskConjunction &part, const MaskReading &reading,
                 TileSizes tile, MaskEffort &effort);

  ArrayRef<Row> getRows() const { return rows; }
  /// b, h, I, symbols, quotients.
  AffineExpr variable(unsigned n) const;
  AffineExpr linear(ArrayRef<int64_t> factors, int64_t constant) const;
  /// (factors + constant) floordiv divisor, with what divides evenly taken out
  /// of the division, and a common divisor of the rest canceled.
  AffineExpr floorDivided(ArrayRef<int64_t> factors, int64_t constant,
                          int64_t divisor) const;

private:
  // Columns of `set`: b, h, i, j, I, symbols, quotients, divisions; i goes
  // first.
  void addQueryTile();
  void eliminate();
  void eliminate(unsigned column);
  unsigned getCost(unsigned column) const;
  void forget(unsigned column);
  unsigned keyColumn() const { return MaskKey - queryIsGone; }
  unsigned firstLocal() const;
  std::optional<Row> getParameters(ArrayRef<presburger::DynamicAPInt> from,
                                   unsigned column) const;
  unsigned roundBounds(unsigned column);
  void defineQuotient(const Row &dividend, unsigned quotient, int64_t divisor);
  void addRow(ArrayRef<presburger::DynamicAPInt> from, int sign);
  void readRows();

  TileSizes tile;
  MLIRContext *context;
  MaskEffort &effort;
  unsigned numSymbols;
  presburger::IntegerPolyhedron set;
  bool queryIsGone = false;
  SmallVector<AffineExpr> quotients;
  SmallVector<Row> rows;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_TILEPROJECTION_H
