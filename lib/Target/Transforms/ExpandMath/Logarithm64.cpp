//===- Logarithm64.cpp - Logarithms and powers of f64 ---------------------===//
// log(x) = n ln 2 + log(1 + f) as in Logarithm.cpp, and with s = f / (2 + f)
// log(1 + f) = 2 s + s^3 (2/3 + 2/5 s^2 + ...), where |s| < 0.172: after eleven
// terms, 1e-19 is left out. s is kept in two parts, for powers: what log(x)
// loses, y log(x) loses y times.
//===----------------------------------------------------------------------===//
#include "DoubleMath.h"

#include <limits>

using namespace mlir;
using namespace mlir::attn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

DoubleMath::Pair DoubleMath::multiply(Value a, Value b) {
  Value high = mul(a, b);
  return {high, fused(a, b, negate(high))};
}

Value DoubleMath::multiply(Pair a, double high, double low) {
  Pair product = multiply(a.high, constant(high));
  Value rest = fused(a.high, constant(low), product.low);
  return add(product.high, fused(a.low, constant(high), rest));
}

DoubleMath::Pair DoubleMath::logPair(Value x) {
  Value isTiny = isBelow(x, 0x1p-1022);
  Value bits = bitsOf(select(isTiny, mul(x, constant(0x1p54)), x));
  // The square root of 1/2.
  Value exponent = arith::ShRSIOp::create(
      *this, arith::SubIOp::create(*this, bits, integer(0x3fe6a09e667f3bcd)),
      integer(52));
  Value shift = arith::ShLIOp::create(*this, exponent, integer(52));
  Value f =
      sub(fromBits(arith::SubIOp::create(*this, bits, shift)), constant(1));
  Value n = add(arith::SIToFPOp::create(*this, type, exponent),
                select(isTiny, constant(-54), constant(0)));

  Value divisor = add(f, constant(2));
  Value lost = sub(f, sub(divisor, constant(2)));
  Value s = div(f, divisor);
  Value rest = fused(negate(s), divisor, f);
  Value tail = div(fused(negate(s), lost, rest), divisor);
  SmallVector<double> coefficients;
  for (int k = 1; k <= 11; ++k)
    coefficients.push_back(2.0 / (2 * k + 1));
  Value square = mul(s, s);
  Value low = mul(mul(square, s), polynomial(square, coefficients));
  low = fused(tail, constant(2), low);
  low = fused(n, constant(0x1.ef35793c7673p-45), low);
  // n times this part of ln 2 is exact, and not less than s where n is not 0.
  Value whole = mul(n, constant(0x1.62e42fefa38p-1));
  Value twice = add(s, s), high = add(whole, twice);
  Value isWhole = compare(arith::CmpFPredicate::UNE, n, 0);
  Value carry = select(isWhole, sub(twice, sub(high, whole)), constant(0));
  return {high, add(low, carry)};
}

Value DoubleMath::atEnds(Value x, Value inside) {
  Value result = select(equals(x, kInfinity), x, inside);
  result = select(equals(x, 0), constant(-kInfinity), result);
  return select(compare(arith::CmpFPredicate::ULT, x, 0), constant(kNaN),
                result);
}

Value DoubleMath::log(Value x) {
  Pair parts = logPair(x);
  return atEnds(x, add(parts.high, parts.low));
}

Value DoubleMath::log2(Value x) {
  return atEnds(
      x, multiply(logPair(x), 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56));
}

Value DoubleMath::log10(Value x) {
  return atEnds(
      x, multiply(logPair(x), 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57));
}

/// What 1 + x loses is c; log(1 + x) is log(u) + c / u.
Value DoubleMath::logOnePlus(Value x) {
  Value u = add(x, constant(1));
  Value isLarge = compare(arith::CmpFPredicate::OGE, x, 1);
  Value lost =
      select(isLarge, sub(constant(1), sub(u, x)), sub(x, sub(u, constant(1))));
  Pair parts = logPair(u);
  Value result = add(parts.high, add(parts.low, div(lost, u)));
  // The sign of zero.
  return select(equals(x, 0), x, atEnds(u, result));
}

Value DoubleMath::exp2(Value x) {
  Pair parts = multiply(x, constant(0x1.62e42fefa39efp-1));
  Value tail = fused(x, constant(0x1.abc9e3b39803fp-56), parts.low);
  Value isInside = isBelow(abs(x), 2000);
  return expOfSum(parts.high, select(isInside, tail, constant(0)));
}

/// |x|^y = exp(y log|x|), with the sign of odd powers.
Value DoubleMath::power(Value x, Value y) {
  Value magnitude = abs(x);
  Pair log = logPair(magnitude);
  Value high = atEnds(magnitude, add(log.high, log.low));
  Value low = add(sub(log.high, high), log.low);
  Pair product = multiply(y, high);
  Value isInside = isBelow(abs(product.high), 2000);
  Value tail = select(isInside, fused(y, low, product.low), constant(0));
  Value result = expOfSum(product.high, tail);
  result = select(equals(magnitude, 1), constant(1), result);

  auto isWhole = [&](Value number) -> Value {
    return arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, number,
                                 math::FloorOp::create(*this, number));
  };
  Value isInteger = isWhole(y);
  Value isEven = isWhole(mul(y, constant(0.5)));
  Value hasSign = arith::CmpIOp::create(*this, arith::CmpIPredicate::slt,
                                        bitsOf(x), integer(0));
  Value isOdd = arith::CmpIOp::create(*this, arith::CmpIPredicate::ult, isEven,
                                      isInteger);
  result = select(both(isOdd, hasSign), negate(result), result);
  // No real number, where x is finite.
  Value isNegative = both(isBelow(x, 0), isAbove(x, -kInfinity));
  Value isRoot = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNE, y,
                                       math::FloorOp::create(*this, y));
  result = select(both(isNegative, isRoot), constant(kNaN), result);
  Value isNaN = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNO, x, y);
  result = select(isNaN, constant(kNaN), result);
  return select(either(equals(x, 1), equals(y, 0)), constant(1), result);
}

/// One of Newton's steps from exp(log|x| / 3).
Value DoubleMath::cubeRoot(Value x) {
  Value magnitude = abs(x);
  Pair parts = logPair(magnitude);
  Value log = add(parts.high, parts.low);
  Value root = exp(mul(log, constant(1.0 / 3)));
  Value square = mul(root, root);
  Value excess = fused(square, root, negate(magnitude));
  root = sub(root, div(excess, mul(square, constant(3))));
  Value isEnd = either(
      equals(x, 0), compare(arith::CmpFPredicate::UEQ, magnitude, kInfinity));
  return select(isEnd, x, copySign(root, x));
}
