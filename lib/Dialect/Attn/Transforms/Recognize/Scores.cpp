//===- Scores.cpp - Scale and modifiers of scores -------------------------===//
#include "Scores.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

static bool contains(Expr expr, Expr part, DenseSet<Expr> &seen) {
  if (expr == part)
    return true;
  return seen.insert(expr).second && llvm::any_of(expr->operands, [&](Expr e) {
           return contains(e, part, seen);
         });
}

/// An op in `expr` that has `operand` as an operand.
static Expr findUser(Expr expr, Expr operand, DenseSet<Expr> &seen) {
  if (llvm::is_contained(expr->operands, operand))
    return expr;
  if (seen.insert(expr).second)
    for (Expr e : expr->operands)
      if (Expr user = findUser(e, operand, seen))
        return user;
  return nullptr;
}

static Expr findUser(Expr expr, Expr operand) {
  DenseSet<Expr> seen;
  return findUser(expr, operand, seen);
}

/// The constant beside `operand`, by which `user` multiplies or divides it.
static std::optional<double> getFactor(Expr user, Expr operand) {
  bool product = user->is<arith::MulFOp>();
  if (!product && !user->is<arith::DivFOp>())
    return std::nullopt;
  unsigned other = user->operands[0] == operand ? 1 : 0;
  std::optional<double> value = ExprContext::getFloat(user->operands[other]);
  if (!value || !std::isfinite(*value) || *value == 0 ||
      (!product && other == 0))
    return std::nullopt;
  return product ? *value : 1 / *value;
}

ScaledScore mlir::attn::recognize::splitScale(ExprContext &c, Expr score,
                                              Expr product) {
  // The factors on the way up from the product.
  double scale = 1;
  Expr scaled = product, user = findUser(score, scaled);
  for (; user; user = findUser(score, scaled)) {
    std::optional<double> factor = getFactor(user, scaled);
    if (!factor)
      break;
    scale *= *factor;
    scaled = user;
  }
  // c * tanh(x / c): the division belongs to the softcap.
  Expr inner = product;
  if (user && user->is<math::TanhOp>())
    if (Expr outer = findUser(score, user))
      if (std::optional<double> cap = getFactor(outer, user); cap && *cap > 0) {
        scale *= *cap;
        inner = c.op<arith::DivFOp>(product->type,
                                    {product, c.floating(product->type, *cap)});
      }
  Expr rest = c.rewrite(
      score, [&](Expr e) -> Expr { return e == scaled ? inner : nullptr; });
  // Where the product is also read without the factors, they stay.
  DenseSet<Expr> seen;
  Expr unscaled = c.rewrite(score, [&](Expr e) -> Expr {
    return e == scaled ? c.floating(e->type, 0) : nullptr;
  });
  if (contains(unscaled, product, seen))
    return {1, score};
  return {scale, rest};
}

Factor mlir::attn::recognize::splitFactor(TensorReader &reader, Expr expr) {
  double factor = 1;
  while (true) {
    Expr e = expr->isRead() ? reader.lookThrough(expr) : expr;
    if (!e || e->operands.size() != 2)
      break;
    bool product = e->is<arith::MulFOp>();
    std::optional<double> second =
        ExprContext::getFloat(reader.head(e->operands[1]));
    std::optional<double> first =
        product ? ExprContext::getFloat(reader.head(e->operands[0]))
                : std::nullopt;
    if ((!product && !e->is<arith::DivFOp>()) || (!first && !second))
      break;
    factor = product ? factor * (first ? *first : *second) : factor / *second;
    expr = e->operands[first ? 1 : 0];
  }
  return {factor, expr};
}
