//===- MatchSink.cpp - Softmax with one logit more in its sum -------------===//
#include "Match.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

//===----------------------------------------------------------------------===//
// A column of its own
//===----------------------------------------------------------------------===//

std::optional<Softmax> SoftmaxMatcher::matchWithSink(Expr weights) {
  // Down the views, to a tensor with one column more.
  for (Expr e = weights; e;) {
    if (!e->isRead()) {
      e = isFloatCast(e) ? e->operands[0] : nullptr;
      continue;
    }
    for (auto [dim, index] : llvm::enumerate(e->operands)) {
      Expr size = r.sizeOf(e->value, dim);
      std::optional<int64_t> firstKey =
          ExprContext::getInteger(c.sub(index, key));
      if (!firstKey || *firstKey < 0 || *firstKey > 1 ||
          c.sub(size, getExtent(c, key)) != c.integer(1))
        continue;
      Expr columns = c.position(ColumnRole, size);
      SmallVector<Expr> at(e->operands.begin(), e->operands.end());
      at[dim] = columns;
      SoftmaxMatcher matcher(r, columns);
      std::optional<Softmax> softmax = matcher.match(c.read(e->value, at));
      return softmax ? splitSink(*softmax, columns, *firstKey) : std::nullopt;
    }
    e = r.lookThrough(e);
  }
  return std::nullopt;
}

std::optional<Softmax> SoftmaxMatcher::splitSink(const Softmax &softmax,
                                                 Expr columns,
                                                 int64_t firstKey) {
  auto at = [&](Expr column) {
    return plain(r, c.rewrite(softmax.scores, [&](Expr e) -> Expr {
      return e == columns ? column : nullptr;
    }));
  };
  if (!softmax.guards.empty())
    return std::nullopt;
  Expr sink = at(firstKey == 0 ? getExtent(c, key) : c.integer(0));
  if (sink->dependsOn(columns))
    return std::nullopt;
  return Softmax{at(c.add(key, c.integer(firstKey))), {}, sink};
}

//===----------------------------------------------------------------------===//
// A term of the sum
//===----------------------------------------------------------------------===//

/// The ways to read `term` as exp(logit - shift), without a shift or with one.
SmallVector<ShiftedLogit> SoftmaxMatcher::readLogits(Expr term) {
  term = strip(term);
  std::optional<double> constant = ExprContext::getFloat(term);
  if (constant && *constant > 0 && std::isfinite(*constant))
    return {{c.floating(term->type, std::log(*constant)), nullptr}};
  if (!term->is<math::ExpOp>())
    return {};
  Expr exponent = strip(term->operands[0]);
  SmallVector<ShiftedLogit> logits{{exponent, nullptr}};
  if (exponent->is<arith::SubFOp>())
    logits.push_back({exponent->operands[0], exponent->operands[1]});
  if (exponent->is<arith::NegFOp>())
    logits.push_back({c.floating(exponent->type, 0), exponent->operands[0]});
  return logits;
}

/// exp(scores - shift) divided by exp(logit - shift) + their sum.
std::optional<Softmax> SoftmaxMatcher::matchLogit(Expr numerator, Expr sum,
                                                  const ShiftedLogit &logit,
                                                  double initial) {
  sink = plain(r, logit.logit);
  Expr shift = nullptr, scores = matchNumerator(numerator, &shift);
  const bool isShared = scores && !shift == !logit.shift &&
                        (!shift || plain(r, shift) == plain(r, logit.shift));
  std::optional<Softmax> softmax;
  if (isShared && isSum(sum, numerator, initial))
    softmax = Softmax{scores, {}, sink};
  sink = nullptr;
  return softmax;
}

std::optional<Softmax> SoftmaxMatcher::matchSinkInSum(Expr numerator,
                                                      Expr denominator) {
  Expr sum = strip(denominator);
  if (sum->is<arith::AddFOp>()) {
    for (unsigned n : {0, 1}) {
      if (sum->operands[1 - n]->dependsOn(key))
        continue;
      for (const ShiftedLogit &logit : readLogits(sum->operands[1 - n]))
        if (std::optional<Softmax> softmax =
                matchLogit(numerator, sum->operands[n], logit, 0))
          return softmax;
    }
    return std::nullopt;
  }
  // A sum that does not start at 0.
  std::optional<Reduction> reduction = r.readReduction(sum, key);
  std::optional<double> initial =
      reduction ? ExprContext::getFloat(reduction->initial) : std::nullopt;
  if (!initial || *initial == 0)
    return std::nullopt;
  for (const ShiftedLogit &logit : readLogits(reduction->initial))
    if (std::optional<Softmax> softmax =
            matchLogit(numerator, sum, logit, *initial))
      return softmax;
  return std::nullopt;
}
