//===- SplitMask.cpp - Which pairs a score masks --------------------------===//
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

namespace {
/// x * constant, where the constant is near the least or greatest finite float.
struct Penalty {
  Expr amount;
  double constant;
};
} // namespace

static std::optional<Penalty> getPenalty(Expr score) {
  if (!score->is<arith::MulFOp>())
    return std::nullopt;
  for (unsigned n : {0, 1}) {
    std::optional<double> value = ExprContext::getFloat(score->operands[n]);
    if (value && std::fabs(*value) >= -lowest && !std::isinf(*value))
      return Penalty{score->operands[1 - n], *value};
  }
  return std::nullopt;
}

static bool hasLowest(Expr score, DenseSet<Expr> &seen) {
  return seen.insert(score).second &&
         (isLowest(score) || getPenalty(score) ||
          llvm::any_of(score->operands,
                       [&](Expr e) { return hasLowest(e, seen); }));
}

bool mlir::attn::recognize::hasLowest(Expr score) {
  DenseSet<Expr> seen;
  return ::hasLowest(score, seen);
}

namespace {
/// Follows a score from where it is masked.
class MaskSplitter {
public:
  MaskSplitter(ExprContext &c, bool lowestMasks)
      : c(c), lowestMasks(lowestMasks) {}

  MaskedScore split(Expr score);

private:
  MaskedScore splitSelection(Expr score);
  MaskedScore splitSum(Expr x, Expr y);
  Expr negateProduct(Expr score);
  MaskedScore splitPenalty(Expr score, const Penalty &penalty);
  std::optional<MaskedScore> splitScaled(Expr score);

  MaskedScore all(Expr value) {
    return {c.boolean(true), value, c.boolean(true)};
  }
  MaskedScore none(Type type) {
    return {c.boolean(false), c.floating(type, 0), c.boolean(true)};
  }

  ExprContext &c;
  bool lowestMasks;
};
} // namespace

MaskedScore MaskSplitter::splitSelection(Expr score) {
  Expr condition = score->operands[0];
  MaskedScore x = split(score->operands[1]), y = split(score->operands[2]);
  Expr attends = c.select(condition, x.attends, y.attends);
  Expr decided = c.select(condition, x.decided, y.decided);
  if (ExprContext::getBoolean(x.attends) == false)
    return {attends, y.value, decided};
  if (ExprContext::getBoolean(y.attends) == false)
    return {attends, x.value, decided};
  return {attends, c.select(condition, x.value, y.value), decided};
}

MaskedScore MaskSplitter::splitSum(Expr a, Expr b) {
  MaskedScore x = split(a), y = split(b);
  return {c.andOf(x.attends, y.attends),
          c.op<arith::AddFOp>(a->type, {x.value, y.value}),
          c.andOf(x.decided, y.decided)};
}

/// x * -c, where `score` is a - x * c.
Expr MaskSplitter::negateProduct(Expr score) {
  if (!score->is<arith::SubFOp>() || !score->operands[1]->is<arith::MulFOp>())
    return nullptr;
  Expr product = score->operands[1];
  for (unsigned n : {0, 1})
    if (std::optional<double> value =
            ExprContext::getFloat(product->operands[n]))
      return c.op<arith::MulFOp>(
          product->type,
          {product->operands[1 - n], c.floating(product->type, -*value)});
  return nullptr;
}

/// (1 - mask) * lowest, as a score or added to it.
MaskedScore MaskSplitter::splitPenalty(Expr score, const Penalty &penalty) {
  using P = arith::CmpFPredicate;
  Expr amount = penalty.amount;
  Expr attends = c.compare(P::OEQ, amount, c.floating(amount->type, 0));
  Expr masked = penalty.constant < 0
                    ? c.compare(P::OGE, amount, c.floating(amount->type, 1))
                    : c.compare(P::OLE, amount, c.floating(amount->type, -1));
  return {attends, c.floating(score->type, 0), c.orOf(attends, masked)};
}

/// A positive factor changes nothing of what is masked.
std::optional<MaskedScore> MaskSplitter::splitScaled(Expr score) {
  bool quotient = score->is<arith::DivFOp>();
  if (!quotient && !score->is<arith::MulFOp>())
    return std::nullopt;
  for (bool first : {true, false}) {
    Expr factor = score->operands[first ? 1 : 0];
    std::optional<double> value = ExprContext::getFloat(factor);
    if (!value || !(*value > 0) || std::isinf(*value) || (quotient && !first))
      continue;
    MaskedScore x = split(score->operands[first ? 0 : 1]);
    if (ExprContext::getBoolean(x.attends) == true)
      return std::nullopt;
    return MaskedScore{
        x.attends,
        c.op(score->name, score->type, {x.value, factor}, score->attributes),
        x.decided};
  }
  return std::nullopt;
}

MaskedScore MaskSplitter::split(Expr score) {
  std::optional<double> constant = ExprContext::getFloat(score);
  if (constant && std::isinf(*constant) && *constant < 0)
    return none(score->type);
  if (lowestMasks && isLowest(score))
    return none(score->type);
  if (score->is<arith::SelectOp>())
    return splitSelection(score);
  if (score->is<arith::AddFOp>())
    return splitSum(score->operands[0], score->operands[1]);
  if (Expr negated = negateProduct(score))
    return splitSum(score->operands[0], negated);
  std::optional<Penalty> penalty =
      lowestMasks ? getPenalty(score) : std::nullopt;
  if (penalty)
    return splitPenalty(score, *penalty);
  // What was masked is no less masked by a bound from below.
  if (lowestMasks && score->is<arith::MaximumFOp>())
    for (bool first : {true, false})
      if (isLowest(score->operands[first ? 0 : 1]))
        return split(score->operands[first ? 1 : 0]);
  if (std::optional<MaskedScore> scaled = splitScaled(score))
    return *scaled;
  return all(score);
}

MaskedScore mlir::attn::recognize::splitMask(ExprContext &c, Expr score,
                                             bool lowestMasks) {
  return MaskSplitter(c, lowestMasks).split(score);
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
