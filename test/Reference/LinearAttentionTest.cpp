//===- LinearAttentionTest.cpp - Attention as a recurrence ----------------===//

#include "attn/Reference/LinearAttention.h"

#include "Testing.h"

using namespace attn;
using namespace attn::reference;

namespace {

class LinearAttention : public testing::Test {
protected:
  // B = 2, Hq = 4, Hkv = 2, S = 5, dk = 3, dv = 6.
  Tensor q = randomTensor(DType::f64, {2, 4, 5, 3}, 1);
  Tensor k = randomTensor(DType::f64, {2, 2, 5, 3}, 2);
  Tensor v = randomTensor(DType::f64, {2, 2, 5, 6}, 3);
  Tensor headDecay = randomTensor(DType::f64, {2, 2, 5}, 4);
  Tensor rowDecay = randomTensor(DType::f64, {2, 2, 5, 3}, 5);
  Tensor beta = randomTensor(DType::f64, {2, 2, 5}, 6);
  Tensor past = randomTensor(DType::f64, {2, 2, 3, 6}, 7);

  LinearAttentionOptions options(LinearRule rule, bool perRow = false) const {
    LinearAttentionOptions result;
    result.rule = rule;
    if (isGated(rule))
      result.decay = perRow ? &rowDecay : &headDecay;
    if (isDelta(rule))
      result.beta = &beta;
    return result;
  }
  LinearAttentionResults run(const LinearAttentionOptions &options) const {
    Result<LinearAttentionResults> result = linearAttention(q, k, v, options);
    EXPECT_TRUE(holds(result));
    return std::move(*result);
  }
  double product(int64_t b, int64_t h, int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t d = 0; d < 3; ++d)
      sum += q.at({b, h, i, d}) * k.at({b, h / 2, j, d});
    return sum;
  }
  /// Tokens first .. last-1 of a tensor [B, H, S, ...].
  static Tensor tokens(const Tensor &t, int64_t first, int64_t last) {
    Shape shape = t.shape();
    shape[2] = last - first;
    Tensor part(t.dtype(), shape);
    for (int64_t n = 0; n < part.size(); ++n) {
      Shape at = part.indexOf(n);
      at[2] += first;
      part.set(n, t.at(at));
    }
    return part;
  }
};

constexpr LinearRule allRules[] = {LinearRule::linear, LinearRule::gated,
                                   LinearRule::delta, LinearRule::gatedDelta};

// o_i = scale * sum over j <= i of (q_i . k_j) v_j: attention without softmax.
TEST_F(LinearAttention, D15_LinearIsAttentionWithoutSoftmax) {
  const Tensor o = run(options(LinearRule::linear)).output;
  for (int64_t n = 0; n < o.size(); ++n) {
    const Shape at = o.indexOf(n);
    double sum = 0;
    for (int64_t j = 0; j <= at[2]; ++j)
      sum +=
          product(at[0], at[1], at[2], j) * v.at({at[0], at[1] / 2, j, at[3]});
    EXPECT_NEAR(o.get(n), sum / std::sqrt(3.0), 1e-12);
  }
}

// A token's weight has decayed by all later gates, but not by its own.
TEST_F(LinearAttention, D15_GatesDecayWhatCameBefore) {
  LinearAttentionOptions gated = options(LinearRule::gated);
  gated.scale = 2;
  const Tensor o = run(gated).output;
  for (int64_t n = 0; n < o.size(); ++n) {
    const Shape at = o.indexOf(n);
    double sum = 0;
    for (int64_t j = 0; j <= at[2]; ++j) {
      double decay = 0;
      for (int64_t t = j + 1; t <= at[2]; ++t)
        decay += headDecay.at({at[0], at[1] / 2, t});
      sum += std::exp(decay) * product(at[0], at[1], at[2], j) *
             v.at({at[0], at[1] / 2, j, at[3]});
    }
    EXPECT_NEAR(o.get(n), 2 * sum, 1e-10);
  }
}

