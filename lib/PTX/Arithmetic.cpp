//===- Arithmetic.cpp - add, mul, fma, min, exp2 … ------------------------===//
//
// `.approx` instructions give the nearest number here, which is within the
// bounds that PTX states for them.
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"

#include <cmath>
#include <limits>

namespace attn::ptx {

namespace {

/// Signed overflow wraps.
template <class T>
using Wrapping =
    typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                std::common_type<T>>::type;

struct Add {
  template <class T> static T apply(T a, T b) {
    return T(Wrapping<T>(a) + Wrapping<T>(b));
  }
};
struct Subtract {
  template <class T> static T apply(T a, T b) {
    return T(Wrapping<T>(a) - Wrapping<T>(b));
  }
};
struct Multiply {
  template <class T> static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return T(uint64_t(a) * uint64_t(b));
    else
      return a * b;
  }
};
struct MultiplyHigh {
  template <class T> static T apply(T a, T b) {
    using Wide =
        std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
    return T((Wide(a) * Wide(b)) >> (8 * sizeof(T)));
  }
};
template <class Product> struct MultiplyAdd {
  template <class T> static T apply(T a, T b, T c) {
    return Add::apply(Product::apply(a, b), c);
  }
};
struct FusedMultiplyAdd {
  template <class T> static T apply(T a, T b, T c) { return std::fma(a, b, c); }
};
/// A division by zero gives all ones, and a remainder the dividend.
struct Divide {
  template <class T> static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0)
        return T(-1);
      if (std::is_signed_v<T> && b == T(-1))
        return T(-Wrapping<T>(a));
    }
    return a / b;
  }
};
struct Remainder {
  template <class T> static T apply(T a, T b) {
    if (b == 0)
      return a;
    return std::is_signed_v<T> && b == T(-1) ? T(0) : T(a % b);
  }
};
struct Negate {
  template <class T> static T apply(T a) { return T(-Wrapping<T>(a)); }
};
struct Absolute {
  template <class T> static T apply(T a) {
    if constexpr (std::is_integral_v<T>)
      return a < 0 ? Negate::apply(a) : a;
    else
      return std::fabs(a);
  }
};
/// -0 lies below +0; one NaN is passed over, unless `propagates`.
template <bool isMaximum, bool propagates> struct Extreme {
  template <class T> static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return (a < b) != isMaximum ? a : b;
    else {
      if (a != a || b != b) {
        if (propagates || (a != a && b != b))
          return std::numeric_limits<T>::quiet_NaN();
        return a != a ? b : a;
      }
      if (a == b)
        return std::signbit(a) != isMaximum ? a : b;
      return (a < b) != isMaximum ? a : b;
    }
  }
};
struct CopySign { // the sign of the first operand
  template <class T> static T apply(T a, T b) { return std::copysign(b, a); }
};
struct Reciprocal {
  template <class T> static T apply(T a) { return T(1) / a; }
};
struct SquareRoot {
  template <class T> static T apply(T a) { return std::sqrt(a); }
};
struct ReciprocalRoot {
  template <class T> static T apply(T a) { return T(1 / std::sqrt(double(a))); }
};
struct Exponential2 {
  template <class T> static T apply(T a) { return std::exp2(a); }
};
struct Logarithm2 {
  template <class T> static T apply(T a) { return std::log2(a); }
};
struct Sine {
  template <class T> static T apply(T a) { return std::sin(a); }
};
struct Cosine {
  template <class T> static T apply(T a) { return std::cos(a); }
};
struct HyperbolicTangent {
  template <class T> static T apply(T a) { return std::tanh(a); }
};

/// One that exists for integers and floats.
template <unsigned operands, class Op> void decodeEither(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decoder.words.skip({"rn"});
  bool flush = decoder.words.take("ftz");
  decodeOperands(decoder, operands, type);
  Handler handler = type.isFloat() ? floatHandler<operands, Op>(type, flush)
                                   : integerHandler<operands, Op>(type);
  emitOrFail(decoder, handler);
}

template <unsigned operands, class Op> void decodeFloat(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decoder.words.skip({"rn", "approx", "full"});
  bool flush = decoder.words.take("ftz");
  decodeOperands(decoder, operands, type);
  emitOrFail(decoder, floatHandler<operands, Op>(type, flush));
}

template <class Op> void decodeInteger(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decodeOperands(decoder, 2, type);
  emitOrFail(decoder, integerHandler<2, Op>(type));
}

