//===- AttentionState.cpp - The algebra of attention states ---------------===//

#include "attn/Reference/AttentionState.h"

#include "AttentionInputs.h"
#include "Checks.h"

#include <cmath>
#include <limits>

namespace attn::reference {

namespace {

constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

double maxOrNaN(double a, double b) {
  return std::isnan(a) || a > b ? a : b; // b, where it is NaN
}

/// exp(m - max), where a part that has seen nothing counts nothing: not even
/// NaN when both are -inf.
double rescale(double m, double max) {
  return m == minusInfinity ? 0 : std::exp(m - max);
}

Status checkState(const AttentionState &state, const char *name) {
  const Tensor &acc = state.acc;
  ATTN_TRY(checkRank(name, 4, acc));
  if (acc.dtype() != DType::f32 && acc.dtype() != DType::f64)
    return fail(name, ": expected a state of f32 or f64, got ",
                dtypeName(acc.dtype()));
  const Shape rows = {acc.dim(0), acc.dim(1), acc.dim(2)};
  ATTN_TRY(checkShape(name, rows, state.max));
  ATTN_TRY(checkShape(name, rows, state.sum));
  if (state.max.dtype() != acc.dtype() || state.sum.dtype() != acc.dtype())
    return fail(name, ": expected max and sum of type ", dtypeName(acc.dtype()),
                ", got ", dtypeName(state.max.dtype()), " and ",
                dtypeName(state.sum.dtype()));
  return success();
}

AttentionState cast(const AttentionState &state, DType type) {
  return {state.acc.cast(type), state.max.cast(type), state.sum.cast(type)};
}

/// Folds the scores of one row into a state of f64.
void attendRow(const AttentionInputs &in, const ScoreRow &scores, Position row,
               AttentionState &state) {
  const int64_t n = (row.b * in.queryHeads + row.h) * in.queries + row.i;
  double &m = state.max.dataAs<double>()[n];
  double &l = state.sum.dataAs<double>()[n];
  double *acc = state.acc.dataAs<double>() + n * in.valueSize;

  const double newMax = maxOrNaN(m, scores.max);
  if (newMax == minusInfinity)
    return;
  const double old = rescale(m, newMax);
  l *= old;
  for (int64_t d = 0; d < in.valueSize; ++d)
    acc[d] *= old;
  for (Position at = row; at.j < in.keys; ++at.j) {
    if (!scores.attends[at.j]) // D3
      continue;
    const double p = std::exp(scores.modified[at.j] - newMax);
    const double *v = in.valueRow(at);
    l += p;
    for (int64_t d = 0; d < in.valueSize; ++d)
      acc[d] += p * v[d];
  }
  m = newMax;
}

Status checkTile(const AttentionInputs &in, const AttentionState &state,
                 const AttentionOptions &options) {
  ATTN_TRY(checkState(state, "state"));
  ATTN_TRY(checkShape(
      "state", {in.batch, in.queryHeads, in.queries, in.valueSize}, state.acc));
  if (options.sink || options.prob || options.wantLse || options.wantScores)
    return fail("attend: expected no sink, prob or further result, got one");
  return success();
}

} // namespace

Result<AttentionState> initState(int64_t batch, int64_t heads, int64_t queries,
                                 int64_t valueSize, DType type) {
  Result<Tensor> acc = Tensor::create(type, {batch, heads, queries, valueSize});
  ATTN_TRY(acc);
  Result<Tensor> max = Tensor::create(type, {batch, heads, queries});
  ATTN_TRY(max);
  AttentionState state{std::move(*acc), *max, *max};
  for (int64_t n = 0; n < state.max.size(); ++n)
    state.max.set(n, minusInfinity);
  ATTN_TRY(checkState(state, "state"));
  return state;
}

Result<AttentionState> attend(const Tensor &query, const Tensor &key,
                              const Tensor &value, const AttentionState &state,
                              const AttentionOptions &options) {
  Result<AttentionInputs> in =
      AttentionInputs::create(query, key, value, options);
  ATTN_TRY(in);
  ATTN_TRY(checkTile(*in, state, options));
  AttentionState result = cast(state, DType::f64);
  for (int64_t b = 0; b < in->batch; ++b)
    for (int64_t h = 0; h < in->queryHeads; ++h)
      for (int64_t i = 0; i < in->queries; ++i) {
        Result<ScoreRow> scores = scoreRow(*in, options, {b, h, i, 0});
        ATTN_TRY(scores);
        attendRow(*in, *scores, {b, h, i, 0}, result);
      }
  return cast(result, state.acc.dtype());
}

Result<AttentionState> mergeStates(const AttentionState &left,
                                   const AttentionState &right) {
  ATTN_TRY(checkState(left, "left"));
  ATTN_TRY(checkState(right, "right"));
  ATTN_TRY(checkShape("right", left.acc.shape(), right.acc));
  if (left.acc.dtype() != right.acc.dtype())
    return fail("right: expected a state of ", dtypeName(left.acc.dtype()),
                " as left, got ", dtypeName(right.acc.dtype()));
  AttentionState result = left;
  const int64_t width = left.acc.dim(3);
  for (int64_t n = 0; n < left.max.size(); ++n) {
    const double m1 = left.max.get(n), m2 = right.max.get(n);
    const double m = maxOrNaN(m1, m2); // D12
    const double r1 = rescale(m1, m), r2 = rescale(m2, m);
    result.max.set(n, m);
    result.sum.set(n, left.sum.get(n) * r1 + right.sum.get(n) * r2);
    for (int64_t at = n * width; at < (n + 1) * width; ++at)
      result.acc.set(at, left.acc.get(at) * r1 + right.acc.get(at) * r2);
  }
  return result;
}

Result<AttentionResults> finalizeState(const AttentionState &state,
                                       const FinalizeOptions &options) {
  ATTN_TRY(checkState(state, "state"));
  if (options.sink) {
    ATTN_TRY(checkFloats("sink", *options.sink));
    ATTN_TRY(checkShape("sink", {state.acc.dim(1)}, *options.sink));
  }
  ATTN_TRY(checkLayout(options.outputLayout, 4, "output"));
  ATTN_TRY(checkLayout(options.lseLayout, 3, "lse"));

  Tensor output = state.acc.cast(DType::f64);
  Tensor lse = state.max.cast(DType::f64);
  const int64_t width = output.dim(3);
  for (int64_t n = 0; n < lse.size(); ++n) {
    const int64_t h = n / state.max.dim(2) % state.max.dim(1);
    const double sink = options.sink ? options.sink->get(h) : minusInfinity;
    const double max = state.max.get(n);
    const double m = maxOrNaN(max, sink);
    // D11: the sink joins here, once.
    const double l = state.sum.get(n) * rescale(max, m) + rescale(sink, m);
    const double r = rescale(max, m);
    for (int64_t at = n * width; at < (n + 1) * width; ++at)
      output.set(at, r == 0 ? 0 : output.get(at) * r / l); // D2
    lse.set(n, m == minusInfinity ? minusInfinity : m + std::log(l));
  }

  AttentionResults results;
  results.output =
      fromCanonical(output, options.outputLayout,
                    options.outputType.value_or(state.acc.dtype()));
  if (options.wantLse)
    results.lse = fromCanonical(lse, options.lseLayout, state.max.dtype());
  return results;
}

} // namespace attn::reference
