//===- RegionEmitterLogic.cpp - What is true or false in a tile ----------===//
#include "RegionEmitter.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

TileLogic RegionEmitter::getLogic(Value value) {
  for (const Stage *known : {&queryStage, &keyStage})
    if (auto found = known->logic.find(value); found != known->logic.end())
      return found->second;
  TileLogic result = arith->unknown();
  if (depth < 200) {
    ++depth;
    result = computeLogic(value);
    --depth;
  }
  stage().logic[value] = result;
  return result;
}

static bool isUnderstood(Operation *inner) {
  return isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::SelectOp,
             arith::CmpIOp, tensor::ExtractOp>(inner);
}

TileLogic RegionEmitter::computeLogic(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return arith->certain(arith->truth(!constant.isZero()));
  Operation *definition = value.getDefiningOp();
  if (definition && isInside(value) && isUnderstood(definition))
    return logicOp(definition);
  if (!dependsOnKey(value))
    if (std::optional<UniformValue> copied = uniform->get(*builder, value))
      return arith->where(copied->valid, arith->certain(copied->value));
  if (auto cmp = dyn_cast_or_null<arith::CmpFOp>(definition);
      cmp && isInside(value))
    return compareElement(cmp);
  return arith->unknown();
}

TileLogic RegionEmitter::logicOp(Operation *inner) {
  const auto operand = [&](unsigned n) {
    return getLogic(inner->getOperand(n));
  };
  return llvm::TypeSwitch<Operation *, TileLogic>(inner)
      .Case<arith::AndIOp>(
          [&](auto) { return arith->both(operand(0), operand(1)); })
      .Case<arith::OrIOp>(
          [&](auto) { return arith->either(operand(0), operand(1)); })
      .Case<arith::XOrIOp>([&](auto) {
        if (matchPattern(inner->getOperand(1), m_One()))
          return arith->negate(operand(0));
        return arith->differ(operand(0), operand(1));
      })
      .Case<arith::SelectOp>([&](auto) {
        return arith->select(operand(0), operand(1), operand(2));
      })
      .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) { return compare(cmp); })
      .Case<tensor::ExtractOp>([&](tensor::ExtractOp extract) {
        return asLogic(readElement(extract));
      })
      .Default([&](Operation *) { return arith->unknown(); });
}

TileLogic RegionEmitter::compareElement(arith::CmpFOp cmp) {
  tensor::ExtractOp element;
  for (Value operand : cmp->getOperands()) {
    if (matchPattern(operand, m_Constant()))
      continue;
    auto extract = operand.getDefiningOp<tensor::ExtractOp>();
    if (!extract || (element && element != extract))
      return arith->unknown();
    element = extract;
  }
  return element ? asLogic(readElement(element, cmp)) : arith->unknown();
}

/// Elements of type i1: the smallest is "all", the largest is "any".
TileLogic RegionEmitter::asLogic(const EmittedInterval &elements) {
  if (!elements.isKnown())
    return arith->unknown();
  return arith->where(elements.valid, {elements.high, elements.low});
}

TileLogic RegionEmitter::compare(arith::CmpIOp cmp) {
  using P = arith::CmpIPredicate;
  if (!cmp.getLhs().getType().isInteger(1))
    return arith->compare(cmp.getPredicate(), getNumber(cmp.getLhs()),
                          getNumber(cmp.getRhs()));
  const TileLogic a = getLogic(cmp.getLhs()), b = getLogic(cmp.getRhs());
  if (cmp.getPredicate() == P::ne)
    return arith->differ(a, b);
  if (cmp.getPredicate() == P::eq)
    return arith->negate(arith->differ(a, b));
  return arith->unknown();
}
