//===- ScalarBuilder.cpp - Arithmetic on elements -------------------------===//

#include "Core/ScalarBuilder.h"

using namespace mlir;
using namespace mlir::attn::onnx;

Value ScalarBuilder::floating(Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value ScalarBuilder::integer(Type type, int64_t value) {
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
}

Value ScalarBuilder::number(Type type, int64_t value) {
  return isa<FloatType>(type) ? floating(type, value) : integer(type, value);
}

Value ScalarBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value ScalarBuilder::boolean(bool value) {
  return arith::ConstantOp::create(b, loc, b.getBoolAttr(value));
}

Value ScalarBuilder::add(Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return make<arith::AddFOp>(lhs, rhs);
  return make<arith::AddIOp>(lhs, rhs);
}

Value ScalarBuilder::sub(Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return make<arith::SubFOp>(lhs, rhs);
  return make<arith::SubIOp>(lhs, rhs);
}

Value ScalarBuilder::mul(Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return make<arith::MulFOp>(lhs, rhs);
  return make<arith::MulIOp>(lhs, rhs);
}

Value ScalarBuilder::div(Value lhs, Value rhs) {
  Type type = lhs.getType();
  if (isa<FloatType>(type))
    return make<arith::DivFOp>(lhs, rhs);
  // The two divisions that trap: by zero, and the smallest number by -1.
  Value one = integer(type, 1);
  Value isZero = equal(rhs, integer(type, 0));
  Value divisor = select(isZero, one, rhs);
  if (isUnsigned)
    return make<arith::DivUIOp>(lhs, divisor);
  Value minusOne = integer(type, -1);
  Value isMinusOne = equal(divisor, minusOne);
  Value quotient = make<arith::DivSIOp>(lhs, select(isMinusOne, one, divisor));
  return select(isMinusOne, sub(integer(type, 0), lhs), quotient);
}

Value ScalarBuilder::less(Value lhs, Value rhs, bool orEqual) {
  if (isa<FloatType>(lhs.getType()))
    return make<arith::CmpFOp>(orEqual ? arith::CmpFPredicate::OLE
                                       : arith::CmpFPredicate::OLT,
                               lhs, rhs);
  auto predicate =
      isUnsigned
          ? (orEqual ? arith::CmpIPredicate::ule : arith::CmpIPredicate::ult)
          : (orEqual ? arith::CmpIPredicate::sle : arith::CmpIPredicate::slt);
  return make<arith::CmpIOp>(predicate, lhs, rhs);
}

Value ScalarBuilder::equal(Value lhs, Value rhs) {
  if (isa<FloatType>(lhs.getType()))
    return make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, lhs, rhs);
  return make<arith::CmpIOp>(arith::CmpIPredicate::eq, lhs, rhs);
}

Value ScalarBuilder::select(Value condition, Value yes, Value no) {
  return make<arith::SelectOp>(condition, yes, no);
}

Value ScalarBuilder::logicalNot(Value condition) {
  return make<arith::XOrIOp>(condition, boolean(true));
}

Value ScalarBuilder::convertFloat(Value value, FloatType to) {
  auto from = cast<FloatType>(value.getType());
  if (from == to)
    return value;
  if (from.getWidth() < to.getWidth())
    return make<arith::ExtFOp>(to, value);
  if (from.getWidth() > to.getWidth())
    return make<arith::TruncFOp>(to, value);
  // f16 and bf16 meet in f32.
  return make<arith::TruncFOp>(to, make<arith::ExtFOp>(b.getF32Type(), value));
}

Value ScalarBuilder::floatToInt(Value value, IntegerType to, bool toUnsigned) {
  // Everything finite in a 16-bit float, and the limits of every integer, are
  // numbers of f64.
  Type wide = b.getF64Type();
  value = convertFloat(value, cast<FloatType>(wide));
  unsigned bits = to.getWidth();
  APFloat lowest(toUnsigned ? 0.0 : -std::ldexp(1.0, bits - 1));
  APFloat beyond(std::ldexp(1.0, toUnsigned ? bits : bits - 1));
  Value low = arith::ConstantOp::create(b, loc, b.getFloatAttr(wide, lowest));
  Value high = arith::ConstantOp::create(b, loc, b.getFloatAttr(wide, beyond));
  Value aboveLow = make<arith::CmpFOp>(arith::CmpFPredicate::OGT, value, low);
  Value belowHigh = make<arith::CmpFOp>(arith::CmpFPredicate::OLT, value, high);
  Value isNaN = make<arith::CmpFOp>(arith::CmpFPredicate::UNO, value, value);
  Value inside = make<arith::AndIOp>(aboveLow, belowHigh);
  Value safe = select(inside, value, floating(wide, 0));
  Value converted = toUnsigned ? make<arith::FPToUIOp>(to, safe)
                               : make<arith::FPToSIOp>(to, safe);
  APInt smallest =
      toUnsigned ? APInt::getZero(bits) : APInt::getSignedMinValue(bits);
  APInt largest =
      toUnsigned ? APInt::getMaxValue(bits) : APInt::getSignedMaxValue(bits);
  auto limit = [&](const APInt &number) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(to, number));
  };
  Value outside = select(aboveLow, limit(largest), limit(smallest));
  outside = select(isNaN, integer(to, 0), outside);
  return select(inside, converted, outside);
}

Value ScalarBuilder::convert(Value value, Type to, bool fromUnsigned,
                             bool toUnsigned) {
  Type from = value.getType();
  if (from == to)
    return value;
  if (to.isInteger(1)) {
    if (isa<FloatType>(from))
      return make<arith::CmpFOp>(arith::CmpFPredicate::UNE, value,
                                 floating(from, 0));
    return make<arith::CmpIOp>(arith::CmpIPredicate::ne, value,
                               integer(from, 0));
  }
  bool zeroExtend = fromUnsigned || from.isInteger(1);
  if (auto toFloat = dyn_cast<FloatType>(to)) {
    if (isa<FloatType>(from))
      return convertFloat(value, toFloat);
    return zeroExtend ? make<arith::UIToFPOp>(to, value)
                      : make<arith::SIToFPOp>(to, value);
  }
  auto toInt = cast<IntegerType>(to);
  if (isa<FloatType>(from))
    return floatToInt(value, toInt, toUnsigned);
  unsigned fromBits = from.getIntOrFloatBitWidth(), toBits = toInt.getWidth();
  if (fromBits > toBits)
    return make<arith::TruncIOp>(to, value);
  if (fromBits == toBits)
    return value;
  return zeroExtend ? make<arith::ExtUIOp>(to, value)
                    : make<arith::ExtSIOp>(to, value);
}

Value ScalarBuilder::toIndex(Value integer, bool fromUnsigned) {
  if (isa<IndexType>(integer.getType()))
    return integer;
  if (fromUnsigned || integer.getType().isInteger(1))
    return make<arith::IndexCastUIOp>(b.getIndexType(), integer);
  return make<arith::IndexCastOp>(b.getIndexType(), integer);
}
