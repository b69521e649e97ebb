//===- Captures.h - What regions read instead of computing it ---*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CAPTURES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CAPTURES_H

#include "MatchAttention.h"
#include "Tables.h"

namespace mlir::attn::recognize {

/// Moves what costs much out of a region: a part that goes by few positions, or
/// by the distance j - i alone, is computed once for each before the op, and
/// read. Never a tensor of all pairs.
class CaptureTables {
public:
  CaptureTables(TensorReader &reader, const AttentionParts &parts,
                Tables &tables)
      : c(reader.c), parts(parts), tables(tables) {}

  Expr capture(Expr expr);

  /// A read of what is computed once for each position that `expr` goes by, or
  /// for each distance. Null where it goes by pairs.
  Expr tabulate(Expr expr);

private:
  bool isExpensive(Expr expr);
  bool isSimpleIndex(Expr index);
  bool goesByPair(Expr expr);
  bool holdsProduct(Expr expr);
  Expr byDistance(Expr expr, Expr distance);

  ExprContext &c;
  const AttentionParts &parts;
  Tables &tables;
  DenseMap<Expr, bool> expensive, product;
};

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CAPTURES_H