TEST_F(LinearAttention, D15_DecayPerRowOfTheState) {
  // Equal in all rows, it is the decay per head.
  for (int64_t n = 0; n < rowDecay.size(); ++n)
    rowDecay.set(n, headDecay.get(n / 3));
  EXPECT_TRUE(close(run(options(LinearRule::gatedDelta, true)).output,
                    run(options(LinearRule::gatedDelta)).output));
  // A row whose decay is -inf forgets its past, and only that row.
  for (int64_t n = 0; n < rowDecay.size(); ++n)
    rowDecay.set(n, n % 3 == 1 ? -infinity : 0);
  LinearAttentionOptions gated = options(LinearRule::gated, true);
  gated.pastState = &past;
  const Tensor state = run(gated).presentState;
  EXPECT_NEAR(state.at({1, 1, 1, 4}), k.at({1, 1, 4, 1}) * v.at({1, 1, 4, 4}),
              1e-12);
  double sum = past.at({1, 1, 2, 4});
  for (int64_t i = 0; i < 5; ++i)
    sum += k.at({1, 1, i, 2}) * v.at({1, 1, i, 4});
  EXPECT_NEAR(state.at({1, 1, 2, 4}), sum, 1e-12);
}

/// One head, keys of unit length: a delta rule with beta 1 replaces what the
/// state holds under a key, whatever it was.
TEST(LinearAttentionDelta, D15_WritesReplaceWhatAKeyHolds) {
  const Tensor k = Tensor::of(DType::f64, {1, 1, 3, 2}, {1, 0, 0, 1, 1, 0});
  const Tensor v = Tensor::of(DType::f64, {1, 1, 3, 1}, {5, 7, 11});
  const Tensor beta = Tensor::of(DType::f64, {1, 1, 3}, {1, 1, 1});
  LinearAttentionOptions options;
  options.rule = LinearRule::delta;
  options.beta = &beta;
  options.scale = 1;
  const LinearAttentionResults r = *linearAttention(k, k, v, options);
  EXPECT_EQ(r.output.toDoubles(), (std::vector<double>{5, 7, 11}));
  EXPECT_EQ(r.presentState.toDoubles(), (std::vector<double>{11, 7}));
  options.rule = LinearRule::linear; // which adds instead
  options.beta = nullptr;
  EXPECT_EQ(linearAttention(k, k, v, options)->presentState.toDoubles(),
            (std::vector<double>{16, 7}));
}

// S = 4, k = 1, v = 10, exp(g) = 1/2, beta = 1/2: the decay comes before the
// read, so v' = (10 - 2) / 2 and S = 2 + 4. Read first: 2 + (10 - 4) / 2 = 5.
TEST(LinearAttentionDelta, D15_DecayComesBeforeTheRead) {
  const Tensor one = Tensor::of(DType::f64, {1, 1, 1, 1}, {1});
  const Tensor v = Tensor::of(DType::f64, {1, 1, 1, 1}, {10});
  const Tensor decay = Tensor::of(DType::f64, {1, 1, 1}, {std::log(0.5)});
  const Tensor beta = Tensor::of(DType::f64, {1, 1, 1}, {0.5});
  const Tensor past = Tensor::of(DType::f64, {1, 1, 1, 1}, {4});
  LinearAttentionOptions options;
  options.rule = LinearRule::gatedDelta;
  options.decay = &decay;
  options.beta = &beta;
  options.pastState = &past;
  const LinearAttentionResults r = *linearAttention(one, one, v, options);
  EXPECT_NEAR(r.presentState.get(0), 6, 1e-12);
  EXPECT_NEAR(r.output.get(0), 6, 1e-12); // with the state after the update
}

TEST_F(LinearAttention, StateCarriesOneHalfIntoTheOther) {
  for (LinearRule rule : allRules) {
    LinearAttentionOptions all = options(rule, true);
    all.pastState = &past;
    const LinearAttentionResults whole = run(all);
    Tensor state = past;
    for (auto [first, last] : {std::pair{0, 2}, std::pair{2, 5}}) {
      const Tensor g = tokens(rowDecay, first, last);
      const Tensor b = tokens(beta, first, last);
      LinearAttentionOptions part = all;
      part.pastState = &state;
      part.decay = all.decay ? &g : nullptr;
      part.beta = all.beta ? &b : nullptr;
      const LinearAttentionResults r =
          *linearAttention(tokens(q, first, last), tokens(k, first, last),
                           tokens(v, first, last), part);
      EXPECT_TRUE(close(r.output, tokens(whole.output, first, last), 1e-10));
      state = r.presentState;
    }
    EXPECT_TRUE(close(state, whole.presentState, 1e-10));
  }
}

