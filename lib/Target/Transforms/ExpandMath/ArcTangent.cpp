//===- ArcTangent.cpp - Inverse functions of angles, of f64 ---------------===//
// atan(x) = pi/2 - atan(1/x) beyond 1, and pi/6 + atan(t) beyond tan(pi/12),
// t = (x sqrt(3) - 1) / (x + sqrt(3)); then its series, of which after fifteen
// terms 1e-19 are left out.
//===----------------------------------------------------------------------===//
#include "DoubleMath.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr double kPi = 0x1.921fb54442d18p+1,
                        kPiLow = 0x1.1a62633145c07p-53;

Value DoubleMath::arcTangent(Value x) {
  Value magnitude = abs(x);
  Value isLarge = isAbove(magnitude, 1);
  Value inside = select(isLarge, div(constant(1), magnitude), magnitude);
  Value isWide = isAbove(inside, 0x1.126145e9ecd56p-2);
  Value root = constant(0x1.bb67ae8584caap+0);
  Value turned = div(fused(inside, root, constant(-1)), add(inside, root));
  Value t = select(isWide, turned, inside);
  SmallVector<double> coefficients;
  for (int k = 1; k <= 15; ++k)
    coefficients.push_back((k % 2 ? -1.0 : 1.0) / (2 * k + 1));
  Value square = mul(t, t);
  Value angle = fused(mul(square, t), polynomial(square, coefficients), t);
  angle = select(isWide, add(constant(kPi / 6), angle), angle);
  Value rest = add(sub(constant(kPi / 2), angle), constant(kPiLow / 2));
  return copySign(select(isLarge, rest, angle), x);
}

Value DoubleMath::arcTangent2(Value y, Value x) {
  Value height = abs(y), width = abs(x);
  Value quotient = div(height, width);
  Value isDiagonal =
      arith::CmpFOp::create(*this, arith::CmpFPredicate::OEQ, height, width);
  quotient = select(isDiagonal, constant(1), quotient);
  Value isNone = both(equals(y, 0), isDiagonal);
  Value angle = arcTangent(select(isNone, constant(0), quotient));
  Value isLeft = arith::CmpIOp::create(*this, arith::CmpIPredicate::slt,
                                       bitsOf(x), integer(0));
  Value other = sub(constant(kPi), sub(angle, constant(kPiLow)));
  Value isNaN = arith::CmpFOp::create(*this, arith::CmpFPredicate::UNO, x, y);
  return select(isNaN, add(x, y), copySign(select(isLeft, other, angle), y));
}

Value DoubleMath::arcSine(Value x) {
  Value one = constant(1);
  Value width = sqrt(mul(sub(one, x), add(one, x)));
  return arcTangent(div(x, width));
}

Value DoubleMath::arcCosine(Value x) {
  Value one = constant(1);
  Value half = arcTangent(sqrt(div(sub(one, x), add(one, x))));
  return add(half, half);
}
