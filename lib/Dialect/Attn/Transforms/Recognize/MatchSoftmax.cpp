//===- MatchSoftmax.cpp - Weights to the scores they are a softmax of -----===//
#include "Match.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

bool mlir::attn::recognize::isFloatCast(Expr e) {
  return e->is<arith::ExtFOp>() || e->is<arith::TruncFOp>();
}

bool mlir::attn::recognize::hasOneValue(Expr position) {
  return ExprContext::getInteger(position).has_value();
}

Expr mlir::attn::recognize::getExtent(ExprContext &c, Expr position) {
  return hasOneValue(position) ? c.integer(1) : position->getExtent();
}

Expr mlir::attn::recognize::plain(TensorReader &reader, Expr expr) {
  return reader.c.rewrite(reader.full(expr), [&](Expr e) -> Expr {
    return isFloatCast(e) ? plain(reader, e->operands[0]) : nullptr;
  });
}

std::optional<Contraction>
mlir::attn::recognize::matchContraction(TensorReader &reader, Operation *op) {
  auto linalg = dyn_cast_if_present<linalg::LinalgOp>(op);
  if (!linalg || linalg.getNumReductionLoops() != 1 ||
      linalg.getNumDpsInputs() != 2 || linalg.getNumDpsInits() != 1 ||
      !linalg.hasPureTensorSemantics())
    return std::nullopt;
  auto sum = linalg.getBlock()
                 ->getTerminator()
                 ->getOperand(0)
                 .getDefiningOp<arith::AddFOp>();
  if (!sum)
    return std::nullopt;
  Value accumulator = linalg.getRegionOutputArgs()[0];
  Value other = sum.getLhs() == accumulator ? sum.getRhs() : sum.getLhs();
  auto product = other.getDefiningOp<arith::MulFOp>();
  if (!product || (sum.getLhs() != accumulator && sum.getRhs() != accumulator))
    return std::nullopt;
  auto isOperand = [&](Value value, OpOperand *operand) {
    while (auto extension = value.getDefiningOp<arith::ExtFOp>())
      value = extension.getIn();
    return value == linalg.getMatchingBlockArgument(operand);
  };
  OpOperand *x = linalg.getDpsInputOperand(0),
            *y = linalg.getDpsInputOperand(1);
  if (!(isOperand(product.getLhs(), x) && isOperand(product.getRhs(), y)) &&
      !(isOperand(product.getLhs(), y) && isOperand(product.getRhs(), x)))
    return std::nullopt;
  Value init = linalg.getDpsInits()[0];
  SmallVector<Expr> anywhere;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(init.getType()).getRank();
       ++dim)
    anywhere.push_back(
        reader.c.position(FirstLoop + dim, reader.sizeOf(init, dim)));
  if (ExprContext::getFloat(reader.head(reader.c.read(init, anywhere))) != 0.0)
    return std::nullopt;
  return Contraction{linalg, {x, y}};
}

/// The op that computes the element, or something that goes into it.
static Operation *findOp(Expr expr) {
  if (expr->isRead() && expr->value.getDefiningOp())
    return expr->value.getDefiningOp();
  for (Expr operand : expr->operands)
    if (Operation *op = findOp(operand))
      return op;
  return nullptr;
}

std::nullopt_t SoftmaxMatcher::fail(const Twine &message, Expr where) {
  if (!obstacle.empty())
    return std::nullopt;
  obstacle = message.str();
  obstacleOp = findOp(where);
  return std::nullopt;
}

Expr SoftmaxMatcher::strip(Expr expr) {
  expr = r.head(expr);
  while (isFloatCast(expr))
    expr = r.head(expr->operands[0]);
  return expr;
}

/// A comparison that holds for nothing between 0 and 1, nor for NaN; what is
/// 1 may have been rounded.
static bool isBeyondWeights(arith::CmpFPredicate predicate, double bound) {
  using P = arith::CmpFPredicate;
  switch (predicate) {
  case P::OEQ:
    return bound < 0 || bound >= 2;
  case P::OGT:
  case P::OGE:
    return bound >= 2;
  case P::OLT:
  case P::OLE:
    return bound < 0;
  default:
    return false;
  }
}

