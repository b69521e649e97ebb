//===- DoubleMath.h - Functions of f64 by arithmetic ------------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_DOUBLEMATH_H
#define ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_DOUBLEMATH_H

#include "MathBuilder.h"

namespace mlir::attn {

/// Functions of scalars of f64, for targets without a library of them: f32 is
/// computed so too, and rounded. They need a fused multiply-add. NaN, zeros and
/// infinities are those of C; how exact they are is in docs/Spec.md.
class DoubleMath : public MathBuilder {
public:
  DoubleMath(Location loc, OpBuilder &builder)
      : MathBuilder(loc, builder, builder.getF64Type(), /*hasFMA=*/true) {}

  // Logarithm64.cpp
  Value log(Value x);
  Value log2(Value x);
  Value log10(Value x);
  Value logOnePlus(Value x);
  Value exp2(Value x);
  Value power(Value x, Value y);
  Value cubeRoot(Value x);

  // Hyperbolic.cpp
  Value sinh(Value x);
  Value cosh(Value x);
  Value asinh(Value x);
  Value acosh(Value x);
  Value atanh(Value x);

  // Angle.cpp
  Value sine(Value x);
  Value cosine(Value x);
  Value tangent(Value x);

  // ArcTangent.cpp
  Value arcTangent(Value x);
  /// The angle of the point (x, y).
  Value arcTangent2(Value y, Value x);
  Value arcSine(Value x);
  Value arcCosine(Value x);

  // ErrorFunction64.cpp
  Value erf(Value x);
  Value erfc(Value x);

private:
  /// A number of about 100 binary digits: their sum.
  struct Pair {
    Value high, low;
  };
  struct Angle;

  Value fused(Value a, Value b, Value c) {
    return math::FmaOp::create(*this, a, b, c);
  }
  Value sqrt(Value x) { return math::SqrtOp::create(*this, x); }
  Value copySign(Value magnitude, Value sign) {
    return math::CopySignOp::create(*this, magnitude, sign);
  }
  Value negate(Value x) { return arith::NegFOp::create(*this, x); }
  Value isBelow(Value x, double limit) {
    return compare(arith::CmpFPredicate::OLT, x, limit);
  }
  Value isAbove(Value x, double limit) {
    return compare(arith::CmpFPredicate::OGT, x, limit);
  }
  Value equals(Value x, double number) {
    return compare(arith::CmpFPredicate::OEQ, x, number);
  }
  Value both(Value a, Value b) { return arith::AndIOp::create(*this, a, b); }
  Value either(Value a, Value b) { return arith::OrIOp::create(*this, a, b); }

  /// a * b.
  Pair multiply(Value a, Value b);
  /// `high + low` is the number that one factor is nearest to.
  Value multiply(Pair a, double high, double low);
  /// Of positive, finite x.
  Pair logPair(Value x);
  /// `inside`, but the logarithm of 0, infinity, NaN and what is negative.
  Value atEnds(Value x, Value inside);

  Angle reduce(Value x);
  Angle reduceLarge(Value magnitude);
  Value sineOf(const Angle &angle);
  Value cosineOf(const Angle &angle);
  Value getTable(Value word);
  Value xorSign(Value x, Value bit);
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_DOUBLEMATH_H
