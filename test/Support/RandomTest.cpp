//===- RandomTest.cpp - Reproducible random fills -------------------------===//

#include "Testing.h"

#include <algorithm>

using namespace attn;

namespace {

TEST(Random, DependsOnSeedAndPositionOnly) {
  const Tensor small = randomTensor(DType::f32, {10}, 5);
  const Tensor large = randomTensor(DType::f32, {1000}, 5);
  for (int64_t n = 0; n < 10; ++n)
    EXPECT_EQ(small.get(n), large.get(n));
  EXPECT_FALSE(identical(small, randomTensor(DType::f32, {10}, 6)));
  RandomSequence one(9), two(9);
  EXPECT_EQ(one.bits(), two.bits());
  EXPECT_NE(one.bits(), one.bits());
}

TEST(Random, NormalHasItsMoments) {
  const int64_t count = 100000;
  double sum = 0, squares = 0, cubes = 0;
  for (int64_t n = 0; n < count; ++n) {
    const double x = randomNormal(3, n);
    sum += x;
    squares += x * x;
    cubes += x * x * x;
  }
  EXPECT_NEAR(sum / count, 0, 0.02);
  EXPECT_NEAR(squares / count, 1, 0.03);
  EXPECT_NEAR(cubes / count, 0, 0.06);
}

TEST(Random, IntegersReachBothEnds) {
  Tensor t(DType::i32, {1000});
  fillIntegers(t, 1, -2, 3);
  std::vector<double> values = t.toDoubles();
  EXPECT_EQ(*std::min_element(values.begin(), values.end()), -2);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 3);
  EXPECT_EQ(randomInteger(1, 1, 4, 3), 4);
  const int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_NE(randomInteger(1, 1, least, std::numeric_limits<int64_t>::max()),
            least);
}

} // namespace
