//===- Scores.cpp - Scale, mask and modifiers of scores -------------------===//
#include "Scores.h"
#include "mlir/Dialect/Math/IR/Math.h"
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

static bool hasLowest(Expr score, DenseSet<Expr> &seen) {
  return seen.insert(score).second &&
         (isLowest(score) || llvm::any_of(score->operands, [&](Expr e) {
            return hasLowest(e, seen);
          }));
}

bool mlir::attn::recognize::hasLowest(Expr score) {
  DenseSet<Expr> seen;
  return ::hasLowest(score, seen);
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
  // What was masked is no less masked by a bound from below.
  if (lowestMasks && score->is<arith::MaximumFOp>())
    for (bool first : {true, false})
      if (isLowest(score->operands[first ? 0 : 1]))
        return operand(first ? 1 : 0);
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

namespace {
/// How often the least finite float is in the score of one pair: 0, 1 or
/// "more", which stands for all that is not followed.
class LowestCounter {
public:
  unsigned count(Expr score) {
    if (isLowest(score)) {
      bool isSame = !found || found == score;
      found = score;
      return isSame ? 1 : more;
    }
    auto it = known.find(score);
    if (it != known.end())
      return it->second;
    return known[score] = countInOperands(score);
  }

private:
  static constexpr unsigned more = 2;

  unsigned countInOperands(Expr score) {
    if (score->is<arith::SelectOp>())
      return count(score->operands[0]) ? more
                                       : std::max(count(score->operands[1]),
                                                  count(score->operands[2]));
    unsigned sum = 0;
    for (Expr operand : score->operands)
      sum += count(operand);
    return sum && !score->is<arith::AddFOp>() ? more : std::min(sum, more);
  }

  Expr found = nullptr;
  DenseMap<Expr, unsigned> known;
};
} // namespace

bool mlir::attn::recognize::isOneLowestWhereMasked(Expr score) {
  return LowestCounter().count(score) == 1;
}

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
