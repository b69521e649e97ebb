//===- ErrorFunction64.cpp - erf and erfc of f64 --------------------------===//
// The series of erf up to 1. Beyond, erfc(x) = exp(-x^2) / (1 + 2x) p(t), t =
// (x - 4) / (x + 4): p interpolates at the nodes of Chebyshev's polynomial of
// degree 25, up to x = 28, from where on erfc is 0; off by 5e-17 of it at most.
//===----------------------------------------------------------------------===//
#include "DoubleMath.h"

using namespace mlir;
using namespace mlir::attn;

static const double tail[] = {
    1.2329951186255526,      -0.1396211168405625,     0.015379652102620043,
    0.06809705425469156,     -0.10103906603632538,    0.09373283499839574,
    -0.0663303658116359,     0.03716751553665075,     -0.016197734066171008,
    0.005031969985749351,    -0.0007577732173506622,  -0.00019925673424103462,
    0.00015062129336025878,  -2.4399109592219978e-05, -1.1220690492120547e-05,
    5.709652451901359e-06,   2.9070532178982917e-07,  -8.257372331601753e-07,
    7.939061555992945e-08,   1.1105432563840869e-07,  -2.2614363806672668e-08,
    -1.5296071954154673e-08, 4.60607538565295e-09,    1.8096975962164102e-09,
    -7.660852221904505e-10};

/// erf(x) / x, of x^2 up to 1.
static SmallVector<double> getSeries() {
  SmallVector<double> coefficients;
  double factor = 0x1.20dd750429b6dp+0; // 2 / sqrt(pi)
  for (int k = 0; k < 20; ++k) {
    coefficients.push_back(factor / (2 * k + 1));
    factor /= -(k + 1);
  }
  return coefficients;
}

Value DoubleMath::erf(Value x) {
  Value magnitude = abs(x);
  Value inner = mul(x, polynomial(mul(x, x), getSeries()));
  Value outer = copySign(sub(constant(1), erfc(magnitude)), x);
  return select(isBelow(magnitude, 1), inner, outer);
}

Value DoubleMath::erfc(Value x) {
  Value magnitude = abs(x);
  Value inside = limitWhere(arith::CmpFPredicate::OGT, magnitude, 28);
  Value t = div(sub(inside, constant(4)), add(inside, constant(4)));
  Pair square = multiply(inside, inside);
  Value e = expOfSum(negate(square.high), negate(square.low));
  Value below = fused(inside, constant(2), constant(1));
  Value outer = mul(div(e, below), polynomial(t, tail));
  Value isNegative = isBelow(x, 0);
  outer = select(isNegative, sub(constant(2), outer), outer);
  Value inner = sub(constant(1), mul(x, polynomial(mul(x, x), getSeries())));
  return select(isBelow(magnitude, 1), inner, outer);
}
