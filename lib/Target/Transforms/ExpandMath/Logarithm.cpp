//===- Logarithm.cpp - log and log1p --------------------------------------===//
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

Value MathBuilder::log(Value x) {
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
  Value result = mul(mul(square, f), polynomial(f, beyond));
  // ln 2 in two parts: n times the first is exact.
  result = multiplyAdd(n, constant(-2.12194440054690583e-4), result);
  result = multiplyAdd(square, constant(-0.5), result);
  result = multiplyAdd(n, constant(0.693359375), add(f, result));
  result = select(compare(arith::CmpFPredicate::OEQ, x, kInfinity), x, result);
  result = select(compare(arith::CmpFPredicate::OEQ, x, 0),
                  constant(-kInfinity), result);
  return select(compare(arith::CmpFPredicate::ULT, x, 0),
                constant(std::numeric_limits<double>::quiet_NaN()), result);
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
