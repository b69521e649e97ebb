//===- LinearAttention.cpp - Attention as a recurrence --------------------===//

#include "attn/Reference/LinearAttention.h"

#include "AttentionInputs.h"
#include "Checks.h"

#include <cmath>

namespace attn::reference {

namespace {

/// Checked operands in canonical order, as f64.
struct LinearInputs {
  Tensor query, key, value, state;
  std::optional<Tensor> decay, beta;
  int64_t batch, queryHeads, kvHeads, tokens, dk, dv;
  double scale;

  /// The log of the factor of state row d.
  double decayOf(int64_t b, int64_t g, int64_t i, int64_t d) const {
    return decay->rank() == 3 ? decay->at({b, g, i}) : decay->at({b, g, i, d});
  }
  double betaOf(int64_t b, int64_t g, int64_t i) const {
    return beta->at({b, beta->dim(1) == 1 ? 0 : g, i});
  }
};

Status readQueryKeyValue(LinearInputs &in, const Tensor &query,
                         const Tensor &key, const Tensor &value,
                         const LinearAttentionOptions &options) {
  Result<Tensor> q = toCanonical(query, options.queryLayout, 4, "query");
  ATTN_TRY(q);
  Result<Tensor> k = toCanonical(key, options.keyLayout, 4, "key");
  ATTN_TRY(k);
  Result<Tensor> v = toCanonical(value, options.valueLayout, 4, "value");
  ATTN_TRY(v);
  in.query = std::move(*q);
  in.key = std::move(*k);
  in.value = std::move(*v);
  in.batch = in.query.dim(0);
  in.queryHeads = in.query.dim(1);
  in.tokens = in.query.dim(2);
  in.dk = in.query.dim(3);
  in.kvHeads = in.key.dim(1);
  in.dv = in.value.dim(3);
  in.scale = options.scale.value_or(defaultScale(in.dk));
  ATTN_TRY(checkShape("key", {in.batch, in.kvHeads, in.tokens, in.dk}, in.key));
  ATTN_TRY(
      checkShape("value", {in.batch, in.kvHeads, in.tokens, in.dv}, in.value));
  return checkHeadGroups(in.queryHeads, in.kvHeads);
}

/// That an operand is there exactly when the rule reads it.
Status checkPresence(const char *name, const Tensor *tensor, bool wanted) {
  if (wanted == (tensor != nullptr))
    return success();
  return wanted ? fail(name, ": expected one for this rule, got none")
                : fail(name, ": expected none for this rule, got one");
}

Status readDecay(LinearInputs &in, const Tensor *decay) {
  if (!decay)
    return success();
  ATTN_TRY(checkFloats("decay", *decay));
  Shape expected = {in.batch, in.kvHeads, in.tokens};
  if (decay->rank() == 4)
    expected.push_back(in.dk);
  ATTN_TRY(checkShape("decay", expected, *decay));
  in.decay = decay->cast(DType::f64);
  return success();
}

Status readBeta(LinearInputs &in, const Tensor *beta) {
  if (!beta)
    return success();
  ATTN_TRY(checkFloats("beta", *beta));
  const bool shared = beta->rank() == 3 && beta->dim(1) == 1;
  ATTN_TRY(checkShape("beta", {in.batch, shared ? 1 : in.kvHeads, in.tokens},
                      *beta));
  in.beta = beta->cast(DType::f64);
  return success();
}

Status readState(LinearInputs &in, const Tensor *past) {
  const Shape shape = {in.batch, in.kvHeads, in.dk, in.dv};
  if (past) {
    ATTN_TRY(checkFloats("past state", *past));
    ATTN_TRY(checkShape("past state", shape, *past));
    in.state = past->cast(DType::f64);
    return success();
  }
  Result<Tensor> zero = Tensor::create(DType::f64, shape);
  ATTN_TRY(zero);
  in.state = std::move(*zero);
  return success();
}

Result<LinearInputs> readInputs(const Tensor &query, const Tensor &key,
                                const Tensor &value,
                                const LinearAttentionOptions &options) {
  LinearInputs in;
  ATTN_TRY(checkPresence("decay", options.decay, isGated(options.rule)));
  ATTN_TRY(checkPresence("beta", options.beta, isDelta(options.rule)));
  ATTN_TRY(readQueryKeyValue(in, query, key, value, options));
  ATTN_TRY(readDecay(in, options.decay));
  ATTN_TRY(readBeta(in, options.beta));
  ATTN_TRY(readState(in, options.pastState));
  ATTN_TRY(checkLayout(options.outputLayout, 4, "output"));
  return in;
}

/// Token i of kv head g updates the state (D15).
void updateState(LinearInputs &in, int64_t b, int64_t g, int64_t i) {
  double *S = in.state.dataAs<double>() + (b * in.kvHeads + g) * in.dk * in.dv;
  const int64_t token = (b * in.kvHeads + g) * in.tokens + i;
  const double *k = in.key.dataAs<double>() + token * in.dk;
  const double *v = in.value.dataAs<double>() + token * in.dv;

  if (in.decay) // S = exp(g) S, before the delta read
    for (int64_t d = 0; d < in.dk; ++d)
      for (int64_t e = 0; e < in.dv; ++e)
        S[d * in.dv + e] *= std::exp(in.decayOf(b, g, i, d));

  for (int64_t e = 0; e < in.dv; ++e) {
    double written = v[e];
    if (in.beta) { // v' = beta (v - S^T k)
      double read = 0;
      for (int64_t d = 0; d < in.dk; ++d)
        read += S[d * in.dv + e] * k[d];
      written = in.betaOf(b, g, i) * (v[e] - read);
    }
    for (int64_t d = 0; d < in.dk; ++d) // S = S + k v'^T, column e
      S[d * in.dv + e] += k[d] * written;
  }
}

/// o = scale S^T q for query head h, which shares the state of kv head g.
void readOutput(const LinearInputs &in, int64_t b, int64_t g, int64_t h,
                int64_t i, Tensor &output) {
  const double *S =
      in.state.dataAs<double>() + (b * in.kvHeads + g) * in.dk * in.dv;
  const int64_t token = (b * in.queryHeads + h) * in.tokens + i;
  const double *q = in.query.dataAs<double>() + token * in.dk;
  double *o = output.dataAs<double>() + token * in.dv;
  for (int64_t e = 0; e < in.dv; ++e) {
    double sum = 0;
    for (int64_t d = 0; d < in.dk; ++d)
      sum += S[d * in.dv + e] * q[d];
    o[e] = in.scale * sum;
  }
}

} // namespace

Result<LinearAttentionResults>
linearAttention(const Tensor &query, const Tensor &key, const Tensor &value,
                const LinearAttentionOptions &options) {
  Result<LinearInputs> in = readInputs(query, key, value, options);
  ATTN_TRY(in);
  Result<Tensor> output = Tensor::create(
      DType::f64, {in->batch, in->queryHeads, in->tokens, in->dv});
  ATTN_TRY(output);

  const int64_t group = in->kvHeads ? in->queryHeads / in->kvHeads : 0;
  for (int64_t b = 0; b < in->batch; ++b)
    for (int64_t g = 0; g < in->kvHeads; ++g)
      for (int64_t i = 0; i < in->tokens; ++i) {
        updateState(*in, b, g, i);
        for (int64_t h = g * group; h < (g + 1) * group; ++h)
          readOutput(*in, b, g, h, i, *output);
      }

  const DType stateType =
      options.pastState ? options.pastState->dtype() : query.dtype();
  return LinearAttentionResults{
      fromCanonical(*output, options.outputLayout,
                    options.outputType.value_or(query.dtype())),
      in->state.cast(stateType)};
}

} // namespace attn::reference
