//===- CompareTest.cpp - Comparison and tolerances ------------------------===//

#include "Testing.h"

using namespace attn;

namespace {

TEST(Compare, ToleranceIsRelativeToTheExpected) {
  EXPECT_TRUE(isClose(110, 100, {0.1, 0}));
  EXPECT_FALSE(isClose(100, 90, {0.1, 0})); // 10 > 0.1 * 90
  EXPECT_TRUE(isClose(1e-9, 0, {0.1, 1e-8}));
}

TEST(Compare, NotFinite) {
  EXPECT_TRUE(isClose(notANumber, notANumber, {0, 0}));
  EXPECT_FALSE(isClose(notANumber, 0, {1, 1}));
  EXPECT_TRUE(isClose(-infinity, -infinity, {0, 0}));
  EXPECT_FALSE(isClose(infinity, -infinity, {1, 1}));
  EXPECT_FALSE(isClose(1e300, infinity, {1, 1}));
}

TEST(Compare, ReportsTheFirstDifference) {
  const Tensor expected = Tensor::of(DType::f32, {2, 2}, {1, 2, 0, -infinity});
  const Tensor actual = Tensor::of(DType::f32, {2, 2}, {1, 2.5, 0.25, 3});
  const Comparison c = compare(actual, expected, {1e-3, 1e-3});
  EXPECT_FALSE(c.agree);
  EXPECT_EQ(c.differing, 3);
  EXPECT_EQ(c.firstIndex, (Shape{0, 1}));
  EXPECT_EQ(c.maxAbsolute, 0.5);
  EXPECT_EQ(c.maxRelative, 0.25);
  EXPECT_EQ(c.summary(), "differ: 3 of 4 elements, first at [0, 1]: expected "
                         "2, got 2.5; largest error 0.5 absolute, 0.25 "
                         "relative");
}

TEST(Compare, TypesShapesAndIntegers) {
  Tensor a(DType::i64, {1}), b(DType::i64, {1});
  a.setInt(0, (int64_t(1) << 62) + 1);
  b.setInt(0, int64_t(1) << 62); // the same double
  EXPECT_FALSE(compare(a, b).agree);
  EXPECT_EQ(compare(a, Tensor(DType::i64, {2})).summary(),
            "expected type 2xi64, got 1xi64");
  EXPECT_FALSE(compare(a, a.cast(DType::i32)).agree);
}

// A tolerance must let the rounding to its own type pass, and no more than
// about ten times as much.
TEST(Tolerances, FitThePrecisionOfTheType) {
  const std::pair<DType, int> precisions[] = {
      {DType::f16, 11}, {DType::bf16, 8}, {DType::f32, 24}, {DType::f64, 53}};
  for (auto [type, bits] : precisions) {
    EXPECT_GE(defaultTolerance(type).relative, std::ldexp(1, -bits));
    EXPECT_GE(defaultTolerance(type).absolute, std::ldexp(1, -bits));
  }
  EXPECT_LT(defaultTolerance(DType::f16).relative, 0.01);
  EXPECT_EQ(defaultTolerance(DType::i32).absolute, 0);
  EXPECT_EQ(onnxTestTolerance(DType::f32).absolute, 1e-7);
  EXPECT_EQ(onnxTestTolerance(DType::f16).relative, 1e-2);
  // Of a model: no error of 1e-2 in f32, however deep, and more than one in the
  // last place of a product.
  EXPECT_LT(modelTolerance(DType::f32, 1000).absolute, 1e-3);
  EXPECT_GT(modelTolerance(DType::f32, 3).absolute, std::ldexp(1, -20));
  EXPECT_EQ(modelTolerance(DType::f32, 64).absolute,
            2 * modelTolerance(DType::f32, 16).absolute);
  EXPECT_EQ(modelTolerance(DType::i64, 16).absolute, 0);
}

} // namespace
