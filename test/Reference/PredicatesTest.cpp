//===- PredicatesTest.cpp - Which pairs attend ----------------------------===//

#include "attn/Reference/Predicates.h"

#include "Testing.h"

using namespace attn;
using namespace attn::reference;

namespace {

/// Rows of 'x' where a pair attends.
template <typename F> std::string drawn(int64_t rows, int64_t columns, F f) {
  std::string text;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j)
      text += f(i, j) ? 'x' : '.';
    text += ' ';
  }
  return text;
}

TEST(Predicates, D8_CausalWithOffsets) {
  const auto with = [](int64_t offset) {
    return drawn(3, 4,
                 [=](int64_t i, int64_t j) { return causal(i, j, offset); });
  };
  EXPECT_EQ(with(0), "x... xx.. xxx. ");  // top-left
  EXPECT_EQ(with(1), "xx.. xxx. xxxx ");  // bottom-right: Sk - Sq
  EXPECT_EQ(with(-2), ".... .... x... "); // leading rows are empty
}

TEST(Predicates, D9_WindowDoesNotCountTheCurrentKey) {
  const auto with = [](int64_t offset, int64_t left, int64_t right) {
    return drawn(4, 5, [=](int64_t i, int64_t j) {
      return *window(i, j, offset, left, right);
    });
  };
  EXPECT_EQ(with(0, 2, 0), "x.... xx... xxx.. .xxx. ");
  EXPECT_EQ(with(1, 0, 1), ".xx.. ..xx. ...xx ....x ");
  EXPECT_EQ(with(0, -1, 0), "x.... xx... xxx.. xxxx. ");
  EXPECT_EQ(with(0, 0, -1), "xxxxx .xxxx ..xxx ...xx ");
  EXPECT_EQ(with(0, -1, -1), "xxxxx xxxxx xxxxx xxxxx ");
  EXPECT_EQ(with(-3, 1, 0), "..... ..... ..... x.... ");
  const int64_t huge = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(with(0, huge, huge), "xxxxx xxxxx xxxxx xxxxx ");
  EXPECT_TRUE(failsWith(window(0, 0, 0, -2, 0), "got left -2"));
}

TEST(Predicates, D17_Prefix) {
  EXPECT_TRUE(prefix(2, 3));
  EXPECT_FALSE(prefix(3, 3));
  EXPECT_FALSE(prefix(0, -1));
}

TEST(Predicates, D17_SameSegment) {
  const Tensor a = Tensor::of(DType::i32, {2, 3}, {0, 0, 0, 1, 1, 2});
  const Tensor c = Tensor::of(DType::i64, {2, 2}, {0, 0, 2, 1});
  EXPECT_EQ(drawn(3, 2,
                  [&](int64_t i, int64_t j) {
                    return *sameSegment(a, c, {1, 0, i, j});
                  }),
            ".x .x x. ");
  EXPECT_TRUE(failsWith(sameSegment(a, c, {2, 0, 0, 0}),
                        "query segments: expected batch in [0, 2), got 2"));
  EXPECT_TRUE(failsWith(sameSegment(a, c, {0, 0, 0, 2}),
                        "key segments: expected key in [0, 2), got 2"));
  EXPECT_TRUE(failsWith(sameSegment(a.cast(DType::f32), c, {0, 0, 0, 0}),
                        "expected integers, got f32"));
}

TEST(Predicates, D17_BlockSparse) {
  const Tensor table = Tensor::of(DType::i1, {1, 2, 2, 2},
                                  {1, 1, 1, 1, //
                                   0, 1, 1, 0});
  EXPECT_EQ(drawn(3, 5,
                  [&](int64_t i, int64_t j) {
                    return *blockSparse(table, 2, 3, {0, 1, i, j});
                  }),
            "...xx ...xx xxx.. ");
  EXPECT_TRUE(failsWith(blockSparse(table, 2, 3, {0, 1, 4, 0}),
                        "block table: expected query block in [0, 2), got 2"));
  EXPECT_TRUE(failsWith(blockSparse(table, 2, 3, {0, 1, -1, 0}), "got -1"));
  EXPECT_TRUE(failsWith(blockSparse(table, 0, 3, {0, 0, 0, 0}), "got 0 and 3"));
}

} // namespace
