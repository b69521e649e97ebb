//===- AttentionInputs.cpp - Checked operands of attention ----------------===//

#include "AttentionInputs.h"

#include "Checks.h"

#include <cmath>
#include <limits>

namespace attn::reference {

static Status checkSizes(const AttentionInputs &in) {
  ATTN_TRY(checkSize("key", "batch size", in.batch, "query", in.key.dim(0)));
  ATTN_TRY(
      checkSize("value", "batch size", in.batch, "query", in.value.dim(0)));
  ATTN_TRY(
      checkSize("value", "head count", in.kvHeads, "key", in.value.dim(1)));
  ATTN_TRY(checkSize("value", "length", in.keys, "key", in.value.dim(2)));
  ATTN_TRY(checkSize("key", "head size", in.headSize, "query", in.key.dim(3)));
  return checkHeadGroups(in.queryHeads, in.kvHeads);
}

Result<AttentionInputs>
AttentionInputs::create(const Tensor &query, const Tensor &key,
                        const Tensor &value, const AttentionOptions &options) {
  Result<Tensor> q = toCanonical(query, options.queryLayout, 4, "query");
  ATTN_TRY(q);
  Result<Tensor> k = toCanonical(key, options.keyLayout, 4, "key");
  ATTN_TRY(k);
  Result<Tensor> v = toCanonical(value, options.valueLayout, 4, "value");
  ATTN_TRY(v);

  AttentionInputs in;
  in.query = std::move(*q);
  in.key = std::move(*k);
  in.value = std::move(*v);
  in.batch = in.query.dim(0);
  in.queryHeads = in.query.dim(1);
  in.queries = in.query.dim(2);
  in.headSize = in.query.dim(3);
  in.kvHeads = in.key.dim(1);
  in.keys = in.key.dim(2);
  in.valueSize = in.value.dim(3);
  ATTN_TRY(checkSizes(in));
  // D1
  in.scale = options.scale.value_or(defaultScale(in.headSize));
  const bool wide = query.dtype() == DType::f64 || key.dtype() == DType::f64 ||
                    value.dtype() == DType::f64;
  in.statistics = wide ? DType::f64 : DType::f32;
  return in;
}

double defaultScale(int64_t headSize) {
  return headSize == 0 ? 1 : 1 / std::sqrt(double(headSize));
}

double AttentionInputs::scaledScore(const Position &at) const {
  const int64_t g = kvHeadOf(at.h);
  const double *q = query.dataAs<double>() +
                    ((at.b * queryHeads + at.h) * queries + at.i) * headSize;
  const double *k =
      key.dataAs<double>() + ((at.b * kvHeads + g) * keys + at.j) * headSize;
  double product = 0;
  for (int64_t d = 0; d < headSize; ++d)
    product += q[d] * k[d];
  return scale * product;
}

const double *AttentionInputs::valueRow(const Position &at) const {
  const int64_t g = kvHeadOf(at.h);
  return value.dataAs<double>() +
         ((at.b * kvHeads + g) * keys + at.j) * valueSize;
}

Result<ScoreRow> scoreRow(const AttentionInputs &inputs,
                          const AttentionOptions &options, Position row) {
  constexpr double minusInfinity = -std::numeric_limits<double>::infinity();
  ScoreRow result;
  result.max = minusInfinity;
  for (Position at = row; at.j < inputs.keys; ++at.j) {
    const double s0 = inputs.scaledScore(at);
    const Score s = options.score ? options.score(s0, at) : Score(s0);
    // D4: the mask is true and the score is not -inf.
    const bool attends =
        (!options.mask || options.mask(at)) && s.value != minusInfinity;
    if (options.wantScores == ScoresStage::intermediate && !s.intermediate)
      return fail("score: expected an intermediate score beside the score, "
                  "got none");
    result.scaled.push_back(s0);
    result.intermediate.push_back(s.intermediate.value_or(s0));
    result.modified.push_back(attends ? s.value : minusInfinity);
    result.attends.push_back(attends);
    // D4: an attended NaN makes its row NaN, so it must win the maximum.
    if (attends && !(s.value <= result.max))
      result.max = std::isnan(result.max) ? result.max : s.value;
  }
  return result;
}

} // namespace attn::reference