void decodeDivide(Decoder &decoder) {
  Type type = decoder.words.takeType();
  decoder.words.skip({"rn", "approx", "full"});
  bool flush = decoder.words.take("ftz");
  decodeOperands(decoder, 2, type);
  emitOrFail(decoder, type.isFloat() ? floatHandler<2, Divide>(type, flush)
                                     : integerHandler<2, Divide>(type));
}

template <bool isMaximum> void decodeExtreme(Decoder &decoder) {
  Type type = decoder.words.takeType();
  bool flush = decoder.words.take("ftz");
  bool propagates = decoder.words.take("NaN");
  decodeOperands(decoder, 2, type);
  using Plain = Extreme<isMaximum, false>;
  using Propagating = Extreme<isMaximum, true>;
  Handler handler = !type.isFloat() ? integerHandler<2, Plain>(type)
                    : propagates    ? floatHandler<2, Propagating>(type, flush)
                                    : floatHandler<2, Plain>(type, flush);
  emitOrFail(decoder, handler);
}

/// The product in twice the bits, of T.
template <class T, class Wide, bool adds>
void multiplyWide(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a), *b = warp.at<T>(i.b);
  const Wide *c = warp.at<Wide>(i.c);
  Wide result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = Add::apply(Wide(Wide(a[lane]) * Wide(b[lane])),
                              adds ? c[lane] : Wide(0));
  warp.store(i.destination, result, mask);
}

template <bool adds> void decodeWide(Decoder &decoder, Type type) {
  Type wide{type.kind, uint8_t(2 * type.bits), 1};
  Instruction &i = decoder.instruction;
  i.a = decoder.source(1, type);
  i.b = decoder.source(2, type);
  if (adds)
    i.c = decoder.source(3, wide);
  i.destination = decoder.destination(0, wide);
  bool isSigned = type.kind == Kind::Signed;
  if (type.bits == 16)
    return decoder.emit(isSigned ? multiplyWide<int16_t, int32_t, adds>
                                 : multiplyWide<uint16_t, uint32_t, adds>);
  if (type.bits != 32)
    decoder.words.fail("a type of 16 or 32 bits");
  decoder.emit(isSigned ? multiplyWide<int32_t, int64_t, adds>
                        : multiplyWide<uint32_t, uint64_t, adds>);
}

template <bool adds> void decodeMultiply(Decoder &decoder) {
  Type type = decoder.words.takeType();
  constexpr unsigned operands = adds ? 3 : 2;
  using FloatOp = std::conditional_t<adds, FusedMultiplyAdd, Multiply>;
  using Low = std::conditional_t<adds, MultiplyAdd<Multiply>, Multiply>;
  using High =
      std::conditional_t<adds, MultiplyAdd<MultiplyHigh>, MultiplyHigh>;
  if (type.isFloat()) {
    decoder.words.skip({"rn"});
    bool flush = decoder.words.take("ftz");
    decodeOperands(decoder, operands, type);
    return emitOrFail(decoder, floatHandler<operands, FloatOp>(type, flush));
  }
  std::string part = decoder.words.takeOne({"lo", "hi", "wide"});
  if (part == "wide")
    return decodeWide<adds>(decoder, type);
  decodeOperands(decoder, operands, type);
  emitOrFail(decoder, part == "hi" ? integerHandler<operands, High>(type)
                                   : integerHandler<operands, Low>(type));
}

} // namespace

void addArithmetic(DecodeTable &table) {
  table["add"] = decodeEither<2, Add>;
  table["sub"] = decodeEither<2, Subtract>;
  table["neg"] = decodeEither<1, Negate>;
  table["abs"] = decodeEither<1, Absolute>;
  table["min"] = decodeExtreme<false>;
  table["max"] = decodeExtreme<true>;
  table["mul"] = decodeMultiply<false>;
  table["mad"] = decodeMultiply<true>;
  table["fma"] = decodeFloat<3, FusedMultiplyAdd>;
  table["div"] = decodeDivide;
  table["rem"] = decodeInteger<Remainder>;
  table["rcp"] = decodeFloat<1, Reciprocal>;
  table["sqrt"] = decodeFloat<1, SquareRoot>;
  table["rsqrt"] = decodeFloat<1, ReciprocalRoot>;
  table["ex2"] = decodeFloat<1, Exponential2>;
  table["lg2"] = decodeFloat<1, Logarithm2>;
  table["sin"] = decodeFloat<1, Sine>;
  table["cos"] = decodeFloat<1, Cosine>;
  table["tanh"] = decodeFloat<1, HyperbolicTangent>;
  table["copysign"] = decodeFloat<2, CopySign>;
}

} // namespace attn::ptx