/// Whether a condition holds for no weight: nan_to_num replaces infinities.
static bool neverHolds(Expr condition, Expr weights) {
  auto recurse = [&](Expr e) { return neverHolds(e, weights); };
  if (condition->is<arith::OrIOp>())
    return llvm::all_of(condition->operands, recurse);
  if (condition->is<arith::AndIOp>())
    return llvm::any_of(condition->operands, recurse);
  if (!condition->is<arith::CmpFOp>() || condition->operands[0] != weights)
    return false;
  std::optional<double> bound = ExprContext::getFloat(condition->operands[1]);
  return bound &&
         isBeyondWeights(
             static_cast<arith::CmpFPredicate>(
                 cast<IntegerAttr>(condition->attributes.get("predicate"))
                     .getInt()),
             *bound);
}

/// Whether a condition holds where `value` is no number, and nowhere else.
static bool isNaN(ExprContext &c, Expr condition, Expr value) {
  Expr compare =
      condition->is<arith::XOrIOp>() ? condition->operands[0] : condition;
  if (!compare->is<arith::CmpFOp>() || compare->operands[0] != value ||
      compare->operands[1] != value)
    return false;
  // A number is as equal to itself as 0 is.
  auto holdsAt = [&](double number) {
    Expr constant = c.floating(value->type, number);
    return ExprContext::getBoolean(c.rewrite(condition, [&](Expr e) -> Expr {
      return e == value ? constant : nullptr;
    }));
  };
  return holdsAt(std::numeric_limits<double>::quiet_NaN()) == true &&
         holdsAt(0) == false;
}

/// Dropout of a model in training multiplies weights; the difference of two
/// softmaxes is one of differential attention.
static std::optional<StringRef> describeChange(Expr weights) {
  if (weights->is<arith::MulFOp>())
    return "multiplies";
  if (weights->is<arith::AddFOp>() || weights->is<arith::SubFOp>())
    return "is added to or taken from";
  return std::nullopt;
}

std::optional<Softmax> SoftmaxMatcher::match(Expr weights) {
  weights = strip(weights);
  if (weights->is<arith::SelectOp>()) {
    if (neverHolds(plain(r, weights->operands[0]),
                   plain(r, weights->operands[2])))
      return match(weights->operands[2]);
    // The value where a guard does not hold.
    bool first = ExprContext::getFloat(strip(weights->operands[1])) == 0.0;
    bool second = ExprContext::getFloat(strip(weights->operands[2])) == 0.0;
    if (first == second)
      return std::nullopt;
    Expr inner = weights->operands[first ? 2 : 1];
    std::optional<Softmax> softmax = match(inner);
    if (!softmax)
      return std::nullopt;
    Expr condition = plain(r, weights->operands[0]);
    if (!first)
      condition = c.notOf(condition);
    softmax->guards.push_back(
        {condition, isNaN(c, condition, plain(r, inner))});
    return softmax;
  }
  if (weights->is<arith::DivFOp>())
    return matchQuotient(weights->operands[0], weights->operands[1]);
  if (weights->is<arith::MulFOp>())
    for (auto [x, y] : {std::pair(0, 1), std::pair(1, 0)}) {
      Expr inverse = strip(weights->operands[y]);
      if (inverse->is<arith::DivFOp>() &&
          ExprContext::getFloat(strip(inverse->operands[0])) == 1.0)
        return matchQuotient(weights->operands[x], inverse->operands[1]);
    }
  if (std::optional<StringRef> what = describeChange(weights))
    for (unsigned n : {0, 1})
      if (weights->operands[n]->dependsOn(key) && match(weights->operands[n]))
        return fail("expected weights that nothing " + *what +
                        " before they meet the values",
                    weights->operands[1 - n]);
  if (weights->is<math::ExpOp>())
    return matchExponential(weights->operands[0]);
  if (weights->isRead())
    if (auto op = weights->value.getDefiningOp<linalg::SoftmaxOp>()) {
      sawExponential = true;
      int64_t dim = op.getDimension();
      if (weights->operands[dim] != key ||
          r.sizeOf(op.getInput(), dim) != getExtent(c, key))
        return fail("expected the softmax to be over the keys", weights);
      r.visited.insert(op);
      Expr scores = c.read(op.getInput(), weights->operands);
      return Softmax{plain(r, dropMaximum(scores)), {}};
    }
  return std::nullopt;
}

