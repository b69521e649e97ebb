//===- MathBuilder.cpp - Arithmetic on scalars or vectors -----------------===//
#include "MathBuilder.h"

using namespace mlir;
using namespace mlir::attn;

Value MathBuilder::splat(Type of, Attribute value) {
  if (auto shaped = dyn_cast<VectorType>(of))
    value = DenseElementsAttr::get(shaped, value);
  return arith::ConstantOp::create(*this, of, cast<TypedAttr>(value));
}

Value MathBuilder::constant(double value) {
  return splat(type, FloatAttr::get(element, value));
}

Value MathBuilder::integer(int64_t value) {
  Type kind = getIntegerType(element.getWidth());
  return splat(integers(), IntegerAttr::get(kind, value));
}

Value MathBuilder::multiplyAdd(Value a, Value b, Value c) {
  return hasFMA ? math::FmaOp::create(*this, a, b, c).getResult()
                : add(mul(a, b), c);
}

Value MathBuilder::polynomial(Value x, ArrayRef<double> coefficients) {
  Value result = constant(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    result = multiplyAdd(result, x, constant(coefficient));
  return result;
}

Value MathBuilder::compare(arith::CmpFPredicate predicate, Value x,
                           double limit) {
  return arith::CmpFOp::create(*this, predicate, x, constant(limit));
}

Value MathBuilder::limitWhere(arith::CmpFPredicate predicate, Value x,
                              double limit) {
  return select(compare(predicate, x, limit), constant(limit), x);
}
