//===- Scores.h - Scale, mask and modifiers of scores -----------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SCORES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SCORES_H

#include "Match.h"

namespace mlir::attn::recognize {

/// A pair attends where `attends`; its score is `value`. That holds in rows
/// whose pairs are all `decided`.
struct MaskedScore {
  Expr attends;
  Expr value;
  Expr decided;
};

/// Takes the masked pairs out of a score: where it is -inf, and with
/// `lowestMasks` also where it is, or has added to it, a constant near the
/// least finite float, or x times such a constant: x = 0 keeps a pair, x >= 1
/// masks it, and other numbers decide nothing.
MaskedScore splitMask(ExprContext &c, Expr score, bool lowestMasks);

/// Whether a constant near the least finite float is in `score`, or one near
/// the greatest that something is multiplied by.
bool hasLowest(Expr score);

/// Whether each pair that `lowestMasks` takes out has one constant near the
/// least finite float for its score, or has it added once.
bool isOneLowestWhereMasked(Expr score);

/// Takes the factors next to `product` out of `score`, as far as they are
/// constants: score(product) = rest(scale * product), where the rest reads
/// `product`.
struct ScaledScore {
  double scale;
  Expr rest;
};
ScaledScore splitScale(ExprContext &c, Expr score, Expr product);

/// A constant factor of `expr`: expr = factor * rest.
struct Factor {
  double factor;
  Expr rest;
};
Factor splitFactor(TensorReader &reader, Expr expr);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_SCORES_H
