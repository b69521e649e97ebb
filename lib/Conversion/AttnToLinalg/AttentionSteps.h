//===- AttentionSteps.h - Softmax attention, step by step -------*- C++ -*-===//
// The formula of attn.attention as linalg ops, one a step. Scores are whole
// tensors [batch, kv head, group, query, key] of the score type (f32, or f64,
// D5). A masked score is -inf, and a pair attends iff its masked score is not
// -inf (D4): a NaN attends.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONSTEPS_H
#define ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONSTEPS_H

#include "AttentionLoops.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include <optional>

namespace mlir::attn {

/// The scores at one stage, as another result of the step that makes them.
struct ScoresRequest {
  ScoresStage stage;
  /// The result's tensor to fill in, in the result's layout.
  LoopTensor result;
};

class AttentionSteps {
public:
  AttentionSteps(AttentionLoops &loops, FloatType scoreType)
      : loops(loops), type(scoreType) {}

  /// D1: `scale`, or 1/sqrt(feature size) computed when run.
  Value getScale(std::optional<double> scale);

  /// sum_d Q K, in the score type.
  LoopTensor multiplyQueryKey(const LoopTensor &query, const LoopTensor &key);

  /// scale * product, through the score region, -inf where masked. Empty
  /// regions are the identity and true.
  LoopTensor modifyScores(const LoopTensor &product, Value scale, Region &score,
                          Region &mask, std::optional<ScoresRequest> &request);

  /// max(init, row maximum of the masked scores); NaN wins.
  LoopTensor reduceMaximum(const LoopTensor &masked, const LoopTensor &init);

  /// exp(s - m) where a pair attends, else 0.
  LoopTensor exponentiate(const LoopTensor &masked, const LoopTensor &maximum);

  /// init + row sum.
  LoopTensor reduceSum(const LoopTensor &exponentials, const LoopTensor &init);

  /// e / l, through the prob region, where a pair attends, else 0 (D20).
  LoopTensor normalize(const LoopTensor &exponentials, const LoopTensor &masked,
                       const LoopTensor &sum, Region &prob,
                       std::optional<ScoresRequest> &request);

  /// Whether a weight of 0 means one that underflowed, or is what a prob region
  /// says.
  enum class Zeros { Underflows, Exact };

  /// init + sum_j p V over the pairs that attend, whatever V holds elsewhere
  /// (D3).
  LoopTensor addWeightedValues(const LoopTensor &weights,
                               const LoopTensor &masked,
                               const LoopTensor &value, const LoopTensor &init,
                               Zeros zeros);

  /// The same as a product of matrices where all values are finite.
  LoopTensor multiplyWeightsValue(const LoopTensor &weights,
                                  const LoopTensor &masked,
                                  const LoopTensor &value,
                                  const LoopTensor &init, Zeros zeros);

  /// m + log(l), into `result`.
  LoopTensor getLogSumExp(const LoopTensor &maximum, const LoopTensor &sum,
                          ArrayRef<Loop> result);

  FloatType getType() { return type; }

private:
  /// i1: no element is an infinity or NaN.
  Value areFinite(const LoopTensor &tensor);
  /// (batch, query head, query, key) in the body of a linalg.generic over
  /// scores.
  SmallVector<Value> getPositions(OpBuilder &builder, Location loc);
  /// A copy of the region's ops; what it yields.
  SmallVector<Value> inlineRegion(OpBuilder &builder, Location loc,
                                  Region &region, ValueRange first);

  AttentionLoops &loops;
  FloatType type;
};

/// Whether a maximum or masked score is not -inf; a NaN is not.
Value isNotMinusInfinity(OpBuilder &builder, Location loc, Value value);

/// exp(maximum - newMaximum), the factor from one maximum to another; 0 where
/// nothing was seen, even if both are -inf.
Value getRescale(OpBuilder &builder, Location loc, Value maximum,
                 Value newMaximum);

/// The same for what has been accumulated, infinities among it: at least the
/// least positive number where something was seen.
Value getStateFactor(OpBuilder &builder, Location loc, Value maximum,
                     Value newMaximum);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOLINALG_ATTENTIONSTEPS_H
