//===- Types.h - The types of PTX -------------------------------*- C++ -*-===//

#ifndef ATTN_PTX_TYPES_H
#define ATTN_PTX_TYPES_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace attn::ptx {

enum class Kind : uint8_t { Predicate, Bits, Unsigned, Signed, Float, BFloat };

/// `elements` is 2 for packed types such as f16x2; `bits` counts one element.
struct Type {
  Kind kind = Kind::Bits;
  uint8_t bits = 32;
  uint8_t elements = 1;

  /// Bytes of one lane in a register; a predicate has none of its own.
  unsigned bytes() const { return bits * elements / 8; }
  bool isFloat() const { return kind == Kind::Float || kind == Kind::BFloat; }
  bool isPredicate() const { return kind == Kind::Predicate; }
  bool operator!=(const Type &other) const { return !(*this == other); }
  bool operator==(const Type &other) const {
    return kind == other.kind && bits == other.bits &&
           elements == other.elements;
  }
};

/// "s32", "f16x2", "pred": without the dot.
inline std::optional<Type> parseType(std::string_view text) {
  struct Named {
    std::string_view name;
    Type type;
  };
  static constexpr Named table[] = {
      {"pred", {Kind::Predicate, 0, 1}}, {"b8", {Kind::Bits, 8, 1}},
      {"b16", {Kind::Bits, 16, 1}},      {"b32", {Kind::Bits, 32, 1}},
      {"b64", {Kind::Bits, 64, 1}},      {"u8", {Kind::Unsigned, 8, 1}},
      {"u16", {Kind::Unsigned, 16, 1}},  {"u32", {Kind::Unsigned, 32, 1}},
      {"u64", {Kind::Unsigned, 64, 1}},  {"s8", {Kind::Signed, 8, 1}},
      {"s16", {Kind::Signed, 16, 1}},    {"s32", {Kind::Signed, 32, 1}},
      {"s64", {Kind::Signed, 64, 1}},    {"f16", {Kind::Float, 16, 1}},
      {"f32", {Kind::Float, 32, 1}},     {"f64", {Kind::Float, 64, 1}},
      {"f16x2", {Kind::Float, 16, 2}},   {"f32x2", {Kind::Float, 32, 2}},
      {"bf16", {Kind::BFloat, 16, 1}},   {"bf16x2", {Kind::BFloat, 16, 2}},
  };
  for (const Named &named : table)
    if (named.name == text)
      return named.type;
  return std::nullopt;
}

} // namespace attn::ptx

#endif // ATTN_PTX_TYPES_H
