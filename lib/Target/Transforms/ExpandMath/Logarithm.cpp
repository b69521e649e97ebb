//===- Logarithm.cpp - log, log2, log10 and log1p -------------------------===//
// log(x) = n ln 2 + log(1 + f), x = 2^n (1 + f), with 1 + f between the square
// roots of 1/2 and 2; log(1 + f) = f - f^2 / 2 + f^3 p(f). The polynomial's
// largest error, relative to log(1 + f), is least (by Remez exchange): 7.5e-10.
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"

#include <limits>

using namespace mlir;
using namespace mlir::attn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

static const double beyond[] = {
    0.33333312605139376,  -0.2500000960387701,  0.20002118588623033,
    -0.16667995544062147, 0.14219553499770857,  -0.12405595156777377,
    0.11888160490808636,  -0.11675614166993367, 0.06746598401107058};

struct MathBuilder::Logarithm {
  Value n, f;
  Value beyond; // log(1 + f) - f
};

/// Of positive, finite x.
MathBuilder::Logarithm MathBuilder::splitLogarithm(Value x) {
  Value isTiny = compare(arith::CmpFPredicate::OLT, x, 0x1p-126);
  Value bits = bitsOf(select(isTiny, mul(x, constant(0x1p25)), x));
  Value exponent = arith::ShRSIOp::create(
      *this, arith::SubIOp::create(*this, bits, integer(0x3f3504f3)),
      integer(23));
  Value shift = arith::ShLIOp::create(*this, exponent, integer(23));
  Value f =
      sub(fromBits(arith::SubIOp::create(*this, bits, shift)), constant(1));
  Value n = add(arith::SIToFPOp::create(*this, type, exponent),
                select(isTiny, constant(-25), constant(0)));
  Value square = mul(f, f);
  Value series = mul(mul(square, f), polynomial(f, beyond));
  return {n, f, multiplyAdd(square, constant(-0.5), series)};
}

/// `inside`, but the logarithm of 0, infinity, NaN and what is negative.
Value MathBuilder::atLogarithmsEnds(Value x, Value inside) {
  Value result =
      select(compare(arith::CmpFPredicate::OEQ, x, kInfinity), x, inside);
  result = select(compare(arith::CmpFPredicate::OEQ, x, 0),
                  constant(-kInfinity), result);
  return select(compare(arith::CmpFPredicate::ULT, x, 0),
                constant(std::numeric_limits<double>::quiet_NaN()), result);
}

/// n (high + low) + factor log(1 + f), where n times `high` is exact.
Value MathBuilder::scaleLogarithm(Value x, double high, double low,
                                  double factor) {
  auto [n, f, beyond] = splitLogarithm(x);
  Value result = mul(beyond, constant(factor));
  if (low != 0)
    result = multiplyAdd(n, constant(low), result);
  result = multiplyAdd(f, constant(factor), result);
  return atLogarithmsEnds(x, multiplyAdd(n, constant(high), result));
}

Value MathBuilder::log(Value x) {
  return scaleLogarithm(x, 0.693359375, -2.12194440054690583e-4, 1);
}

Value MathBuilder::log2(Value x) {
  return scaleLogarithm(x, 1, 0, 1.4426950408889634);
}

Value MathBuilder::log10(Value x) {
  return scaleLogarithm(x, 0x1.344p-2, 0x1.3509f8p-18, 0.4342944819032518);
}

/// What 1 + x loses is c; log(1 + x) is log(u + c), or log(u) + c / u.
Value MathBuilder::logOnePlus(Value x) {
  Value u = add(x, constant(1));
  Value isLarge = compare(arith::CmpFPredicate::OGE, x, 1);
  Value lost =
      select(isLarge, sub(constant(1), sub(u, x)), sub(x, sub(u, constant(1))));
  Value isOrdinary =
      arith::AndIOp::create(*this, compare(arith::CmpFPredicate::OGT, u, 0),
                            compare(arith::CmpFPredicate::OLT, u, kInfinity));
  Value correction = select(isOrdinary, div(lost, u), constant(0));
  Value result = add(log(u), correction);
  // The sign of zero.
  return select(compare(arith::CmpFPredicate::OEQ, x, 0), x, result);
}