std::optional<Softmax> SoftmaxMatcher::matchQuotient(Expr numerator,
                                                     Expr denominator) {
  if (std::optional<Softmax> softmax = matchSinkInSum(numerator, denominator))
    return softmax;
  Expr scores = matchNumerator(numerator);
  if (!scores)
    return std::nullopt;
  if (!isSum(denominator, numerator))
    return fail("expected the exponentials to be divided by their own sum over "
                "the keys",
                denominator);
  return Softmax{scores, {}};
}

/// The scores; `maximum`, where given, is set to what is subtracted from them,
/// and what was subtracted before stays.
Expr SoftmaxMatcher::matchNumerator(Expr numerator, Expr *maximum) {
  numerator = strip(numerator);
  if (numerator->is<arith::SelectOp>()) {
    Expr condition = plain(r, numerator->operands[0]);
    for (bool first : {true, false}) {
      if (ExprContext::getFloat(strip(numerator->operands[first ? 2 : 1])) !=
          0.0)
        continue;
      Expr scores = matchNumerator(numerator->operands[first ? 1 : 2], maximum);
      if (!scores)
        return nullptr;
      Expr lowest =
          c.floating(scores->type, -std::numeric_limits<double>::infinity());
      return first ? c.select(condition, scores, lowest)
                   : c.select(condition, lowest, scores);
    }
    return nullptr;
  }
  if (!numerator->is<math::ExpOp>())
    return nullptr;
  sawExponential = true;
  Expr exponent = strip(numerator->operands[0]);
  if (exponent->is<arith::SubFOp>() &&
      (hasOneValue(key) || exponent->operands[0]->dependsOn(key)) &&
      !exponent->operands[1]->dependsOn(key)) {
    if (maximum)
      *maximum = exponent->operands[1];
    if (isMaximum(exponent->operands[1], exponent->operands[0]))
      return plain(r, maximum ? exponent->operands[0]
                              : dropMaximum(exponent->operands[0]));
    fail("expected the maximum of the scores themselves to be subtracted",
         exponent->operands[1]);
    return nullptr;
  }
  return plain(r, exponent);
}

/// Scores without a maximum of theirs that was subtracted before the softmax.
Expr SoftmaxMatcher::dropMaximum(Expr scores) {
  Expr e = strip(scores);
  bool isShifted = e->is<arith::SubFOp>() && !e->operands[1]->dependsOn(key) &&
                   isMaximum(e->operands[1], e->operands[0]);
  return isShifted ? dropMaximum(e->operands[0]) : scores;
}

/// exp(scores - maximum - log(sum)), in any order.
std::optional<Softmax> SoftmaxMatcher::matchExponential(Expr exponent) {
  sawExponential = true;
  SmallVector<Expr> subtracted;
  std::function<void(Expr)> collect = [&](Expr e) {
    Expr sum = strip(e);
    if (!sum->is<arith::AddFOp>()) {
      subtracted.push_back(e);
      return;
    }
    collect(sum->operands[0]);
    collect(sum->operands[1]);
  };
  Expr scores = exponent;
  for (Expr e = strip(scores);
       e->is<arith::SubFOp>() && !e->operands[1]->dependsOn(key);
       e = strip(scores)) {
    collect(e->operands[1]);
    scores = e->operands[0];
  }
  Expr logarithm = nullptr, maximum = nullptr;
  for (Expr term : subtracted)
    (strip(term)->is<math::LogOp>() ? logarithm : maximum) = term;
  if (!logarithm || subtracted.size() > 2 ||
      (subtracted.size() == 2 && !maximum))
    return std::nullopt;
  Expr shifted = scores;
  if (maximum) {
    if (!isMaximum(maximum, scores))
      return fail(
          "expected the maximum of the scores themselves to be subtracted",
          maximum);
    shifted = c.op<arith::SubFOp>(scores->type, {scores, maximum});
  }
  Expr numerator = c.op<math::ExpOp>(shifted->type, {shifted});
  Expr sum = strip(logarithm)->operands[0];
  if (std::optional<Softmax> softmax = matchSinkInSum(numerator, sum))
    return softmax;
  if (!isSum(sum, numerator))
    return fail(
        "expected the logarithm of the sum of the exponentials over the "
        "keys",
        logarithm);
  return Softmax{plain(r, scores), {}};
}

