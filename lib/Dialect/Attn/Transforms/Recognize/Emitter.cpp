//===- Emitter.cpp - Expressions back to ops ------------------------------===//
#include "Emitter.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

/// The type in which values of a type are computed.
Value Emitter::convert(Value value, Type type) {
  if (isWideInteger(type) && !value.getType().isIndex())
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
  if (isa<FloatType>(value.getType()))
    return convertFloat(b, loc, value, floatType);
  return value;
}

Value Emitter::emit(Expr expr) {
  auto known = values.find(expr);
  if (known != values.end())
    return known->second;
  Value value;
  switch (expr->kind) {
  case Kind::Constant:
    if (auto number = dyn_cast<FloatAttr>(expr->constant))
      value = constantFloat(b, loc, floatType, number.getValueAsDouble());
    else
      value =
          arith::ConstantOp::create(b, loc, cast<TypedAttr>(expr->constant));
    break;
  case Kind::Scalar:
    value = convert(expr->value, expr->type);
    break;
  case Kind::Size: {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(outside);
    value = tensor::DimOp::create(b, loc, expr->value, expr->number);
    break;
  }
  case Kind::Position:
    llvm_unreachable("expected all positions to be bound");
  case Kind::Sum:
    value = emitTerms(expr->terms, false);
    break;
  case Kind::Read:
    value = emitRead(expr);
    break;
  case Kind::AtLeastZero:
  case Kind::IsZero:
    value = predicateDims.empty() ? Value() : emitPredicate(expr);
    if (!value)
      value = emitComparison(expr);
    break;
  case Kind::Op:
    value = emitSoftcap(expr);
    if (!value)
      value = emitOp(expr);
    break;
  }
  values[expr] = value;
  return value;
}

/// The terms of one sign, added up.
Value Emitter::emitTerms(ArrayRef<Term> terms, bool negated) {
  Value sum;
  int64_t constant = 0;
  for (const Term &term : terms) {
    int64_t coefficient = negated ? -term.coefficient : term.coefficient;
    if (term.atoms.empty()) {
      constant += coefficient;
      continue;
    }
    Value product;
    for (Expr atom : term.atoms) {
      Value factor = emit(atom);
      product =
          product ? arith::MulIOp::create(b, loc, product, factor) : factor;
    }
    if (coefficient != 1 && !(coefficient == -1 && sum))
      product = arith::MulIOp::create(b, loc, product,
                                      constantIndex(b, loc, coefficient));
    if (!sum)
      sum = product;
    else if (coefficient == -1)
      sum = arith::SubIOp::create(b, loc, sum, product);
    else
      sum = arith::AddIOp::create(b, loc, sum, product);
  }
  if (!sum)
    return constantIndex(b, loc, constant);
  if (constant)
    sum = arith::AddIOp::create(b, loc, sum, constantIndex(b, loc, constant));
  return sum;
}

/// a - b >= 0 as a >= b, and alike.
Value Emitter::emitComparison(Expr expr) {
  Expr sum = expr->operands[0];
  SmallVector<Term> positive, negative;
  if (sum->kind == Kind::Sum) {
    for (const Term &term : sum->terms)
      (term.coefficient > 0 ? positive : negative).push_back(term);
  } else {
    positive.push_back({ArrayRef<Expr>(sum), 1});
  }
  Value left = emitTerms(positive, false), right = emitTerms(negative, true);
  return arith::CmpIOp::create(b, loc,
                               expr->kind == Kind::IsZero
                                   ? arith::CmpIPredicate::eq
                                   : arith::CmpIPredicate::sge,
                               left, right);
}

Value Emitter::emitRead(Expr expr) {
  SmallVector<Value> indices;
  for (Expr index : expr->operands)
    indices.push_back(emit(index));
  auto read = tensor::ExtractOp::create(b, loc, expr->value, indices);
  // As the graph read it, wherever the positions are.
  markAsInBounds(read);
  return convert(read, expr->type);
}

Value Emitter::emitOp(Expr expr) {
  SmallVector<Value> operands;
  for (Expr operand : expr->operands)
    operands.push_back(emit(operand));
  if (expr->is<arith::ExtFOp>() || expr->is<arith::TruncFOp>())
    return operands[0];
  bool isInteger = isWideInteger(expr->type);
  // Integers meet floats as i64.
  bool toFloat = expr->is<arith::SIToFPOp>() || expr->is<arith::UIToFPOp>();
  if (toFloat && operands[0].getType().isIndex())
    operands[0] =
        arith::IndexCastOp::create(b, loc, b.getI64Type(), operands[0]);
  if ((expr->is<arith::ExtSIOp>() || expr->is<arith::TruncIOp>() ||
       expr->is<arith::IndexCastOp>()) &&
      (isInteger || operands[0].getType().isIndex()) &&
      !operands[0].getType().isInteger(1))
    return arith::IndexCastOp::create(
        b, loc, isInteger ? b.getIndexType() : expr->type, operands[0]);
  bool fromFloat = expr->is<arith::FPToSIOp>() || expr->is<arith::FPToUIOp>() ||
                   expr->is<arith::ExtUIOp>() || expr->is<arith::ExtSIOp>();
  Type type = isa<FloatType>(expr->type) ? floatType
              : isInteger && fromFloat   ? Type(b.getI64Type())
                                         : expr->type;
  OperationState state(loc, expr->name.getValue(), operands, type,
                       expr->attributes.getValue());
  Value result = b.create(state)->getResult(0);
  return convert(result, expr->type);
}
