//===- Scores.cpp - Scale, mask and modifiers of scores -------------------===//
#include "Scores.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

/// Added to a score, nothing of it is left, and exp of what is left is 0 beside
/// any other score.
static constexpr double lowest = -1e30;

static bool isLowest(Expr e) {
  std::optional<double> value = ExprContext::getFloat(e);
  return value && *value <= lowest && !std::isinf(*value);
}

bool mlir::attn::recognize::hasLowest(Expr score) {
  return isLowest(score) || (score->kind == Kind::Op &&
                             llvm::any_of(score->operands, hasLowest));
}

MaskedScore mlir::attn::recognize::splitMask(ExprContext &c, Expr score,
                                             bool lowestMasks) {
  auto all = [&](Expr value) { return MaskedScore{c.boolean(true), value}; };
  auto operand = [&](unsigned n) {
    return splitMask(c, score->operands[n], lowestMasks);
  };
  std::optional<double> constant = ExprContext::getFloat(score);
  if (constant && std::isinf(*constant) && *constant < 0)
    return {c.boolean(false), c.floating(score->type, 0)};
  if (lowestMasks && isLowest(score))
    return {c.boolean(false), c.floating(score->type, 0)};
  if (score->is<arith::SelectOp>()) {
    MaskedScore x = operand(1), y = operand(2);
    Expr condition = score->operands[0];
    Expr attends = c.select(condition, x.attends, y.attends);
    if (ExprContext::getBoolean(x.attends) == false)
      return {attends, y.value};
    if (ExprContext::getBoolean(y.attends) == false)
      return {attends, x.value};
    return {attends, c.select(condition, x.value, y.value)};
  }
  if (score->is<arith::AddFOp>()) {
    MaskedScore x = operand(0), y = operand(1);
    return {c.andOf(x.attends, y.attends),
            c.op<arith::AddFOp>(score->type, {x.value, y.value})};
  }
  bool quotient = score->is<arith::DivFOp>();
  if (quotient || score->is<arith::MulFOp>()) {
    for (bool first : {true, false}) {
      Expr factor = score->operands[first ? 1 : 0];
      std::optional<double> value = ExprContext::getFloat(factor);
      if (!value || !(*value > 0) || std::isinf(*value) || (quotient && !first))
        continue;
      MaskedScore x = operand(first ? 0 : 1);
      if (ExprContext::getBoolean(x.attends) == true)
        return all(score);
      return {x.attends, c.op(score->name, score->type, {x.value, factor},
                              score->attributes)};
    }
  }
  return all(score);
}

static bool contains(Expr expr, Expr part, DenseSet<Expr> &seen) {
  if (expr == part)
    return true;
  return seen.insert(expr).second && llvm::any_of(expr->operands, [&](Expr e) {
           return contains(e, part, seen);
         });
}

ScaledScore mlir::attn::recognize::splitScale(ExprContext &c, Expr score,
                                              Expr product) {
  // The factors on the way up from the product.
  double scale = 1;
  Expr scaled = product;
  std::function<Expr(Expr)> findUser = [&](Expr e) -> Expr {
    if (llvm::is_contained(e->operands, scaled))
      return e;
    for (Expr operand : e->operands)
      if (Expr user = findUser(operand))
        return user;
    return nullptr;
  };
  while (Expr user = findUser(score)) {
    unsigned other = user->operands[0] == scaled ? 1 : 0;
    std::optional<double> factor =
        user->operands.size() == 2
            ? ExprContext::getFloat(user->operands[other])
            : std::nullopt;
    if (!factor || !std::isfinite(*factor) || *factor == 0)
      break;
    if (user->is<arith::MulFOp>())
      scale *= *factor;
    else if (user->is<arith::DivFOp>() && other == 1)
      scale /= *factor;
    else
      break;
    scaled = user;
  }
  Expr rest = c.rewrite(
      score, [&](Expr e) -> Expr { return e == scaled ? product : nullptr; });
  DenseSet<Expr> seen;
  // Where the product is also read without the factors, they stay.
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
