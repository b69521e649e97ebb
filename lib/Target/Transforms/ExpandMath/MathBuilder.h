//===- MathBuilder.h - Functions by arithmetic ------------------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_MATHBUILDER_H
#define ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::attn {

/// Arithmetic on scalars or vectors of f32 or f64, and functions made of it:
/// without branches or calls, but for sine and cosine of huge arguments. How
/// exact they are is in docs/Spec.md.
class MathBuilder : public ImplicitLocOpBuilder {
public:
  MathBuilder(Location loc, OpBuilder &builder, Type type, bool hasFMA)
      : ImplicitLocOpBuilder(loc, builder), type(type),
        element(cast<FloatType>(getElementTypeOrSelf(type))), hasFMA(hasFMA) {}

  /// 0 far below, infinite far above. Of x + tail, where there is a tail of
  /// less than x's last digit.
  Value exp(Value x) { return expOfSum(x, {}); }
  Value expOfSum(Value x, Value tail);
  /// exp(x) - 1, of which no digits are lost near 0.
  Value expMinusOne(Value x);
  Value tanh(Value x);

  // In f32 alone:
  Value erf(Value x);
  Value exp2(Value x);
  Value log(Value x);
  Value log2(Value x);
  Value log10(Value x);
  /// log(1 + x), of which no digits are lost near 0.
  Value logOnePlus(Value x);
  Value sine(Value x);
  Value cosine(Value x);

protected:
  struct Split;
  struct Logarithm;
  Split split(Value x, int64_t offset, Value tail = {});
  Split splitPower(Value shifted, Value rest);
  Logarithm splitLogarithm(Value x);
  Value atLogarithmsEnds(Value x, Value inside);
  Value scaleLogarithm(Value x, double high, double low, double factor);
  Value wave(Value x, int64_t quarterTurns);

  /// `other`, in as many lanes as there are.
  Type like(Type other) {
    auto shaped = dyn_cast<VectorType>(type);
    return shaped ? Type(shaped.clone(other)) : other;
  }
  Type integers() { return like(getIntegerType(element.getWidth())); }
  Value splat(Type of, Attribute value);
  Value constant(double value);
  Value integer(int64_t value);

  Value add(Value a, Value b) { return arith::AddFOp::create(*this, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(*this, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(*this, a, b); }
  Value div(Value a, Value b) { return arith::DivFOp::create(*this, a, b); }
  Value abs(Value x) { return math::AbsFOp::create(*this, x); }
  /// a * b + c.
  Value multiplyAdd(Value a, Value b, Value c);
  /// Of which coefficients[k] belongs to x^k.
  Value polynomial(Value x, ArrayRef<double> coefficients);
  Value compare(arith::CmpFPredicate predicate, Value x, double limit);
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(*this, condition, a, b);
  }
  /// `limit` where x compares so with it; NaN stays.
  Value limitWhere(arith::CmpFPredicate predicate, Value x, double limit);
  Value bitsOf(Value x) {
    return arith::BitcastOp::create(*this, integers(), x);
  }
  Value fromBits(Value bits) {
    return arith::BitcastOp::create(*this, type, bits);
  }

  Type type;
  FloatType element;
  bool hasFMA;
};

struct MathBuilder::Split {
  Value power;    // 2^(n + offset)
  Value fraction; // e
};

/// On functions that are not to be expanded: their arguments are huge.
inline constexpr StringLiteral kExactAttr = "attn.exact";

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_EXPANDMATH_MATHBUILDER_H
