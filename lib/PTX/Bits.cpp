//===- Bits.cpp - and, shl, bfe, prmt … -----------------------------------===//

#include "Elementwise.h"

namespace attn::ptx {

namespace {

struct And {
  template <class T> static T apply(T a, T b) { return a & b; }
};
struct Or {
  template <class T> static T apply(T a, T b) { return a | b; }
};
struct Xor {
  template <class T> static T apply(T a, T b) { return a ^ b; }
};
struct Not {
  template <class T> static T apply(T a) { return ~a; }
};
struct IsZero {
  template <class T> static T apply(T a) { return a == 0; }
};
struct ReverseBits {
  template <class T> static T apply(T a) {
    T result = 0;
    for (unsigned bit = 0; bit < 8 * sizeof(T); ++bit)
      result |= T((a >> bit) & 1) << (8 * sizeof(T) - 1 - bit);
    return result;
  }
};

template <class Op>
void predicates(Warp &warp, const Instruction &i, Mask mask) {
  Mask result = Op::apply(warp.predicate(i.a), warp.predicate(i.b));
  Mask &to = warp.predicate(i.destination);
  to = (to & ~mask) | (result & mask);
}

void invertPredicate(Warp &warp, const Instruction &i, Mask mask) {
  Mask &to = warp.predicate(i.destination);
  to = (to & ~mask) | (~warp.predicate(i.a) & mask);
}

template <class Op> void decodeLogic(Decoder &decoder) {
  Type type = decoder.words.takeType();
  if (!type.isPredicate()) {
    decodeOperands(decoder, 2, type);
    return emitOrFail(decoder, integerHandler<2, Op>(type));
  }
  decoder.instruction.a = decoder.predicate(1);
  decoder.instruction.b = decoder.predicate(2);
  decoder.instruction.destination =
      decoder.predicateDestination(decoder.operand(0));
  decoder.emit(predicates<Op>);
}

void decodeNot(Decoder &decoder) {
  Type type = decoder.words.takeType();
  if (!type.isPredicate()) {
    decodeOperands(decoder, 1, type);
    return emitOrFail(decoder, integerHandler<1, Not>(type));
  }
  decoder.instruction.a = decoder.predicate(1);
  decoder.instruction.destination =
      decoder.predicateDestination(decoder.operand(0));
  decoder.emit(invertPredicate);
}

/// Shifts by more than the width give zeros, or the sign.
template <class T, bool left>
void shift(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a);
  const uint32_t *amount = warp.at<uint32_t>(i.b);
  constexpr unsigned bits = 8 * sizeof(T);
  T result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    uint32_t by = amount[lane] < bits ? amount[lane] : bits - 1;
    if (left)
      result[lane] = amount[lane] < bits ? T(a[lane] << by) : T(0);
    else if (std::is_signed_v<T>)
      result[lane] = T(a[lane] >> by);
    else
      result[lane] = amount[lane] < bits ? T(a[lane] >> by) : T(0);
  }
  warp.store(i.destination, result, mask);
}

template <bool left> void decodeShift(Decoder &decoder) {
  Type type = decoder.words.takeType();
  expectBits(decoder, type, {16, 32, 64});
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, {Kind::Unsigned, 32, 1});
  decoder.instruction.destination = decoder.destination(0, type);
  bool isSigned = type.kind == Kind::Signed && !left;
  switch (type.bits) {
  case 16:
    return decoder.emit(isSigned ? shift<int16_t, left>
                                 : shift<uint16_t, left>);
  case 32:
    return decoder.emit(isSigned ? shift<int32_t, left>
                                 : shift<uint32_t, left>);
  default:
    return decoder.emit(isSigned ? shift<int64_t, left>
                                 : shift<uint64_t, left>);
  }
}

/// shf: 32 bits out of the 64 of {b, a}.
template <bool left, bool wraps> struct Funnel {
  static uint32_t apply(uint32_t low, uint32_t high, uint32_t amount) {
    uint32_t by = wraps ? amount & 31 : amount < 32 ? amount : 32;
    uint64_t both = uint64_t(high) << 32 | low;
    return left ? uint32_t((both << by) >> 32) : uint32_t(both >> by);
  }
};

