//===- Exponential.cpp - exp and what is made of it -----------------------===//
// From exp(x) = 2^n (1 + e), e = exp(r) - 1, where n = round(x / ln 2) and
// r = x - n ln 2. The polynomial is Taylor's of e / r: for |r| <= ln(2) / 2,
// what is left out is at most 1.6e-8 (f32) or 2e-17 (f64).
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What differs between f32 and f64.
struct Format {
  int64_t mantissaBits, bias, degree;
  double ln2Hi, ln2Lo;    // n * ln2Hi is exact
  double lowest, highest; // of exp(x): below it is 0, above it is infinite
};

} // namespace

static Format getFormat(FloatType type) {
  if (type.isF64())
    return {52, 1023, 12, 0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45, -707, 710};
  return {23, 127, 6, 0x1.62e4p-1, 0x1.7f7d1cp-20, -86.5, 89};
}

/// Adding 1.5 * 2^mantissaBits rounds to an integer in the low bits; with the
/// bias on top, those bits are the exponent of 2^(n + offset).
static double getMagic(const Format &format, int64_t offset) {
  return 1.5 * std::ldexp(1.0, format.mantissaBits) +
         double(format.bias + offset);
}

/// For x of which n + offset is an exponent of normal numbers.
MathBuilder::Split MathBuilder::split(Value x, int64_t offset, Value tail) {
  Format format = getFormat(element);
  Value magic = constant(getMagic(format, offset));
  Value shifted = multiplyAdd(x, constant(1.4426950408889634), magic);
  Value n = sub(shifted, magic);
  Value r = multiplyAdd(n, constant(-format.ln2Hi), x);
  r = multiplyAdd(n, constant(-format.ln2Lo), r);
  if (tail)
    r = add(r, tail);
  return splitPower(shifted, r);
}

/// The power that `shifted` has in its low bits, and exp(rest) - 1.
MathBuilder::Split MathBuilder::splitPower(Value shifted, Value rest) {
  Format format = getFormat(element);
  double factorial = 1;
  SmallVector<double> coefficients;
  for (int64_t k = 0; k <= format.degree; ++k) {
    factorial *= double(k + 1);
    coefficients.push_back(1 / factorial);
  }
  Value quotient = polynomial(rest, coefficients);
  Value power = arith::ShLIOp::create(*this, bitsOf(shifted),
                                      integer(format.mantissaBits));
  return {fromBits(power), mul(rest, quotient)};
}

/// Half of the factor first: 2^n may be infinite where exp(x) is not.
Value MathBuilder::expOfSum(Value x, Value tail) {
  Format format = getFormat(element);
  Value least = compare(arith::CmpFPredicate::OLT, x, format.lowest);
  Split parts =
      split(limitWhere(arith::CmpFPredicate::OGT, x, format.highest), -1, tail);
  Value half = multiplyAdd(parts.fraction, parts.power, parts.power);
  return select(least, constant(0), add(half, half));
}

/// 2^n exp(f ln 2), x = n + f.
Value MathBuilder::exp2(Value x) {
  Value magic = constant(getMagic(getFormat(element), -1));
  Value inside = limitWhere(arith::CmpFPredicate::OGT, x, 128);
  Value shifted = add(inside, magic);
  Value fraction = sub(inside, sub(shifted, magic));
  Split parts = splitPower(shifted, mul(fraction, constant(0x1.62e43p-1)));
  Value half = multiplyAdd(parts.fraction, parts.power, parts.power);
  Value least = compare(arith::CmpFPredicate::OLT, x, -125);
  return select(least, constant(0), add(half, half));
}

Value MathBuilder::expMinusOne(Value x) {
  Format format = getFormat(element);
  // -1 to the last digit from -40 on.
  Value inside =
      limitWhere(arith::CmpFPredicate::OGT,
                 limitWhere(arith::CmpFPredicate::OLT, x, -40), format.highest);
  Split parts = split(inside, -1);
  Value half =
      multiplyAdd(parts.power, parts.fraction, sub(parts.power, constant(0.5)));
  // The sign of zero.
  return select(compare(arith::CmpFPredicate::OEQ, x, 0), x, add(half, half));
}

/// With u = exp(-2|x|) - 1, of which no digits are lost: -u / (2 + u).
Value MathBuilder::tanh(Value x) {
  Value twice = mul(abs(x), constant(-2));
  // tanh is 1 to the last digit from there on.
  Split parts = split(limitWhere(arith::CmpFPredicate::OLT, twice, -40), 0);
  Value u =
      multiplyAdd(parts.power, parts.fraction, sub(parts.power, constant(1)));
  return math::CopySignOp::create(*this, div(u, add(u, constant(2))), x);
}
