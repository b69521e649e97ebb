//===- Attention.cpp - What softmax attention means -----------------------===//

#include "attn/Reference/Attention.h"

#include "AttentionInputs.h"
#include "Checks.h"

#include <cmath>
#include <limits>

namespace attn::reference {

namespace {

constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

/// The softmax of one row.
struct Weights {
  std::vector<double> p;
  double lse;
};

Weights softmax(const ScoreRow &row, double sink, const ProbFunction &prob,
                Position at) {
  const size_t keys = row.modified.size();
  Weights result{std::vector<double>(keys, 0.0), minusInfinity};
  // D4: a sink of -inf is no sink; a NaN, as a score, makes the row NaN.
  double m = row.max;
  if (!(sink <= m) && !std::isnan(m))
    m = sink;
  // D2: no key (and no sink) attends: P = 0, LSE = -inf.
  if (m == minusInfinity)
    return result;

  double l = 0;
  for (size_t j = 0; j < keys; ++j)
    if (row.attends[j]) // D3: select; a masked score is never looked at
      l += std::exp(row.modified[j] - m);
  if (sink != minusInfinity) // D11: joins the denominator, once
    l += std::exp(sink - m);

  for (size_t j = 0; j < keys; ++j) {
    if (!row.attends[j])
      continue;
    at.j = static_cast<int64_t>(j);
    const double p = std::exp(row.modified[j] - m) / l;
    result.p[j] = prob ? prob(p, at) : p; // D20
  }
  result.lse = m + std::log(l);
  return result;
}

const std::vector<double> &stageOf(const ScoreRow &row, const Weights &weights,
                                   ScoresStage stage) {
  switch (stage) {
  case ScoresStage::scaled:
    return row.scaled;
  case ScoresStage::intermediate:
    return row.intermediate;
  case ScoresStage::modified:
    return row.modified;
  case ScoresStage::weights:
    break;
  }
  return weights.p;
}

/// All results in canonical order and f64.
struct Accumulated {
  Tensor output, lse, scores;
};

/// One row of every result, at (b, h, i).
Status attendRow(const AttentionInputs &in, const AttentionOptions &options,
                 Position row, Accumulated &results) {
  Result<ScoreRow> scores = scoreRow(in, options, row);
  ATTN_TRY(scores);
  const double sink = options.sink ? options.sink->get(row.h) : minusInfinity;
  const Weights weights = softmax(*scores, sink, options.prob, row);

  const int64_t rowIndex = (row.b * in.queryHeads + row.h) * in.queries + row.i;
  double *o = results.output.dataAs<double>() + rowIndex * in.valueSize;
  for (Position at = row; at.j < in.keys; ++at.j) {
    if (!scores->attends[at.j]) // D3: whatever V holds there
      continue;
    const double *v = in.valueRow(at);
    for (int64_t d = 0; d < in.valueSize; ++d)
      o[d] += weights.p[at.j] * v[d];
  }
  results.lse.set(rowIndex, weights.lse);
  if (options.wantScores) {
    const std::vector<double> &stage =
        stageOf(*scores, weights, *options.wantScores);
    for (int64_t j = 0; j < in.keys; ++j)
      results.scores.set(rowIndex * in.keys + j, stage[j]);
  }
  return success();
}

Status checkOptions(const AttentionInputs &in,
                    const AttentionOptions &options) {
  if (options.sink) {
    ATTN_TRY(checkFloats("sink", *options.sink));
    ATTN_TRY(checkShape("sink", {in.queryHeads}, *options.sink));
  }
  ATTN_TRY(checkLayout(options.outputLayout, 4, "output"));
  ATTN_TRY(checkLayout(options.lseLayout, 3, "lse"));
  return checkLayout(options.scoresLayout, 4, "scores");
}

Result<Accumulated> allocate(const AttentionInputs &in,
                             const AttentionOptions &options) {
  const Shape rows = {in.batch, in.queryHeads, in.queries};
  Shape outputShape = rows, scoresShape = rows;
  outputShape.push_back(in.valueSize);
  scoresShape.push_back(options.wantScores ? in.keys : 0);
  Result<Tensor> output = Tensor::create(DType::f64, outputShape);
  ATTN_TRY(output);
  Result<Tensor> lse = Tensor::create(DType::f64, rows);
  ATTN_TRY(lse);
  Result<Tensor> scores = Tensor::create(DType::f64, scoresShape);
  ATTN_TRY(scores);
  return Accumulated{std::move(*output), std::move(*lse), std::move(*scores)};
}

} // namespace

Result<AttentionResults> attention(const Tensor &query, const Tensor &key,
                                   const Tensor &value,
                                   const AttentionOptions &options) {
  Result<AttentionInputs> in =
      AttentionInputs::create(query, key, value, options);
  ATTN_TRY(in);
  ATTN_TRY(checkOptions(*in, options));
  Result<Accumulated> sums = allocate(*in, options);
  ATTN_TRY(sums);

  for (int64_t b = 0; b < in->batch; ++b)
    for (int64_t h = 0; h < in->queryHeads; ++h)
      for (int64_t i = 0; i < in->queries; ++i)
        ATTN_TRY(attendRow(*in, options, {b, h, i, 0}, *sums));

  AttentionResults results;
  results.output = fromCanonical(sums->output, options.outputLayout,
                                 options.outputType.value_or(query.dtype()));
  if (options.wantLse)
    results.lse = fromCanonical(sums->lse, options.lseLayout, in->statistics);
  if (options.wantScores)
    results.scores = fromCanonical(sums->scores, options.scoresLayout,
                                   options.scoresType.value_or(query.dtype()));
  return results;
}

} // namespace attn::reference
