//===- PositionalEncodingsTest.cpp - Rotary and sinusoidal ----------------===//

#include "attn/Reference/PositionalEncodings.h"

#include "Testing.h"

using namespace attn;
using namespace attn::reference;

namespace {

Tensor rotated(const Tensor &x, const RotaryOptions &options) {
  Result<Tensor> result = rotaryEmbedding(x, options);
  EXPECT_TRUE(holds(result));
  return std::move(*result);
}

/// One token with these features at position `pos`.
Tensor rotatedAt(int64_t pos, const std::vector<double> &features,
                 RotaryOptions options = {}) {
  Tensor positions(DType::i64, {1, 1});
  positions.setInt(0, pos);
  options.positions = &positions;
  const int64_t size = features.size();
  return rotated(Tensor::of(DType::f64, {1, 1, 1, size}, features), options);
}

double dot(const Tensor &a, const Tensor &b) {
  double sum = 0;
  for (int64_t n = 0; n < a.size(); ++n)
    sum += a.get(n) * b.get(n);
  return sum;
}

TEST(RotaryEmbedding, D13_HalfSplitPairs) {
  const Tensor y = rotatedAt(1, {1, 0, 0, 0});
  EXPECT_TRUE(close(y, Tensor::of(DType::f64, {1, 1, 1, 4},
                                  {std::cos(1), 0, std::sin(1), 0})));
}

TEST(RotaryEmbedding, D13_InterleavedPairs) {
  RotaryOptions options;
  options.interleaved = true;
  const Tensor y = rotatedAt(1, {0, 1, 0, 0}, options);
  EXPECT_TRUE(close(y, Tensor::of(DType::f64, {1, 1, 1, 4},
                                  {-std::sin(1), std::cos(1), 0, 0})));
}

TEST(RotaryEmbedding, D13_FrequenciesFallWithTheBase) {
  RotaryOptions options;
  options.base = 4; // base^(-2/4) = 1/2, exact in f32
  const Tensor y = rotatedAt(3, {0, 1, 0, 0}, options);
  EXPECT_TRUE(close(y, Tensor::of(DType::f64, {1, 1, 1, 4},
                                  {0, std::cos(1.5), 0, std::sin(1.5)})));
}

TEST(RotaryEmbedding, D13_AnglesAreF32) {
  RotaryOptions options;
  options.base = 10000; // pair 1 of 2: pos / 100
  const float angle = static_cast<float>(100003 / 100.0);
  const Tensor y = rotatedAt(100003, {0, 1, 0, 0}, options);
  EXPECT_NEAR(y.get(1), std::cos(static_cast<double>(angle)), 1e-15);
  EXPECT_GT(std::fabs(y.get(1) - std::cos(1000.03)), 1e-7);
}

TEST(RotaryEmbedding, KeepsNorms) {
  const Tensor x = randomTensor(DType::f64, {2, 3, 4, 6}, 1);
  for (bool interleaved : {false, true}) {
    RotaryOptions options;
    options.interleaved = interleaved;
    const Tensor y = rotated(x, options);
    EXPECT_NEAR(dot(y, y), dot(x, x), 1e-12);
    EXPECT_FALSE(close(y, x));
  }
}

TEST(RotaryEmbedding, ProductsDependOnTheDistanceOnly) {
  const std::vector<double> q = {1, -2, 0.5, 3, 2, -1};
  const std::vector<double> k = {0.3, 1, 2, -1, 0.7, 1};
  for (bool interleaved : {false, true}) {
    RotaryOptions options;
    options.interleaved = interleaved;
    const auto product = [&](int64_t m, int64_t n) {
      return dot(rotatedAt(m, q, options), rotatedAt(n, k, options));
    };
    EXPECT_NEAR(product(7, 3), product(15, 11), 1e-5);
    EXPECT_NEAR(product(-2, 4), product(0, 6), 1e-5);
    EXPECT_GT(std::fabs(product(7, 3) - product(7, 4)), 1e-2);
  }
}

TEST(RotaryEmbedding, PartialLeavesTheRest) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6};
  RotaryOptions partial;
  partial.rotaryDim = 4;
  const Tensor y = rotatedAt(2, x, partial);
  const Tensor front = rotatedAt(2, {1, 2, 3, 4});
  for (int64_t n = 0; n < 4; ++n)
    EXPECT_EQ(y.get(n), front.get(n));
  EXPECT_EQ(y.get(4), 5);
  EXPECT_EQ(y.get(5), 6);
}