void decodeFunnel(Decoder &decoder) {
  expectBits(decoder, decoder.words.takeType(), {32});
  bool left = decoder.words.takeOne({"l", "r"}) == "l";
  bool wraps = decoder.words.takeOne({"wrap", "clamp"}) == "wrap";
  decodeOperands(decoder, 3, {Kind::Bits, 32, 1});
  Handler handlers[2][2] = {{elementwise<3, uint32_t, Funnel<false, false>>(),
                             elementwise<3, uint32_t, Funnel<false, true>>()},
                            {elementwise<3, uint32_t, Funnel<true, false>>(),
                             elementwise<3, uint32_t, Funnel<true, true>>()}};
  decoder.emit(handlers[left][wraps]);
}

/// Position and length are bytes of their operands.
template <class T>
void extractField(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a);
  const uint32_t *position = warp.at<uint32_t>(i.b),
                 *length = warp.at<uint32_t>(i.c);
  using Bits = std::make_unsigned_t<T>;
  constexpr unsigned bits = 8 * sizeof(T);
  T result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned from = position[lane] & 255, count = length[lane] & 255;
    bool sign = std::is_signed_v<T> && count &&
                a[lane] >> std::min(from + count - 1, bits - 1) & 1;
    Bits field = from < bits ? Bits(a[lane]) >> from : 0;
    unsigned kept = std::min(count, from < bits ? bits - from : 0);
    Bits ones = kept >= bits ? ~Bits(0) : (Bits(1) << kept) - 1;
    result[lane] = T((field & ones) | (sign ? ~ones : 0));
  }
  warp.store(i.destination, result, mask);
}

void decodeExtract(Decoder &decoder) {
  Type type = decoder.words.takeType();
  expectBits(decoder, type, {32, 64});
  Type u32{Kind::Unsigned, 32, 1};
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, u32);
  decoder.instruction.c = decoder.source(3, u32);
  decoder.instruction.destination = decoder.destination(0, type);
  bool isSigned = type.kind == Kind::Signed;
  if (type.bits == 32)
    return decoder.emit(isSigned ? extractField<int32_t>
                                 : extractField<uint32_t>);
  decoder.emit(isSigned ? extractField<int64_t> : extractField<uint64_t>);
}

template <class T>
void insertField(Warp &warp, const Instruction &i, Mask mask) {
  const T *field = warp.at<T>(i.a), *into = warp.at<T>(i.b);
  const uint32_t *position = warp.at<uint32_t>(i.c),
                 *length = warp.at<uint32_t>(i.list[0]);
  constexpr unsigned bits = 8 * sizeof(T);
  T result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    unsigned at = position[lane] & 255, count = length[lane] & 255;
    T ones = count >= bits ? ~T(0) : (T(1) << count) - 1;
    ones = at >= bits ? T(0) : T(ones << at);
    T moved = at >= bits ? T(0) : T(field[lane] << at);
    result[lane] = (into[lane] & ~ones) | (moved & ones);
  }
  warp.store(i.destination, result, mask);
}

void decodeInsert(Decoder &decoder) {
  Type type = decoder.words.takeType();
  expectBits(decoder, type, {32, 64});
  Type u32{Kind::Unsigned, 32, 1};
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, type);
  decoder.instruction.c = decoder.source(3, u32);
  decoder.instruction.list = {decoder.source(4, u32)};
  decoder.instruction.destination = decoder.destination(0, type);
  decoder.emit(type.bits == 32 ? insertField<uint32_t> : insertField<uint64_t>);
}

