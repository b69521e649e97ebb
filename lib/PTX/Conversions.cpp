//===- Conversions.cpp - cvt ----------------------------------------------===//

#include "Elementwise.h"

#include <cmath>
#include <limits>

namespace attn::ptx {

namespace {

enum class Rounding : uint8_t { None, Nearest, Zero, Down, Up };

struct Conversion : Detail {
  Rounding toIntegral = Rounding::None;
  bool saturates = false;
  bool flushes = false;
  bool clampsNegative = false; // .relu
};

template <class T> T roundToIntegral(T value, Rounding rounding) {
  switch (rounding) {
  case Rounding::None:
    return value;
  case Rounding::Nearest:
    return std::nearbyint(value);
  case Rounding::Zero:
    return std::trunc(value);
  case Rounding::Down:
    return std::floor(value);
  case Rounding::Up:
    return std::ceil(value);
  }
  return value;
}

template <class E> constexpr bool isInteger = std::is_integral_v<E>;

/// A NaN becomes 0, and what is too large the nearest there is.
template <class To> To toInteger(double value) {
  // The first number above the range is a power of two, so it is exact.
  double above = std::ldexp(1.0, std::numeric_limits<To>::digits);
  if (value != value)
    return 0;
  if (value >= above)
    return std::numeric_limits<To>::max();
  if (value < double(std::numeric_limits<To>::min()))
    return std::numeric_limits<To>::min();
  return To(value);
}

template <class To, class From> To saturateInteger(From value) {
  using Wide = __int128;
  Wide low = std::numeric_limits<To>::min(),
       high = std::numeric_limits<To>::max();
  return To(std::min(std::max(Wide(value), low), high));
}

template <class From> auto widen(From value) {
  if constexpr (isNarrow<From>)
    return From::widen(value);
  else
    return value;
}

template <class To, class Value> To narrow(Value value) {
  if constexpr (isNarrow<To>)
    return To::narrow(value);
  else
    return To(value);
}

template <class To, class From>
To convertOne(From from, const Conversion &how) {
  auto value = widen(from);
  using Value = decltype(value);
  if constexpr (isInteger<From> && isInteger<To>) {
    return how.saturates ? saturateInteger<To>(value) : To(value);
  } else if constexpr (isInteger<From>) {
    if constexpr (isNarrow<To>)
      return To::narrow(double(value));
    else
      return To(value);
  } else {
    if constexpr (std::is_same_v<Value, float>)
      if (how.flushes)
        value = flushSubnormal(value);
    value = roundToIntegral(value, how.toIntegral);
    if constexpr (isInteger<To>) {
      return toInteger<To>(value);
    } else {
      if (how.saturates)
        value = value > 0 ? std::min(value, Value(1)) : Value(0);
      if (how.clampsNegative && value < 0)
        value = 0;
      return narrow<To>(value);
    }
  }
}

template <class To, class From>
void convert(Warp &warp, const Instruction &i, Mask mask) {
  const From *a = warp.at<From>(i.a);
  const auto &how = i.as<Conversion>();
  To result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = convertOne<To>(a[lane], how);
  warp.store(i.destination, result, mask);
}

/// f(number of the C++ type that holds it); null for one that nothing holds.
template <class F> Handler withType(Type type, F f) {
  bool isSigned = type.kind == Kind::Signed;
  if (type.elements != 1)
    return nullptr;
  if (type.kind == Kind::BFloat)
    return f(BFloat());
  if (type.kind == Kind::Float)
    return type.bits == 16   ? f(Half())
           : type.bits == 32 ? f(float())
                             : f(double());
  switch (type.bits) {
  case 8:
    return isSigned ? f(int8_t()) : f(uint8_t());
  case 16:
    return isSigned ? f(int16_t()) : f(uint16_t());
  case 32:
    return isSigned ? f(int32_t()) : f(uint32_t());
  case 64:
    return isSigned ? f(int64_t()) : f(uint64_t());
  default:
    return nullptr;
  }
}

/// The first operand becomes the upper half.
template <class E> void pack(Warp &warp, const Instruction &i, Mask mask) {
  const float *high = warp.at<float>(i.a), *low = warp.at<float>(i.b);
  const auto &how = i.as<Conversion>();
  uint32_t result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = uint32_t(convertOne<E>(high[lane], how).bits) << 16 |
                   convertOne<E>(low[lane], how).bits;
  warp.store(i.destination, result, mask);
}

void decodePack(Decoder &decoder, Type to, Type from) {
  if (from != Type{Kind::Float, 32, 1} || to.bits != 16)
    decoder.words.fail("halves of f32");
  decoder.instruction.a = decoder.source(1, from);
  decoder.instruction.b = decoder.source(2, from);
  decoder.instruction.destination = decoder.destination(0, to);
  decoder.emit(to.kind == Kind::BFloat ? pack<BFloat> : pack<Half>);
}

/// Ten bits of mantissa, ties away from zero.
void roundToTf32(Warp &warp, const Instruction &i, Mask mask) {
  const uint32_t *a = warp.at<uint32_t>(i.a);
  uint32_t result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = (a[lane] & 0x7f800000) == 0x7f800000
                       ? a[lane]
                       : (a[lane] + 0x1000) & ~0x1fffu;
  warp.store(i.destination, result, mask);
}

void decodeTf32(Decoder &decoder) {
  if (decoder.words.takeOne({"rna"}).empty())
    decoder.words.fail("'.rna'");
  decoder.words.takeType();
  Type b32{Kind::Bits, 32, 1};
  decoder.instruction.a = decoder.source(1, b32);
  decoder.instruction.destination = decoder.destination(0, b32);
  decoder.emit(roundToTf32);
}

void decodeConvert(Decoder &decoder) {
  Words &words = decoder.words;
  if (words.take("tf32"))
    return decodeTf32(decoder);
  Type from = words.takeType(), to = words.takeType();
  auto how = std::make_shared<Conversion>();
  std::string integral = words.takeOne({"rni", "rzi", "rmi", "rpi"});
  how->toIntegral = integral.empty()    ? Rounding::None
                    : integral == "rni" ? Rounding::Nearest
                    : integral == "rzi" ? Rounding::Zero
                    : integral == "rmi" ? Rounding::Down
                                        : Rounding::Up;
  how->flushes = words.take("ftz");
  how->saturates = words.take("sat");
  how->clampsNegative = words.take("relu");
  words.take("rn");
  decoder.instruction.detail = how;
  if (to.elements == 2)
    return decodePack(decoder, to, from);
  decoder.instruction.a = decoder.source(1, from);
  decoder.instruction.destination = decoder.destination(0, to);
  emitOrFail(decoder, withType(from, [&](auto source) {
               return withType(to, [&](auto target) -> Handler {
                 return convert<decltype(target), decltype(source)>;
               });
             }));
}

} // namespace

void addConversions(DecodeTable &table) { table["cvt"] = decodeConvert; }

} // namespace attn::ptx