class RotaryTables : public testing::Test {
protected:
  RotaryTables() {
    for (int64_t pos = 0; pos < 9; ++pos)
      for (int64_t t = 0; t < 3; ++t) {
        const float angle =
            static_cast<float>(pos * std::pow(10000, -2 * t / 6.0));
        cos.setAt({pos, t}, std::cos(double(angle)));
        sin.setAt({pos, t}, std::sin(double(angle)));
      }
  }
  Tensor x = randomTensor(DType::f64, {2, 2, 4, 6}, 1);
  Tensor cos{DType::f64, {9, 3}}, sin{DType::f64, {9, 3}};
  Tensor positions = Tensor::of(DType::i64, {2, 4}, {0, 1, 8, 3, 5, 5, 2, 0});
};

TEST_F(RotaryTables, D13_TablesAgreeWithComputedAngles) {
  RotaryOptions computed, cached;
  computed.positions = cached.positions = &positions;
  cached.cos = &cos;
  cached.sin = &sin;
  EXPECT_TRUE(close(rotated(x, cached), rotated(x, computed)));
}

TEST_F(RotaryTables, D13_TablesOfRankThreeNeedNoPositions) {
  Tensor cos3(DType::f64, {2, 4, 3}), sin3(DType::f64, {2, 4, 3});
  for (int64_t n = 0; n < cos3.size(); ++n) {
    const int64_t pos = positions.getInt(n / 3);
    cos3.set(n, cos.at({pos, n % 3}));
    sin3.set(n, sin.at({pos, n % 3}));
  }
  RotaryOptions flat, deep;
  flat.positions = &positions;
  flat.cos = &cos;
  flat.sin = &sin;
  deep.cos = &cos3;
  deep.sin = &sin3;
  EXPECT_TRUE(close(rotated(x, deep), rotated(x, flat)));
}

TEST_F(RotaryTables, LayoutNamesTheDimensions) {
  RotaryOptions plain, moved;
  plain.positions = moved.positions = &positions;
  moved.layout = {2, 3, 0, 1};
  EXPECT_TRUE(close(rotated(x.transpose(moved.layout), moved),
                    rotated(x, plain).transpose(moved.layout)));
}

TEST_F(RotaryTables, D21_PositionsOutsideOfTheTableAreErrors) {
  RotaryOptions options;
  options.positions = &positions;
  options.cos = &cos;
  options.sin = &sin;
  for (int64_t bad : {9, -1}) {
    positions.setInt(5, bad);
    EXPECT_TRUE(failsWith(rotaryEmbedding(x, options),
                          "positions: expected position in [0, 9), got " +
                              std::to_string(bad)));
  }
}

TEST_F(RotaryTables, WrongOperandsAreErrors) {
  RotaryOptions options;
  options.cos = &cos;
  EXPECT_TRUE(failsWith(rotaryEmbedding(x, options), "both cos and sin"));
  options.sin = &sin;
  EXPECT_TRUE(failsWith(rotaryEmbedding(x, options),
                        "cos: expected shape 2x4x3, got 9x3"));
  options.positions = &positions;
  options.rotaryDim = 4;
  EXPECT_TRUE(failsWith(rotaryEmbedding(x, options), "cos: expected width 2"));
  options.rotaryDim = 3;
  EXPECT_TRUE(failsWith(rotaryEmbedding(x, options), "got 3"));
  options.rotaryDim = 8;
  EXPECT_TRUE(failsWith(rotaryEmbedding(x, options), "at most 6 features"));
}

TEST(SinusoidalEncoding, D14_SinesAndCosines) {
  const Tensor positions = Tensor::of(DType::i64, {3}, {0, 1, 50});
  const Tensor pe = *sinusoidalEncoding(positions, 4, DType::f64);
  EXPECT_TRUE(close(pe, Tensor::of(DType::f64, {3, 4},
                                   {0, 1, 0, 1, //
                                    std::sin(1), std::cos(1), std::sin(0.01),
                                    std::cos(0.01), //
                                    std::sin(50), std::cos(50), std::sin(0.5),
                                    std::cos(0.5)})));
}

TEST(SinusoidalEncoding, ShapesAndTypes) {
  const Tensor positions = Tensor::of(DType::i32, {2, 3}, {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(sinusoidalEncoding(positions, 5, DType::bf16)->typeString(),
            "2x3x5xbf16");
  EXPECT_EQ(sinusoidalEncoding(positions, 0, DType::f32)->size(), 0);
  EXPECT_TRUE(failsWith(sinusoidalEncoding(positions, 4, DType::i8), "got i8"));
  EXPECT_TRUE(failsWith(sinusoidalEncoding(positions, -4, DType::f32), "-4"));
}

} // namespace
