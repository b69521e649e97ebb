//===- ReportTest.cpp - A tensor in a few words ---------------------------===//

#include "attn/Run/Report.h"

#include "gtest/gtest.h"

#include <limits>

using namespace mlir::attn;
using ::attn::DType;
using ::attn::Tensor;

namespace {

std::string print(const Tensor &tensor) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTensor(os, "y", tensor);
  return text;
}

TEST(Report, ShowsFewElementsByRow) {
  EXPECT_EQ(print(Tensor::of(DType::f32, {2, 3}, {0, 0.5, 1, 1, 0, 0.5})),
            "y f32 [2, 3]: mean 0.5, min 0, max 1\n"
            "  [[0, 0.5, 1],\n"
            "   [1, 0, 0.5]]\n");
}

TEST(Report, ShowsAScalarWithoutBrackets) {
  EXPECT_EQ(print(Tensor::scalar(DType::f64, 1.0 / 3)),
            "y f64 []: mean 0.333333, min 0.3333333333, max 0.3333333333\n"
            "  0.3333333333\n");
}

TEST(Report, CountsWhatIsNotFinite) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(print(Tensor::of(DType::f32, {3}, {-2, infinity, -4})),
            "y f32 [3]: mean -3, min -4, max -2, 1 not finite\n"
            "  [-2, inf, -4]\n");
  EXPECT_EQ(print(Tensor::of(DType::f32, {1}, {-infinity})),
            "y f32 [1]: no finite element\n  [-inf]\n");
}

TEST(Report, ShowsNothingOfAnEmptyTensor) {
  EXPECT_EQ(print(Tensor(DType::i32, {2, 0})), "y i32 [2, 0]: empty\n");
}

TEST(Report, ShowsUnsignedAndBoolean) {
  Tensor large(DType::u64, {1});
  large.setInt(0, -1);
  EXPECT_NE(print(large).find("[18446744073709551615]"), std::string::npos);
  EXPECT_EQ(print(Tensor::of(DType::i1, {2}, {1, 0})),
            "y bool [2]: mean 0.5, min 0, max 1\n  [true, false]\n");
}

TEST(Report, ShowsUpTo64Elements) {
  auto lines = [](int64_t size) {
    const std::string text = print(Tensor(DType::i8, {size}));
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines(kShownElements), 2);
  EXPECT_EQ(lines(kShownElements + 1), 1);
}

} // namespace
