//===- Match.h - Softmax and products in expressions ------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCH_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCH_H

#include "TensorReader.h"

namespace mlir::attn::recognize {

/// Numbers of the positions of attention, and of the loops of any other op.
enum Role : int64_t {
  BatchRole,
  HeadRole,
  QueryRole,
  KeyRole,
  FeatureRole,
  ValueRole,
  /// Keys and one sink.
  ColumnRole = 7,
  FirstLoop = 8
};

/// sum over one loop of lhs * rhs, from 0.
struct Contraction {
  Operation *op;
  OpOperand *operands[2];

  linalg::LinalgOp getLinalg() const { return cast<linalg::LinalgOp>(op); }
};
std::optional<Contraction> matchContraction(TensorReader &reader,
                                            Operation *op);

/// Where `condition` holds, the weights are replaced by 0. `isNaN`: it is that
/// the weight is not a number, and nothing more is to be proved.
struct Guard {
  Expr condition;
  bool isNaN;
};

struct Softmax {
  /// Without casts; -inf where a weight was set to 0 before the sum.
  Expr scores;
  SmallVector<Guard> guards;
  /// A logit that is in the sum, and has no weight; null where there is none.
  Expr sink = nullptr;
};

/// exp(logit - shift) beside the exponentials of a softmax; without a shift it
/// is null.
struct ShiftedLogit {
  Expr logit, shift;
};

/// Finds the scores whose softmax over `key` the weights are.
class SoftmaxMatcher {
public:
  SoftmaxMatcher(TensorReader &reader, Expr key)
      : r(reader), c(reader.c), key(key) {}

  std::optional<Softmax> match(Expr weights);

  /// Weights that are all columns but one of a softmax: that one is a sink.
  std::optional<Softmax> matchWithSink(Expr weights);

  /// What stopped a near miss, and the op that did; empty where there is no
  /// softmax at all.
  std::string obstacle;
  Operation *obstacleOp = nullptr;
  /// What was looked for an exponential.
  bool sawExponential = false;

private:
  Expr strip(Expr expr);
  bool matchGuard(Expr weights, Softmax &softmax);
  std::optional<Softmax> matchQuotient(Expr numerator, Expr denominator);
  std::optional<Softmax> matchExponential(Expr exponent);
  std::optional<Softmax> splitSink(const Softmax &softmax, Expr columns,
                                   int64_t firstKey);
  std::optional<Softmax> matchSinkInSum(Expr numerator, Expr denominator);
  std::optional<Softmax> matchLogit(Expr numerator, Expr sum,
                                    const ShiftedLogit &logit, double initial);
  SmallVector<ShiftedLogit> readLogits(Expr term);
  Expr dropMaximum(Expr scores);
  Expr matchNumerator(Expr numerator, Expr *maximum = nullptr);
  bool isSum(Expr denominator, Expr numerator, double initial = 0);
  bool isMaximum(Expr expr, Expr scores);
  bool isWithoutKeys(Expr condition, bool holds, ArrayRef<StringRef> combiners,
                     Expr element);
  bool isReduction(Expr expr, ArrayRef<StringRef> combiners, Expr element,
                   double initial = 0);
  bool isFloor(Expr expr, bool ofSum);
  std::nullopt_t fail(const Twine &message, Expr where);

  TensorReader &r;
  ExprContext &c;
  Expr key;
  /// A logit beside the keys' scores, which their maximum may count in.
  Expr sink = nullptr;
};

bool isFloatCast(Expr e);

/// Whether a position has but one value: it is a constant then, that nothing
/// goes by.
bool hasOneValue(Expr position);

/// How many values a position has.
Expr getExtent(ExprContext &c, Expr position);

/// `expr` with every read looked through and without float casts.
Expr plain(TensorReader &reader, Expr expr);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_MATCH_H
