//===- ScoreModifiersTest.cpp - What happens to a score -------------------===//

#include "attn/Reference/ScoreModifiers.h"

#include "Testing.h"

using namespace attn;
using namespace attn::reference;

namespace {

TEST(ScoreModifiers, D7_Softcap) {
  EXPECT_EQ(softcap(0, 50), 0);
  EXPECT_NEAR(softcap(50, 50), 50 * 0.76159415595576488812, 1e-12);
  EXPECT_EQ(softcap(1e6, 30), 30);
  EXPECT_EQ(softcap(-infinity, 30), -30);
  EXPECT_NEAR(softcap(1e-3, 50), 1e-3, 1e-12);
}

TEST(ScoreModifiers, D10_Alibi) {
  EXPECT_EQ(alibiBias(0.5, 4, 1), -1.5);
  EXPECT_EQ(alibiBias(0.5, 1, 4), 1.5); // a later key is favored
  EXPECT_EQ(alibiBias(0.5, 1, 4, 0, true), -1.5);
  EXPECT_EQ(alibiBias(0.5, 4, 1, 0, true), -1.5);
  EXPECT_EQ(alibiBias(0.5, 1, 4, 7), -2);
  const Tensor slopes = Tensor::of(DType::f32, {2}, {1, 0.25});
  EXPECT_EQ(*alibi(10, slopes, {0, 1, 8, 0}), 8);
  EXPECT_TRUE(failsWith(alibi(0, slopes, {0, 2, 0, 0}),
                        "slopes: expected head in [0, 2), got 2"));
}

int64_t bucket(int64_t distance, int64_t buckets, bool bidirectional,
               int64_t maxDistance = 128) {
  RelativePositionOptions options;
  options.bidirectional = bidirectional;
  options.maxDistance = maxDistance;
  return *relativePositionBucket(1000, 1000 + distance, buckets, options);
}

// 16 buckets a side, 8 of them exact; the others begin at 8 * 16^(k/8): 8,
// 11.3, 16, 22.6, 32, 45.3, 64, 90.5. The powers of two stand on a threshold.
TEST(ScoreModifiers, D18_BidirectionalBuckets) {
  const std::pair<int64_t, int64_t> first[] = {
      {8, 8},   {11, 8},  {12, 9},  {15, 9},   {16, 10},  {22, 10},
      {23, 11}, {31, 11}, {32, 12}, {45, 12},  {46, 13},  {63, 13},
      {64, 14}, {90, 14}, {91, 15}, {128, 15}, {5000, 15}};
  for (int64_t r = 0; r < 8; ++r)
    EXPECT_EQ(bucket(-r, 32, true), r);
  for (auto [r, expected] : first) {
    EXPECT_EQ(bucket(-r, 32, true), expected) << r;
    EXPECT_EQ(bucket(r, 32, true), expected + 16) << r;
  }
}

// 16 exact buckets, then 16 * 8^(k/16): 16, 18.2, 20.7, ..., 112.4.
TEST(ScoreModifiers, D18_UnidirectionalBuckets) {
  EXPECT_EQ(bucket(5, 32, false), 0); // later keys share bucket 0
  EXPECT_EQ(bucket(-15, 32, false), 15);
  EXPECT_EQ(bucket(-16, 32, false), 16);
  EXPECT_EQ(bucket(-18, 32, false), 16);
  EXPECT_EQ(bucket(-19, 32, false), 17);
  EXPECT_EQ(bucket(-20, 32, false), 17);
  EXPECT_EQ(bucket(-21, 32, false), 18);
  EXPECT_EQ(bucket(-112, 32, false), 30);
  EXPECT_EQ(bucket(-113, 32, false), 31);
  EXPECT_EQ(bucket(-10000, 32, false), 31);
}

// Where max/e is a power of two and n - e its exponent, every threshold is a
// power of two: e * 2^k begins bucket e + k, exactly.
TEST(ScoreModifiers, D18_ThresholdsAreExact) {
  for (int64_t e = 2; e <= 24; ++e) {
    const int64_t buckets = 2 * e, max = e << e;
    for (int64_t k = 0; k < e; ++k) {
      EXPECT_EQ(bucket(-(e << k), buckets, false, max), e + k);
      if (k == 0)
        continue;
      EXPECT_EQ(bucket(-(e << k) + 1, buckets, false, max), e + k - 1);
    }
  }
}

TEST(ScoreModifiers, D18_BucketsGrowWithTheDistance) {
  for (int64_t buckets : {4, 10, 31, 64})
    for (int64_t r = 0; r < 300; ++r) {
      EXPECT_LE(bucket(-r, buckets, false), bucket(-r - 1, buckets, false));
      EXPECT_LT(bucket(-r, buckets, true), buckets / 2);
      EXPECT_LT(bucket(r, buckets, true), buckets);
    }
}

TEST(ScoreModifiers, D18_BiasIsReadFromTheTable) {
  Tensor table(DType::f32, {32, 3});
  table.setAt({26, 2}, 0.75);
  RelativePositionOptions options;
  options.bidirectional = true;
  options.offset = 4;
  // Distance 25 - (5 + 4) = 16: bucket 10 of the upper half.
  EXPECT_EQ(*relativePositionBias(1, table, {0, 2, 5, 25}, options), 1.75);
  EXPECT_EQ(*relativePositionBias(1, table, {0, 1, 5, 25}, options), 1);
  EXPECT_TRUE(failsWith(relativePositionBias(1, table, {0, 3, 0, 0}, options),
                        "expected head in [0, 3), got 3"));
}

TEST(ScoreModifiers, D18_ImpossibleTablesAreErrors) {
  RelativePositionOptions options;
  EXPECT_TRUE(failsWith(relativePositionBucket(0, 0, 1, options),
                        "at least 2 buckets, got 1"));
  options.bidirectional = true;
  EXPECT_TRUE(failsWith(relativePositionBucket(0, 0, 3, options),
                        "at least 4 buckets, got 3"));
  options.maxDistance = 8;
  EXPECT_TRUE(failsWith(relativePositionBucket(0, 0, 32, options),
                        "expected max_distance above 8, got 8"));
}

} // namespace
