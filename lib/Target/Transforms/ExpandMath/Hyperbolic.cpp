//===- Hyperbolic.cpp - Hyperbolic functions of f64, and their inverses ---===//
// By exp, expm1, log and log1p, where no digits are lost.
//===----------------------------------------------------------------------===//
#include "DoubleMath.h"

#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// From there on, exp(-x) adds nothing to exp(x); exp(x / 2)^2 is finite where
/// half of exp(x) is.
static constexpr double kLarge = 40;
/// From there on, x^2 + 1 is x^2.
static constexpr double kHuge = 0x1p28;
static constexpr double kLn2 = 0x1.62e42fefa39efp-1;

Value DoubleMath::sinh(Value x) {
  Value magnitude = abs(x);
  Value e = expMinusOne(magnitude);
  Value result = mul(constant(0.5), add(e, div(e, add(e, constant(1)))));
  Value root = exp(mul(magnitude, constant(0.5)));
  Value large = mul(mul(constant(0.5), root), root);
  return copySign(select(isAbove(magnitude, kLarge), large, result), x);
}

Value DoubleMath::cosh(Value x) {
  Value magnitude = abs(x);
  Value root = exp(mul(magnitude, constant(0.5)));
  Value large = mul(mul(constant(0.5), root), root);
  Value e = exp(magnitude);
  Value result = mul(constant(0.5), add(e, div(constant(1), e)));
  return select(isAbove(magnitude, kLarge), large, result);
}

/// log(|x| + sqrt(x^2 + 1)).
Value DoubleMath::asinh(Value x) {
  Value magnitude = abs(x), square = mul(x, x);
  Value root = sqrt(add(square, constant(1)));
  Value result =
      logOnePlus(add(magnitude, div(square, add(root, constant(1)))));
  Value large = add(log(magnitude), constant(kLn2));
  return copySign(select(isAbove(magnitude, kHuge), large, result), x);
}

/// log(x + sqrt(x^2 - 1)), with x = 1 + t.
Value DoubleMath::acosh(Value x) {
  Value t = sub(x, constant(1));
  Value result = logOnePlus(add(t, sqrt(mul(t, add(t, constant(2))))));
  Value large = add(log(x), constant(kLn2));
  result = select(isAbove(x, kHuge), large, result);
  return select(isBelow(x, 1),
                constant(std::numeric_limits<double>::quiet_NaN()), result);
}

/// log((1 + x) / (1 - x)) / 2.
Value DoubleMath::atanh(Value x) {
  Value magnitude = abs(x);
  Value quotient = div(add(magnitude, magnitude), sub(constant(1), magnitude));
  return copySign(mul(constant(0.5), logOnePlus(quotient)), x);
}