/// Counts give 32 bits.
template <class T, class Op>
void count(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a);
  uint32_t result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Op::apply(a[lane]);
  warp.store(i.destination, result, mask);
}
struct Population {
  template <class T> static uint32_t apply(T a) {
    return __builtin_popcountll(a);
  }
};
struct LeadingZeros {
  template <class T> static uint32_t apply(T a) {
    unsigned bits = 8 * sizeof(T);
    return a ? __builtin_clzll(a) - (64 - bits) : bits;
  }
};
/// The highest bit that differs from the sign; all ones: there is none.
template <bool isSigned> struct HighestBit {
  template <class T> static uint32_t apply(T a) {
    if (isSigned && std::make_signed_t<T>(a) < 0)
      a = ~a;
    return a ? 63 - __builtin_clzll(a) : ~0u;
  }
};

template <class Op> void decodeCount(Decoder &decoder) {
  Type type = decoder.words.takeType();
  expectBits(decoder, type, {32, 64});
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.destination =
      decoder.destination(0, {Kind::Unsigned, 32, 1});
  decoder.emit(type.bits == 32 ? count<uint32_t, Op> : count<uint64_t, Op>);
}
void decodeHighestBit(Decoder &decoder) {
  bool isSigned = false;
  for (const std::string &word : decoder.statement.words)
    isSigned |= word == "s32" || word == "s64";
  isSigned ? decodeCount<HighestBit<true>>(decoder)
           : decodeCount<HighestBit<false>>(decoder);
}

/// Each digit of the selector picks a byte of {b, a}; 8 more: its sign.
struct Permute {
  static uint32_t apply(uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t both = uint64_t(b) << 32 | a;
    uint32_t result = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
      unsigned digit = selector >> (4 * byte) & 15;
      uint32_t picked = both >> (8 * (digit & 7)) & 255;
      if (digit & 8)
        picked = picked & 128 ? 255 : 0;
      result |= picked << (8 * byte);
    }
    return result;
  }
};
void decodePermute(Decoder &decoder) {
  expectBits(decoder, decoder.words.takeType(), {32});
  decodeOperands(decoder, 3, {Kind::Bits, 32, 1});
  decoder.emit(elementwise<3, uint32_t, Permute>());
}

/// The truth table of three inputs, as a byte.
void lookUp(Warp &warp, const Instruction &i, Mask mask) {
  const uint32_t *a = warp.at<uint32_t>(i.a), *b = warp.at<uint32_t>(i.b),
                 *c = warp.at<uint32_t>(i.c);
  uint32_t result[warpSize] = {};
  for (unsigned row = 0; row < 8; ++row)
    if (i.offset >> row & 1)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[lane] |= (row & 4 ? a[lane] : ~a[lane]) &
                        (row & 2 ? b[lane] : ~b[lane]) &
                        (row & 1 ? c[lane] : ~c[lane]);
  warp.store(i.destination, result, mask);
}
void decodeLookUp(Decoder &decoder) {
  Type type = decoder.words.takeType();
  expectBits(decoder, type, {32});
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, type);
  decoder.instruction.c = decoder.source(3, type);
  decoder.instruction.offset = decoder.immediate(4);
  decoder.instruction.destination = decoder.destination(0, type);
  decoder.emit(lookUp);
}

template <class Op> void decodeUnaryBits(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decodeOperands(decoder, 1, type);
  emitOrFail(decoder, integerHandler<1, Op>(type));
}

} // namespace

void addBits(DecodeTable &table) {
  table["and"] = decodeLogic<And>;
  table["or"] = decodeLogic<Or>;
  table["xor"] = decodeLogic<Xor>;
  table["not"] = decodeNot;
  table["cnot"] = decodeUnaryBits<IsZero>;
  table["brev"] = decodeUnaryBits<ReverseBits>;
  table["shl"] = decodeShift<true>;
  table["shr"] = decodeShift<false>;
  table["shf"] = decodeFunnel;
  table["bfe"] = decodeExtract;
  table["bfi"] = decodeInsert;
  table["popc"] = decodeCount<Population>;
  table["clz"] = decodeCount<LeadingZeros>;
  table["bfind"] = decodeHighestBit;
  table["prmt"] = decodePermute;
  table["lop3"] = decodeLookUp;
}

} // namespace attn::ptx
