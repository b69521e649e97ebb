//===- DType.cpp - Element types and their conversions --------------------===//

#include "attn/Support/DType.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace attn {

namespace {

struct TypeInfo {
  DType type;
  const char *name;
  size_t size;
};

constexpr TypeInfo typeTable[] = {
    {DType::i1, "i1", 1},   {DType::i8, "i8", 1},     {DType::u8, "u8", 1},
    {DType::i16, "i16", 2}, {DType::u16, "u16", 2},   {DType::i32, "i32", 4},
    {DType::u32, "u32", 4}, {DType::i64, "i64", 8},   {DType::u64, "u64", 8},
    {DType::f16, "f16", 2}, {DType::bf16, "bf16", 2}, {DType::f32, "f32", 4},
    {DType::f64, "f64", 8},
};

/// A 16-bit format with one sign bit.
struct SmallFloat {
  int mantissaBits;
  int bias;
  int minExponent() const { return 1 - bias; }
  uint16_t infinity() const { return (2 * bias + 1) << mantissaBits; }
};
constexpr SmallFloat binary16{10, 15};
constexpr SmallFloat bfloat16{7, 127};

uint16_t encodeSmall(double value, SmallFloat format) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value))
    return sign | format.infinity() | (1 << (format.mantissaBits - 1));
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude))
    return sign | format.infinity();
  if (magnitude == 0)
    return sign;
  int exponent = std::max(std::ilogb(magnitude), format.minExponent());
  if (exponent > format.bias)
    return sign | format.infinity();
  // In units of the last place; rint ties to even. The leading one (absent in
  // a subnormal) and a carry out of the mantissa both add into the exponent.
  const double units =
      std::rint(std::ldexp(magnitude, format.mantissaBits - exponent));
  const int bits = ((exponent + format.bias - 1) << format.mantissaBits) +
                   static_cast<int>(units);
  return sign | std::min<int>(bits, format.infinity());
}

double decodeSmall(uint16_t bits, SmallFloat format) {
  const int exponent = (bits & 0x7fff) >> format.mantissaBits;
  const int mantissa = bits & ((1 << format.mantissaBits) - 1);
  double magnitude;
  if (exponent == 2 * format.bias + 1)
    magnitude = mantissa ? std::numeric_limits<double>::quiet_NaN()
                         : std::numeric_limits<double>::infinity();
  else if (exponent == 0)
    magnitude =
        std::ldexp(mantissa, format.minExponent() - format.mantissaBits);
  else
    magnitude = std::ldexp(mantissa + (1 << format.mantissaBits),
                           exponent - format.bias - format.mantissaBits);
  return std::copysign(magnitude, bits & 0x8000 ? -1.0 : 1.0);
}

template <typename T> double load(const void *element) {
  T value;
  std::memcpy(&value, element, sizeof(T));
  return static_cast<double>(value);
}

template <typename T> void store(T value, void *element) {
  std::memcpy(element, &value, sizeof(T));
}

template <typename T> T saturate(double value) {
  if (std::isnan(value))
    return 0;
  const double rounded = std::rint(value);
  if (rounded <= static_cast<double>(std::numeric_limits<T>::min()))
    return std::numeric_limits<T>::min();
  // The largest 64-bit integers round up to a power of two as doubles.
  if (rounded >= static_cast<double>(std::numeric_limits<T>::max()))
    return std::numeric_limits<T>::max();
  return static_cast<T>(rounded);
}

} // namespace

const char *dtypeName(DType type) {
  return typeTable[static_cast<size_t>(type)].name;
}

size_t byteSize(DType type) {
  return typeTable[static_cast<size_t>(type)].size;
}

std::optional<DType> parseDType(std::string_view name) {
  if (name == "bool")
    return DType::i1;
  for (const TypeInfo &info : typeTable)
    if (name == info.name)
      return info.type;
  return std::nullopt;
}

bool isFloat(DType type) { return type >= DType::f16; }

uint16_t encodeF16(double value) { return encodeSmall(value, binary16); }
uint16_t encodeBF16(double value) { return encodeSmall(value, bfloat16); }
double decodeF16(uint16_t bits) { return decodeSmall(bits, binary16); }
double decodeBF16(uint16_t bits) { return decodeSmall(bits, bfloat16); }

double decode(DType type, const void *element) {
  uint16_t bits = 0;
  switch (type) {
  case DType::i1:
    return load<uint8_t>(element) != 0;
  case DType::i8:
    return load<int8_t>(element);
  case DType::u8:
    return load<uint8_t>(element);
  case DType::i16:
    return load<int16_t>(element);
  case DType::u16:
    return load<uint16_t>(element);
  case DType::i32:
    return load<int32_t>(element);
  case DType::u32:
    return load<uint32_t>(element);
  case DType::i64:
    return load<int64_t>(element);
  case DType::u64:
    return load<uint64_t>(element);
  case DType::f16:
    std::memcpy(&bits, element, sizeof(bits));
    return decodeF16(bits);
  case DType::bf16:
    std::memcpy(&bits, element, sizeof(bits));
    return decodeBF16(bits);
  case DType::f32:
    return load<float>(element);
  case DType::f64:
    return load<double>(element);
  }
  return 0;
}

void encode(DType type, double value, void *element) {
  switch (type) {
  case DType::i1:
    return store<uint8_t>(value != 0, element);
  case DType::i8:
    return store(saturate<int8_t>(value), element);
  case DType::u8:
    return store(saturate<uint8_t>(value), element);
  case DType::i16:
    return store(saturate<int16_t>(value), element);
  case DType::u16:
    return store(saturate<uint16_t>(value), element);
  case DType::i32:
    return store(saturate<int32_t>(value), element);
  case DType::u32:
    return store(saturate<uint32_t>(value), element);
  case DType::i64:
    return store(saturate<int64_t>(value), element);
  case DType::u64:
    return store(saturate<uint64_t>(value), element);
  case DType::f16:
    return store(encodeF16(value), element);
  case DType::bf16:
    return store(encodeBF16(value), element);
  case DType::f32:
    return store(static_cast<float>(value), element);
  case DType::f64:
    return store(value, element);
  }
}

double roundTo(DType type, double value) {
  double element = 0;
  encode(type, value, &element);
  return decode(type, &element);
}

} // namespace attn