/// Whether a condition has the value `holds` only where the sum is 0: another
/// divisor then changes nothing.
bool SoftmaxMatcher::isWithoutKeys(Expr condition, bool holds,
                                   ArrayRef<StringRef> combiners,
                                   Expr element) {
  using P = arith::CmpFPredicate;
  condition = plain(r, condition);
  if (!holds)
    condition = c.notOf(condition);
  if (!condition->is<arith::CmpFOp>())
    return false;
  auto predicate = static_cast<P>(
      cast<IntegerAttr>(condition->attributes.get("predicate")).getInt());
  const bool isEqual = predicate == P::OEQ || predicate == P::UEQ;
  for (unsigned sum : {0, 1}) {
    std::optional<double> bound =
        ExprContext::getFloat(condition->operands[1 - sum]);
    if (bound && *bound < 1e-20 &&
        (isEqual ||
         (sum == 0 &&
          llvm::is_contained({P::OLE, P::OLT, P::ULE, P::ULT}, predicate))))
      return isReduction(condition->operands[sum], combiners, element);
  }
  return false;
}

/// What a maximum or a sum may be bounded by from below: next to nothing, or,
/// of a maximum, a sink.
bool SoftmaxMatcher::isFloor(Expr expr, bool ofSum) {
  std::optional<double> floor = ExprContext::getFloat(strip(expr));
  if (floor)
    return *floor < 1e-20;
  return !ofSum && sink && plain(r, expr) == sink;
}

bool SoftmaxMatcher::isReduction(Expr expr, ArrayRef<StringRef> combiners,
                                 Expr element, double initial) {
  expr = strip(expr);
  // Guards for rows without keys: where(sum == 0, 1, sum), max(sum, tiny).
  const bool isSum = combiners.front() == arith::AddFOp::getOperationName();
  if (expr->is<arith::SelectOp>())
    for (bool first : {true, false}) {
      std::optional<double> other =
          ExprContext::getFloat(strip(expr->operands[first ? 1 : 2]));
      if (!other || !std::isfinite(*other))
        continue;
      if (isSum && (*other == 0 || !isWithoutKeys(expr->operands[0], first,
                                                  combiners, element)))
        return false;
      return isReduction(expr->operands[first ? 2 : 1], combiners, element,
                         initial);
    }
  if (expr->is<arith::MaximumFOp>() || expr->is<arith::MaxNumFOp>())
    for (bool first : {true, false})
      if (isFloor(expr->operands[first ? 0 : 1], isSum))
        return isReduction(expr->operands[first ? 1 : 0], combiners, element,
                           initial);
  std::optional<Reduction> reduction = r.readReduction(expr, key);
  return reduction &&
         llvm::is_contained(combiners, reduction->combiner.getValue()) &&
         (!isSum || ExprContext::getFloat(reduction->initial) == initial) &&
         plain(r, reduction->element) == plain(r, element);
}

bool SoftmaxMatcher::isSum(Expr denominator, Expr numerator, double initial) {
  return isReduction(denominator, {"arith.addf"}, numerator, initial);
}

bool SoftmaxMatcher::isMaximum(Expr expr, Expr scores) {
  return isReduction(expr, {"arith.maximumf", "arith.maxnumf"}, scores);
}
