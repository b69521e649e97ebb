//===- CacheUpdateTest.cpp - Writing into a key or value cache ------------===//

#include "attn/Reference/CacheUpdate.h"

#include "Testing.h"

using namespace attn;
using namespace attn::reference;

namespace {

class CacheUpdate : public testing::Test {
protected:
  // B = 2, one dimension outside and one inside of 4 places.
  const Tensor cache = randomTensor(DType::bf16, {2, 3, 4, 2}, 1);
  const Tensor update = randomTensor(DType::bf16, {2, 3, 2, 2}, 2);

  /// Which token stands at each place of batch b, -1 for the cache's own.
  std::vector<int64_t> places(const Tensor &out, int64_t b) const {
    std::vector<int64_t> result;
    for (int64_t p = 0; p < 4; ++p) {
      int64_t token = -2;
      for (int64_t t = 0; t < 2; ++t)
        if (out.at({b, 2, p, 1}) == update.at({b, 2, t, 1}) &&
            out.at({b, 0, p, 0}) == update.at({b, 0, t, 0}))
          token = t;
      if (out.at({b, 2, p, 1}) == cache.at({b, 2, p, 1}) &&
          out.at({b, 0, p, 0}) == cache.at({b, 0, p, 0}))
        token = -1;
      result.push_back(token);
    }
    return result;
  }
};

TEST_F(CacheUpdate, D19_EachBatchAtItsPosition) {
  const Tensor positions = Tensor::of(DType::i64, {2}, {2, 1});
  CacheUpdateOptions options;
  options.positions = &positions;
  const Tensor out = *cacheUpdate(cache, update, options);
  EXPECT_EQ(places(out, 0), (std::vector<int64_t>{-1, -1, 0, 1}));
  EXPECT_EQ(places(out, 1), (std::vector<int64_t>{-1, 0, 1, -1}));
  EXPECT_EQ(places(*cacheUpdate(cache, update), 1),
            (std::vector<int64_t>{0, 1, -1, -1}));
}

TEST_F(CacheUpdate, D19_CircularWraps) {
  const Tensor positions = Tensor::of(DType::i32, {2}, {3, 9});
  CacheUpdateOptions options;
  options.positions = &positions;
  options.circular = true;
  const Tensor out = *cacheUpdate(cache, update, options);
  EXPECT_EQ(places(out, 0), (std::vector<int64_t>{1, -1, -1, 0}));
  EXPECT_EQ(places(out, 1), (std::vector<int64_t>{-1, 0, 1, -1}));
}

TEST_F(CacheUpdate, D21_PositionsOutsideAreErrors) {
  Tensor positions = Tensor::of(DType::i64, {2}, {0, 3});
  CacheUpdateOptions options;
  options.positions = &positions;
  EXPECT_TRUE(failsWith(cacheUpdate(cache, update, options),
                        "positions: expected position in [0, 4), got 4"));
  positions.setInt(1, -1);
  for (bool circular : {false, true}) {
    options.circular = circular;
    EXPECT_TRUE(failsWith(cacheUpdate(cache, update, options), "got -1"));
  }
  positions.setInt(1, std::numeric_limits<int64_t>::max());
  options.circular = false;
  EXPECT_TRUE(failsWith(cacheUpdate(cache, update, options), "[0, 4)"));
}

TEST_F(CacheUpdate, AnyAxisAndType) {
  CacheUpdateOptions options;
  options.axis = 1;
  const Tensor old = Tensor::of(DType::i8, {1, 3}, {1, 2, 3});
  const Tensor fresh = Tensor::of(DType::i8, {1, 2}, {8, 9});
  EXPECT_EQ(cacheUpdate(old, fresh, options)->toDoubles(),
            (std::vector<double>{8, 9, 3}));
  // Longer than the ring: the last token to meet a place stays.
  options.circular = true;
  const Tensor many = Tensor::of(DType::i8, {1, 5}, {4, 5, 6, 7, 8});
  EXPECT_EQ(cacheUpdate(old, many, options)->toDoubles(),
            (std::vector<double>{7, 8, 6}));
}

TEST_F(CacheUpdate, WrongOperandsAreErrors) {
  CacheUpdateOptions options;
  EXPECT_TRUE(failsWith(cacheUpdate(cache, update.cast(DType::f32), options),
                        "update: expected type bf16 as in cache, got f32"));
  options.axis = 0;
  EXPECT_TRUE(failsWith(cacheUpdate(cache, update, options),
                        "axis: expected one in [1, 4), got 0"));
  options.axis = 3;
  EXPECT_TRUE(failsWith(cacheUpdate(cache, update, options),
                        "update: expected shape 2x3x4x2, got 2x3x2x2"));
  EXPECT_TRUE(failsWith(cacheUpdate(cache, Tensor(DType::bf16, {2, 3})),
                        "update: expected rank 4, got 2"));
}

} // namespace
