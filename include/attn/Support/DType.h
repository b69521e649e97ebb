//===- DType.h - Element types and their conversions ------------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// Conversions are written out in integers, so that they mean the same on every
// CPU and share nothing with the compiler's own f16 and bf16 code.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_SUPPORT_DTYPE_H
#define ATTN_SUPPORT_DTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace attn {

/// Element types. `i1` is a boolean that occupies one byte (0 or 1).
enum class DType : uint8_t {
  i1,
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  i64,
  u64,
  f16,
  bf16,
  f32,
  f64
};

/// "f16", "i1", ...
const char *dtypeName(DType type);
/// The inverse of dtypeName; "bool" also means i1.
std::optional<DType> parseDType(std::string_view name);
/// Bytes of one element.
size_t byteSize(DType type);
bool isFloat(DType type);
/// Integers, i1 among them.
inline bool isInteger(DType type) { return !isFloat(type); }
/// The type of softmax statistics (D5) and of LSE: f64 for f64, else f32.
inline DType statisticsType(DType type) {
  return type == DType::f64 ? DType::f64 : DType::f32;
}

/// IEEE binary16 and bfloat16 from a double in one rounding, to nearest, ties
/// to even; overflow gives an infinity, a NaN stays a (quiet) NaN with its
/// sign, subnormals are kept.
uint16_t encodeF16(double value);
uint16_t encodeBF16(double value);
double decodeF16(uint16_t bits);
double decodeBF16(uint16_t bits);

/// Reads one element. 64-bit integers beyond 2^53 round to the nearest double.
double decode(DType type, const void *element);
/// Writes one element: floats round to nearest even; integers round to nearest
/// even and saturate, and NaN gives 0; i1 is `value != 0`.
void encode(DType type, double value, void *element);

/// The double nearest to `value` that `type` can hold.
double roundTo(DType type, double value);

} // namespace attn

#endif // ATTN_SUPPORT_DTYPE_H