TEST_F(LinearAttention, BetaSharedByAllHeads) {
  Tensor shared(DType::f64, {2, 1, 5});
  for (int64_t n = 0; n < beta.size(); ++n) {
    const Shape at = beta.indexOf(n);
    beta.set(n, 0.1 * (at[0] + at[2]));
    shared.setAt({at[0], 0, at[2]}, 0.1 * (at[0] + at[2]));
  }
  const LinearAttentionOptions each = options(LinearRule::delta);
  LinearAttentionOptions one = each;
  one.beta = &shared;
  EXPECT_TRUE(close(run(one).output, run(each).output));
}

TEST_F(LinearAttention, LayoutsNameTheDimensions) {
  const LinearAttentionOptions plain = options(LinearRule::gatedDelta);
  LinearAttentionOptions moved = plain;
  moved.queryLayout = {0, 2, 1, 3};
  moved.keyLayout = {3, 0, 1, 2};
  moved.valueLayout = {2, 3, 0, 1};
  moved.outputLayout = {1, 3, 2, 0};
  const LinearAttentionResults r = *linearAttention(
      q.transpose(moved.queryLayout), k.transpose(moved.keyLayout),
      v.transpose(moved.valueLayout), moved);
  EXPECT_TRUE(close(r.output, run(plain).output.transpose(moved.outputLayout)));
}

TEST_F(LinearAttention, D15_TypeOfThePresentState) {
  const Tensor q16 = q.cast(DType::f16), k16 = k.cast(DType::f16),
               v16 = v.cast(DType::f16), past32 = past.cast(DType::f32);
  LinearAttentionOptions plain;
  EXPECT_EQ(linearAttention(q16, k16, v16, plain)->presentState.dtype(),
            DType::f16);
  plain.pastState = &past32;
  const LinearAttentionResults r = *linearAttention(q16, k16, v16, plain);
  EXPECT_EQ(r.presentState.dtype(), DType::f32);
  EXPECT_EQ(r.output.dtype(), DType::f16);
}

TEST(LinearAttentionSizes, D1_WithoutFeaturesTheOutputIsZero) {
  const LinearAttentionResults r = *linearAttention(
      Tensor(DType::f32, {1, 2, 3, 0}), Tensor(DType::f32, {1, 1, 3, 0}),
      randomTensor(DType::f32, {1, 1, 3, 2}, 1), {});
  EXPECT_TRUE(close(r.output, Tensor(DType::f32, {1, 2, 3, 2})));
  EXPECT_EQ(r.presentState.shape(), (Shape{1, 1, 0, 2}));
}

TEST_F(LinearAttention, NoTokensKeepTheState) {
  LinearAttentionOptions plain;
  plain.pastState = &past;
  const LinearAttentionResults r = *linearAttention(
      tokens(q, 0, 0), tokens(k, 0, 0), tokens(v, 0, 0), plain);
  EXPECT_EQ(r.output.shape(), (Shape{2, 4, 0, 6}));
  EXPECT_TRUE(close(r.presentState, past));
}

TEST_F(LinearAttention, WrongOperandsAreErrors) {
  LinearAttentionOptions wrong;
  wrong.rule = LinearRule::gated;
  EXPECT_TRUE(failsWith(linearAttention(q, k, v, wrong),
                        "decay: expected one for this rule, got none"));
  wrong.decay = &beta;
  wrong.beta = &beta;
  EXPECT_TRUE(failsWith(linearAttention(q, k, v, wrong),
                        "beta: expected none for this rule, got one"));
  wrong.beta = nullptr;
  wrong.decay = &past;
  EXPECT_TRUE(failsWith(linearAttention(q, k, v, wrong),
                        "decay: expected shape 2x2x5x3, got 2x2x3x6"));
  wrong = {};
  wrong.pastState = &rowDecay;
  EXPECT_TRUE(failsWith(linearAttention(q, k, v, wrong),
                        "past state: expected shape 2x2x3x6, got 2x2x5x3"));
  EXPECT_TRUE(failsWith(linearAttention(q, v, v),
                        "key: expected shape 2x2x5x3, got 2x2x5x6"));
  EXPECT_TRUE(failsWith(linearAttention(k, q, q), "divides query's 2, got 4"));
}

} // namespace
