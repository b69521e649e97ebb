//===- TensorTest.cpp - Element types and tensors -------------------------===//

#include "Testing.h"

#include <cstring>

using namespace attn;

namespace {

TEST(DType, NamesRoundTrip) {
  for (int n = 0; n <= static_cast<int>(DType::f64); ++n) {
    const DType type = static_cast<DType>(n);
    EXPECT_EQ(parseDType(dtypeName(type)), type);
  }
  EXPECT_EQ(parseDType("bool"), DType::i1);
  EXPECT_EQ(parseDType("f8"), std::nullopt);
  EXPECT_EQ(byteSize(DType::bf16), 2u);
  EXPECT_TRUE(isFloat(DType::f16) && isInteger(DType::u64));
}

TEST(DType, EveryF16AndBF16RoundTrips) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double half = decodeF16(bits), brain = decodeBF16(bits);
    if (std::isnan(half))
      EXPECT_TRUE(std::isnan(decodeF16(encodeF16(half))));
    else
      EXPECT_EQ(encodeF16(half), bits);
    if (std::isnan(brain))
      EXPECT_TRUE(std::isnan(decodeBF16(encodeBF16(brain))));
    else
      EXPECT_EQ(encodeBF16(brain), bits);
  }
}

TEST(DType, F16RoundsTiesToEven) {
  const double ulp = std::ldexp(1, -10);
  EXPECT_EQ(encodeF16(1), 0x3c00);
  EXPECT_EQ(encodeF16(1 + ulp / 2), 0x3c00);     // tie, down to even
  EXPECT_EQ(encodeF16(1 + 3 * ulp / 2), 0x3c02); // tie, up to even
  // Through f32 this would become a tie, and then 1.
  EXPECT_EQ(encodeF16(1 + ulp / 2 + std::ldexp(1, -40)), 0x3c01);
  EXPECT_EQ(encodeF16(2 - ulp / 4), 0x4000); // carries into the exponent
}

TEST(DType, F16Limits) {
  EXPECT_EQ(encodeF16(65504), 0x7bff);
  EXPECT_EQ(encodeF16(65519.99), 0x7bff);
  EXPECT_EQ(encodeF16(65520), 0x7c00);
  EXPECT_EQ(encodeF16(-1e300), 0xfc00);
  EXPECT_EQ(encodeF16(std::ldexp(1, -24)), 1); // the least subnormal
  EXPECT_EQ(encodeF16(std::ldexp(1, -25)), 0); // tie with zero
  EXPECT_EQ(encodeF16(std::ldexp(1.001, -25)), 1);
  EXPECT_EQ(encodeF16(std::ldexp(1023.5, -24)), 0x400); // the least normal
  EXPECT_EQ(encodeF16(-0.0), 0x8000);
  EXPECT_EQ(encodeF16(std::numeric_limits<double>::denorm_min()), 0);
  EXPECT_EQ(encodeF16(-notANumber) & 0x7e00, 0x7e00);
}

// Independently: bf16 is the upper half of f32, so rounding is an addition on
// the bits of a float.
TEST(DType, BF16AgreesWithFloatBits) {
  for (uint64_t n = 0; n < 20000; ++n) {
    const uint32_t bits = static_cast<uint32_t>(randomBits(7, n));
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isnan(value))
      continue;
    const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
    EXPECT_EQ(encodeBF16(value), rounded >> 16) << value;
  }
  EXPECT_EQ(encodeBF16(1 + std::ldexp(1, -8)), 0x3f80);
  EXPECT_EQ(encodeBF16(1 + 3 * std::ldexp(1, -8)), 0x3f82);
}

TEST(DType, IntegersRoundAndSaturate) {
  EXPECT_EQ(roundTo(DType::i8, 2.5), 2);
  EXPECT_EQ(roundTo(DType::i8, 300), 127);
  EXPECT_EQ(roundTo(DType::u8, -3), 0);
  EXPECT_EQ(roundTo(DType::i64, notANumber), 0);
  EXPECT_EQ(roundTo(DType::i64, 1e30), std::ldexp(1, 63));
  EXPECT_EQ(roundTo(DType::i1, -0.25), 1);
}

TEST(Tensor, ElementsAndIndices) {
  Tensor t(DType::f32, {2, 3, 4});
  EXPECT_EQ(t.strides(), (Shape{12, 4, 1}));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.data()) % 64, 0u);
  t.setAt({1, 2, 3}, 5);
  EXPECT_EQ(t.get(23), 5);
  EXPECT_EQ(t.indexOf(23), (Shape{1, 2, 3}));
  EXPECT_EQ(t.typeString(), "2x3x4xf32");
  EXPECT_EQ(Tensor::scalar(DType::i1, 3).get(0), 1);
}

TEST(Tensor, LargeIntegersAreExact) {
  Tensor t(DType::i64, {1});
  const int64_t large = (int64_t(1) << 62) + 1;
  t.setInt(0, large);
  EXPECT_EQ(t.getInt(0), large);
  t = t.cast(DType::i32);
  EXPECT_EQ(t.getInt(0), 1); // integers wrap
}

TEST(Tensor, ZeroSizesAndOverflow) {
  EXPECT_EQ(Tensor(DType::f16, {3, 0, 5}).size(), 0);
  const int64_t large = int64_t(1) << 40;
  EXPECT_TRUE(failsWith(Tensor::create(DType::f32, {large, large}), "fits"));
  EXPECT_TRUE(failsWith(Tensor::create(DType::f32, {large, 0, large}), "fits"));
  EXPECT_TRUE(failsWith(Tensor::create(DType::f32, {-1}), "got -1"));
  EXPECT_FALSE(Tensor::create(DType::f64, {int64_t(1) << 55}));
}

TEST(Tensor, CopiesMovesTransposes) {
  Tensor t = Tensor::of(DType::bf16, {2, 3}, {0, 1, 2, 3, 4, 5});
  Tensor copy = t;
  copy.set(0, 9);
  EXPECT_EQ(t.get(0), 0);
  Tensor moved = std::move(copy);
  EXPECT_EQ(moved.get(0), 9);
  EXPECT_EQ(copy.size(), 0); // NOLINT: what a moved-from tensor is
  EXPECT_EQ(t.transpose({1, 0}).toDoubles(),
            (std::vector<double>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(t.reshape({6})->shape(), (Shape{6}));
  EXPECT_TRUE(failsWith(t.reshape({4}), "expected a shape of 6 elements"));
}

} // namespace
