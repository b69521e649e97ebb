//===- AttentionTest.cpp - What softmax attention means -------------------===//

#include "attn/Reference/Attention.h"

#include "Testing.h"
#include "attn/Reference/Predicates.h"
#include "attn/Reference/ScoreModifiers.h"

using namespace attn;
using namespace attn::reference;

namespace {

struct Operands {
  Tensor q, k, v;
};

// Sizes that are all different and no powers of two, grouped heads.
Operands operands(DType type = DType::f64, uint64_t seed = 1) {
  return {randomTensor(type, {2, 6, 3, 5}, seed),
          randomTensor(type, {2, 2, 7, 5}, seed + 1),
          randomTensor(type, {2, 2, 7, 9}, seed + 2)};
}

AttentionResults run(const Operands &in, AttentionOptions options = {}) {
  options.wantLse = true;
  if (!options.wantScores)
    options.wantScores = ScoresStage::weights;
  Result<AttentionResults> results = attention(in.q, in.k, in.v, options);
  EXPECT_TRUE(holds(results));
  return std::move(*results);
}

/// One head, D = 1, so that scores are simply q * k.
Operands oneRow(double q, const std::vector<double> &k,
                const std::vector<double> &v) {
  const int64_t keys = k.size();
  return {Tensor::of(DType::f64, {1, 1, 1, 1}, {q}),
          Tensor::of(DType::f64, {1, 1, keys, 1}, k),
          Tensor::of(DType::f64, {1, 1, keys, 1}, v)};
}

TEST(Attention, WorkedExample) {
  const Operands in = {Tensor::of(DType::f64, {1, 1, 2, 2}, {1, 2, 3, 4}),
                       Tensor::of(DType::f64, {1, 1, 2, 2}, {5, 6, 7, 8}),
                       Tensor::of(DType::f64, {1, 1, 2, 2}, {9, 10, 11, 12})};
  // Q K^T = [[17, 23], [39, 53]], so the weight of the first key is
  // 1 / (1 + exp(6 / sqrt 2)) and 1 / (1 + exp(14 / sqrt 2)).
  const double p0 = 1 / (1 + std::exp(6 / std::sqrt(2.0)));
  const double p1 = 1 / (1 + std::exp(14 / std::sqrt(2.0)));
  const AttentionResults r = run(in);
  EXPECT_TRUE(close(*r.scores, Tensor::of(DType::f64, {1, 1, 2, 2},
                                          {p0, 1 - p0, p1, 1 - p1})));
  EXPECT_TRUE(close(r.output, Tensor::of(DType::f64, {1, 1, 2, 2},
                                         {11 - 2 * p0, 12 - 2 * p0, 11 - 2 * p1,
                                          12 - 2 * p1})));
  EXPECT_NEAR(r.output.get(0), 10.971668, 1e-6);
}

TEST(Attention, WeightsAreADistribution) {
  const AttentionResults r = run(operands());
  for (int64_t row = 0; row < 2 * 6 * 3; ++row) {
    double sum = 0;
    for (int64_t j = 0; j < 7; ++j)
      sum += r.scores->get(row * 7 + j);
    EXPECT_NEAR(sum, 1, 1e-14);
  }
}

TEST(Attention, ShiftOfAllScoresMovesOnlyTheLse) {
  AttentionOptions shifted;
  shifted.score = [](double s, const Position &) { return s + 1000; };
  const AttentionResults plain = run(operands()),
                         moved = run(operands(), shifted);
  EXPECT_TRUE(close(moved.output, plain.output, 1e-10));
  for (int64_t n = 0; n < plain.lse->size(); ++n)
    EXPECT_NEAR(moved.lse->get(n), plain.lse->get(n) + 1000, 1e-10);
}

TEST(Attention, LseIsTheLogOfTheSum) {
  const AttentionResults r =
      run(oneRow(1, {0, std::log(2), std::log(5)}, {1, 2, 3}));
  EXPECT_NEAR(r.lse->get(0), std::log(8), 1e-15);
  EXPECT_NEAR(r.output.get(0), (1 * 1 + 2 * 2 + 5 * 3) / 8.0, 1e-15);
}

TEST(Attention, D1_ScaleComesBeforeTheScoreRegion) {
  const Operands in = operands();
  AttentionOptions options;
  double seen = 0;
  options.score = [&](double s, const Position &at) {
    if (at.b == 1 && at.h == 4 && at.i == 2 && at.j == 6)
      seen = s;
    return s;
  };
  double product = 0;
  for (int64_t d = 0; d < 5; ++d)
    product += in.q.at({1, 4, 2, d}) * in.k.at({1, 1, 6, d});
  run(in, options);
  EXPECT_NEAR(seen, product / std::sqrt(5.0), 1e-15);
  options.scale = 0.3;
  run(in, options);
  EXPECT_NEAR(seen, 0.3 * product, 1e-15);
}

TEST(Attention, D2_EmptyRowGivesZero) {
  AttentionOptions options;
  options.mask = [](const Position &at) { return at.i != 1; };
  const AttentionResults r = run(operands(), options);
  for (int64_t h = 0; h < 6; ++h) {
    EXPECT_EQ(r.lse->at({0, h, 1}), -infinity);
    EXPECT_EQ(r.output.at({0, h, 1, 8}), 0);
    EXPECT_EQ(r.scores->at({0, h, 1, 6}), 0);
    EXPECT_NE(r.output.at({0, h, 2, 8}), 0);
  }
}

TEST(Attention, D3_MaskedNaNAndInfinityAreNotSeen) {
  Operands in = operands();
  AttentionOptions options;
  options.mask = [](const Position &at) { return at.j != 3; };
  const AttentionResults clean = run(in, options);
  for (int64_t g = 0; g < 2; ++g) {
    in.k.setAt({0, g, 3, 0}, notANumber);
    in.v.setAt({0, g, 3, 0}, infinity);
    in.v.setAt({0, g, 3, 1}, notANumber);
  }
  const AttentionResults dirty = run(in, options);
  EXPECT_TRUE(close(dirty.output, clean.output));
  EXPECT_TRUE(close(*dirty.lse, *clean.lse));
  EXPECT_TRUE(close(*dirty.scores, *clean.scores));
}

TEST(Attention, D4_MinusInfinityDoesNotAttend) {
  const Operands in = oneRow(1, {0, 0, 0}, {1, 10, notANumber});
  AttentionOptions options;
  options.score = [](double s, const Position &at) {
    return at.j == 2 ? -infinity : s;
  };
  EXPECT_EQ(run(in, options).output.get(0), 5.5);
  options.score = [](double, const Position &) { return -infinity; };
  EXPECT_EQ(run(in, options).output.get(0), 0);
}

TEST(Attention, D4_FiniteScoresNeverEmptyARow) {
  AttentionOptions options;
  options.score = [](double, const Position &) { return -3e38; };
  EXPECT_EQ(run(oneRow(1, {1, 2}, {1, 3}), options).output.get(0), 2);
}

TEST(Attention, D4_AttendedNaNOrInfinityMakesTheRowNaN) {
  for (double bad : {notANumber, infinity})
    for (int64_t place : {0, 1, 2}) {
      AttentionOptions options;
      options.score = [=](double s, const Position &at) {
        return at.j == place ? bad : s;
      };
      const AttentionResults r = run(oneRow(1, {3, 2, 1}, {1, 2, 3}), options);
      EXPECT_TRUE(std::isnan(r.output.get(0)));
      EXPECT_TRUE(std::isnan(r.lse->get(0)));
      options.mask = [=](const Position &at) { return at.j != place; };
      EXPECT_FALSE(std::isnan(
          run(oneRow(1, {3, 2, 1}, {1, 2, 3}), options).output.get(0)));
    }
}

TEST(Attention, D4_LargeLogits) {
  const AttentionResults r = run(oneRow(1e4, {1, -1, 1}, {2, 5, 4}));
  EXPECT_EQ(r.output.get(0), 3);
  EXPECT_NEAR(r.lse->get(0), 1e4 + std::log(2), 1e-11);
}

TEST(Attention, D5_OneRoundingAtTheEnd) {
  for (DType type : {DType::f16, DType::bf16, DType::f32}) {
    const Operands in = operands(type);
    const Operands wide = {in.q.cast(DType::f64), in.k.cast(DType::f64),
                           in.v.cast(DType::f64)};
    const AttentionResults narrow = run(in), exact = run(wide);
    EXPECT_TRUE(compare(narrow.output, exact.output.cast(type), {0, 0}).agree);
    EXPECT_TRUE(
        compare(*narrow.scores, exact.scores->cast(type), {0, 0}).agree);
    EXPECT_EQ(narrow.lse->dtype(), DType::f32);
    EXPECT_EQ(exact.lse->dtype(), DType::f64);
  }
  AttentionOptions options;
  options.outputType = DType::f32;
  EXPECT_EQ(run(operands(DType::bf16), options).output.dtype(), DType::f32);
}

TEST(Attention, D6_SizesOfZeroAndOne) {
  const auto shapeOf = [](int64_t batch, int64_t queries, int64_t keys) {
    return run({Tensor(DType::f32, {batch, 4, queries, 3}),
                Tensor(DType::f32, {batch, 2, keys, 3}),
                Tensor(DType::f32, {batch, 2, keys, 5})});
  };
  EXPECT_EQ(shapeOf(0, 2, 3).output.shape(), (Shape{0, 4, 2, 5}));
  EXPECT_EQ(shapeOf(2, 0, 3).output.shape(), (Shape{2, 4, 0, 5}));
  const AttentionResults noKeys = shapeOf(1, 1, 0);
  EXPECT_EQ(noKeys.scores->shape(), (Shape{1, 4, 1, 0}));
  EXPECT_EQ(noKeys.output.get(19), 0);
  EXPECT_EQ(noKeys.lse->get(0), -infinity);
}

TEST(Attention, D1_WithoutFeaturesEveryScoreIsZero) {
  const AttentionResults mean =
      run({Tensor(DType::f64, {1, 1, 1, 0}), Tensor(DType::f64, {1, 1, 2, 0}),
           Tensor::of(DType::f64, {1, 1, 2, 1}, {1, 4})});
  EXPECT_EQ(mean.output.get(0), 2.5);
  EXPECT_DOUBLE_EQ(mean.lse->get(0), std::log(2.0));
}

TEST(Attention, GroupedHeadsAreRepeatedNotTiled) {
  const Operands in = operands();
  Tensor k(DType::f64, {2, 6, 7, 5}), v(DType::f64, {2, 6, 7, 9});
  for (int64_t n = 0; n < k.size(); ++n) {
    const Shape at = k.indexOf(n);
    k.set(n, in.k.at({at[0], at[1] / 3, at[2], at[3]}));
  }
  for (int64_t n = 0; n < v.size(); ++n) {
    const Shape at = v.indexOf(n);
    v.set(n, in.v.at({at[0], at[1] / 3, at[2], at[3]}));
  }
  EXPECT_TRUE(close(run(in).output, run({in.q, k, v}).output));
}

TEST(Attention, LayoutsNameTheDimensions) {
  const Operands in = operands();
  AttentionOptions options;
  options.queryLayout = {0, 2, 1, 3};
  options.keyLayout = {3, 0, 1, 2};
  options.valueLayout = {2, 3, 0, 1};
  options.outputLayout = {1, 3, 2, 0};
  options.lseLayout = {2, 0, 1};
  options.scoresLayout = {3, 1, 0, 2};
  const AttentionResults plain = run(in);
  const AttentionResults moved = run({in.q.transpose(options.queryLayout),
                                      in.k.transpose(options.keyLayout),
                                      in.v.transpose(options.valueLayout)},
                                     options);
  EXPECT_TRUE(
      close(moved.output, plain.output.transpose(options.outputLayout)));
  EXPECT_TRUE(close(*moved.lse, plain.lse->transpose(options.lseLayout)));
  EXPECT_TRUE(
      close(*moved.scores, plain.scores->transpose(options.scoresLayout)));
  EXPECT_EQ(moved.output.at({5, 8, 2, 1}), plain.output.at({1, 5, 2, 8}));
  // Not an involution, so a layout taken the wrong way round would show.
  EXPECT_EQ(moved.lse->at({2, 1, 4}), plain.lse->at({1, 4, 2}));
}

TEST(Attention, D7_SoftcapComesBeforeTheMask) {
  AttentionOptions options;
  options.score = [](double s, const Position &) { return softcap(s, 2); };
  options.mask = [](const Position &at) { return causal(at.i, at.j, 1); };
  options.wantScores = ScoresStage::modified;
  const AttentionResults r = run(operands(), options);
  EXPECT_EQ(r.scores->at({0, 0, 0, 2}), -infinity); // not 2 * tanh(-inf) = -2
  EXPECT_LT(std::fabs(r.scores->at({0, 0, 0, 1})), 2);
}

TEST(Attention, ScoresAtEveryStage) {
  AttentionOptions options;
  options.scale = 1;
  options.score = [](double s, const Position &) {
    return Score(s * s, s + 100);
  };
  options.mask = [](const Position &at) { return at.j != 1; };
  const Operands in = oneRow(1, {2, 3}, {1, 1});
  const auto scoresAt = [&](ScoresStage stage) {
    options.wantScores = stage;
    return run(in, options).scores->toDoubles();
  };
  EXPECT_EQ(scoresAt(ScoresStage::scaled), (std::vector<double>{2, 3}));
  EXPECT_EQ(scoresAt(ScoresStage::intermediate),
            (std::vector<double>{102, 103}));
  EXPECT_EQ(scoresAt(ScoresStage::modified),
            (std::vector<double>{4, -infinity}));
  EXPECT_EQ(scoresAt(ScoresStage::weights), (std::vector<double>{1, 0}));
}

TEST(Attention, D11_SinkJoinsTheDenominatorOnly) {
  const Tensor sink = Tensor::of(DType::f64, {1}, {std::log(4)});
  AttentionOptions options;
  options.sink = &sink;
  const Operands in = oneRow(1, {0, std::log(3)}, {1, 2});
  const AttentionResults r = run(in, options);
  EXPECT_TRUE(
      close(*r.scores, Tensor::of(DType::f64, {1, 1, 1, 2}, {0.125, 0.375})));
  EXPECT_NEAR(r.output.get(0), 7 / 8.0, 1e-15);
  EXPECT_NEAR(r.lse->get(0), std::log(8), 1e-15);
}

TEST(Attention, D11_SinkAloneGivesZeroAndAFiniteLse) {
  const Tensor sink = Tensor::of(DType::f64, {1}, {1.5});
  AttentionOptions options;
  options.sink = &sink;
  options.mask = [](const Position &) { return false; };
  const AttentionResults r = run(oneRow(1, {1, 2}, {1, 2}), options);
  EXPECT_EQ(r.output.get(0), 0);
  EXPECT_EQ(r.lse->get(0), 1.5);
}

TEST(Attention, D4_SinkOfMinusInfinityIsNoSink) {
  const Tensor sink = Tensor::of(DType::f64, {1}, {-infinity});
  AttentionOptions options;
  options.sink = &sink;
  const Operands in = oneRow(1, {1, 2}, {1, 2});
  EXPECT_TRUE(close(run(in, options).output, run(in).output));
  options.mask = [](const Position &) { return false; };
  EXPECT_EQ(run(in, options).lse->get(0), -infinity);
}

TEST(Attention, D20_ProbCountsOnlyWherePairsAttend) {
  AttentionOptions options;
  options.mask = [](const Position &at) { return at.j == 0; };
  options.prob = [](double p, const Position &at) { return p + 1 + at.j; };
  const AttentionResults r = run(oneRow(1, {1, 2}, {5, notANumber}), options);
  EXPECT_EQ(r.scores->toDoubles(), (std::vector<double>{2, 0}));
  EXPECT_EQ(r.output.get(0), 10);
}

TEST(Attention, WrongOperandsAreErrors) {
  const Operands in = operands();
  const auto with = [&](const Tensor &q, const Tensor &k, const Tensor &v,
                        const AttentionOptions &options = {}) {
    return attention(q, k, v, options);
  };
  const auto ones = [](Shape shape) { return Tensor(DType::f64, shape); };
  EXPECT_TRUE(failsWith(with(ones({3, 6, 3, 5}), in.k, in.v),
                        "key: expected batch size 3 as in query, got 2"));
  EXPECT_TRUE(failsWith(with(in.q, in.k, ones({2, 2, 8, 9})),
                        "value: expected length 7 as in key, got 8"));
  EXPECT_TRUE(failsWith(with(in.q, in.k, ones({2, 1, 7, 9})),
                        "value: expected head count 2 as in key, got 1"));
  EXPECT_TRUE(failsWith(with(in.q, ones({2, 2, 7, 4}), in.v),
                        "key: expected head size 5 as in query, got 4"));
  EXPECT_TRUE(failsWith(with(in.q, ones({2, 4, 7, 5}), ones({2, 4, 7, 9})),
                        "divides query's 6, got 4"));
  EXPECT_TRUE(failsWith(with(in.q, ones({2, 0, 7, 5}), ones({2, 0, 7, 9})),
                        "divides query's 6, got 0"));
  EXPECT_TRUE(failsWith(with(ones({2, 6, 5}), in.k, in.v),
                        "query: expected rank 4, got 3"));
  EXPECT_TRUE(failsWith(with(in.q.cast(DType::i32), in.k, in.v),
                        "query: expected f16, bf16, f32 or f64, got i32"));
}

TEST(Attention, WrongOptionsAreErrors) {
  const Operands in = operands();
  AttentionOptions options;
  options.queryLayout = {0, 1, 2, 2};
  EXPECT_TRUE(failsWith(attention(in.q, in.k, in.v, options),
                        "query: expected a layout that permutes 0 to 3, got "
                        "[0, 1, 2, 2]"));
  options = {};
  options.lseLayout = {0, 1, 2, 3};
  EXPECT_TRUE(failsWith(attention(in.q, in.k, in.v, options), "lse: expected"));
  options = {};
  const Tensor sink(DType::f32, {2});
  options.sink = &sink;
  EXPECT_TRUE(failsWith(attention(in.q, in.k, in.v, options),
                        "sink: expected shape 6, got 2"));
  options = {};
  options.wantScores = ScoresStage::intermediate;
  EXPECT_TRUE(failsWith(attention(in.q, in.k, in.v, options),
                        "expected an intermediate score"));
}

} // namespace
