//===- Numbers.h - Half precision in plain integers -------------*- C++ -*-===//
//
// Conversions without branches, so that loops over a warp become vector code
// on any CPU. They round to nearest even, and a NaN becomes PTX's one NaN.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_NUMBERS_H
#define ATTN_PTX_NUMBERS_H

#include <cstdint>
#include <cstring>

namespace attn::ptx {

template <class To, class From> inline To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

inline float bfloatToFloat(uint16_t bits) {
  return bitCast<float>(uint32_t(bits) << 16);
}
inline uint16_t floatToBFloat(float value) {
  uint32_t bits = bitCast<uint32_t>(value);
  uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fff : rounded;
}

inline float halfToFloat(uint16_t bits) {
  // The exponent moves by 112; a product with 2^112 also takes subnormals.
  uint32_t magnitude = uint32_t(bits & 0x7fff) << 13;
  float scaled = bitCast<float>(magnitude) * bitCast<float>(0x77800000u);
  uint32_t special = magnitude | 0x7f800000;
  uint32_t result =
      (bits & 0x7fff) >= 0x7c00 ? special : bitCast<uint32_t>(scaled);
  return bitCast<float>(result | uint32_t(bits & 0x8000) << 16);
}
inline uint16_t floatToHalf(float value) {
  uint32_t bits = bitCast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  // Normal numbers round in the integer; subnormals by adding 0.5, whose last
  // place is theirs.
  uint32_t normal =
      (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  uint32_t subnormal =
      bitCast<uint32_t>(bitCast<float>(magnitude) + 0.5f) - 0x3f000000;
  uint32_t result = magnitude < 0x38800000 ? subnormal : normal;
  result = magnitude >= 0x477ff000 ? 0x7c00 : result;
  return magnitude > 0x7f800000 ? 0x7fff : sign | result;
}
/// One rounding only, where the double is not a float: the float is made odd.
inline float doubleToOddFloat(double value) {
  float near = float(value);
  if (double(near) == value || near != near)
    return near;
  uint32_t bits = bitCast<uint32_t>(near);
  double magnitude = value < 0 ? -value : value;
  double nearMagnitude = near < 0 ? -double(near) : double(near);
  if (nearMagnitude > magnitude)
    --bits; // towards zero
  return bitCast<float>(bits | 1);
}

/// The 16-bit formats as element types.
struct Half {
  uint16_t bits;
  static float widen(Half value) { return halfToFloat(value.bits); }
  static Half narrow(double value) {
    return {floatToHalf(doubleToOddFloat(value))};
  }
  static Half narrow(float value) { return {floatToHalf(value)}; }
};
struct BFloat {
  uint16_t bits;
  static float widen(BFloat value) { return bfloatToFloat(value.bits); }
  static BFloat narrow(double value) {
    return {floatToBFloat(doubleToOddFloat(value))};
  }
  static BFloat narrow(float value) { return {floatToBFloat(value)}; }
};

/// Subnormals as zeros of their sign: `.ftz`.
inline float flushSubnormal(float value) {
  uint32_t bits = bitCast<uint32_t>(value);
  return bitCast<float>(bits & 0x7f800000 ? bits : bits & 0x80000000);
}

} // namespace attn::ptx

#endif // ATTN_PTX_NUMBERS_H
