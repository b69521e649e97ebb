//===- RegionEmitterTruths.cpp - What is true or false in a tile ----------===//
#include "RegionEmitter.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

TileTruth RegionEmitter::getTruth(Value value) {
  for (const Stage *known : {&queryStage, &keyStage})
    if (auto found = known->truths.find(value); found != known->truths.end())
      return found->second;
  TileTruth result = arith->unknown();
  if (depth < 200) {
    ++depth;
    result = computeTruth(value);
    --depth;
  }
  stage().truths[value] = result;
  return result;
}

static bool isUnderstood(Operation *inner) {
  return isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp, arith::SelectOp,
             arith::CmpIOp, CausalOp, WindowOp, PrefixOp, SameSegmentOp,
             BlockSparseOp, tensor::ExtractOp>(inner);
}

TileTruth RegionEmitter::computeTruth(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return arith->certain(arith->truth(!constant.isZero()));
  Operation *definition = value.getDefiningOp();
  if (definition && isInside(value) && isUnderstood(definition))
    return truthOp(definition);
  if (!dependsOnKey(value))
    if (std::optional<UniformValue> copied = uniform->get(*builder, value))
      return arith->where(copied->valid, arith->certain(copied->value));
  if (auto cmp = dyn_cast_or_null<arith::CmpFOp>(definition);
      cmp && isInside(value))
    return compareElement(cmp);
  return arith->unknown();
}

TileTruth RegionEmitter::truthOp(Operation *inner) {
  const auto operand = [&](unsigned n) {
    return getTruth(inner->getOperand(n));
  };
  const auto number = [&](Value value) { return getNumber(value); };
  return llvm::TypeSwitch<Operation *, TileTruth>(inner)
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
      .Case<CausalOp>([&](CausalOp causal) { // D8: j <= i + offset
        const EmittedNumber limit =
            arith->add(number(causal.getQuery()), offsetOf(causal.getOffset()));
        return arith->lessEqual(number(causal.getKey()), limit);
      })
      .Case<WindowOp>([&](WindowOp op) { return window(op); })
      .Case<PrefixOp>([&](PrefixOp prefix) { // D17: j < length
        return arith->less(number(prefix.getKey()), number(prefix.getLength()));
      })
      .Case<SameSegmentOp>([&](SameSegmentOp same) {
        const auto segment = [&](unsigned side, auto tensor, Value position) {
          const EmittedNumber elements =
              read({same, side}, tensor,
                   {number(same.getBatch()), number(position)});
          return toNumber(elements, tensor.getType().getElementType());
        };
        return arith->equal(
            segment(0, same.getQuerySegments(), same.getQuery()),
            segment(1, same.getKeySegments(), same.getKey()));
      })
      .Case<BlockSparseOp>([&](BlockSparseOp sparse) {
        const auto block = [&](Value position, int64_t size) {
          const EmittedNumber at = number(position);
          return size > 0 && at.isKnown() ? arith->floorDivide(at, size)
                                          : EmittedNumber();
        };
        return asTruth(
            read({sparse, 0}, sparse.getTable(),
                 {number(sparse.getBatch()), number(sparse.getHead()),
                  block(sparse.getQuery(), sparse.getQueryBlock()),
                  block(sparse.getKey(), sparse.getKeyBlock())}));
      })
      .Case<tensor::ExtractOp>([&](tensor::ExtractOp extract) {
        return asTruth(readElement(extract));
      })
      .Default([&](Operation *) { return arith->unknown(); });
}

TileTruth RegionEmitter::compareElement(arith::CmpFOp cmp) {
  tensor::ExtractOp element;
  for (Value operand : cmp->getOperands()) {
    if (matchPattern(operand, m_Constant()))
      continue;
    auto extract = operand.getDefiningOp<tensor::ExtractOp>();
    if (!extract || (element && element != extract))
      return arith->unknown();
    element = extract;
  }
  return element ? asTruth(readElement(element, cmp)) : arith->unknown();
}

/// Elements of type i1: the smallest is "all", the largest is "any".
TileTruth RegionEmitter::asTruth(const EmittedNumber &elements) {
  if (!elements.isKnown())
    return arith->unknown();
  return arith->where(elements.valid, {elements.high, elements.low});
}

EmittedNumber RegionEmitter::offsetOf(Value offset) {
  return offset ? getNumber(offset) : arith->point(int64_t(0));
}

TileTruth RegionEmitter::compare(arith::CmpIOp cmp) {
  using P = arith::CmpIPredicate;
  if (!cmp.getLhs().getType().isInteger(1))
    return arith->compare(cmp.getPredicate(), getNumber(cmp.getLhs()),
                          getNumber(cmp.getRhs()));
  const TileTruth a = getTruth(cmp.getLhs()), b = getTruth(cmp.getRhs());
  if (cmp.getPredicate() == P::ne)
    return arith->differ(a, b);
  if (cmp.getPredicate() == P::eq)
    return arith->negate(arith->differ(a, b));
  return arith->unknown();
}

/// D9: p - left <= j <= p + right, -1 for no bound.
TileTruth RegionEmitter::window(WindowOp op) {
  const EmittedNumber p =
      arith->add(getNumber(op.getQuery()), offsetOf(op.getOffset()));
  const EmittedNumber key = getNumber(op.getKey());
  TileTruth inside = arith->certain(arith->truth(true));
  if (op.getLeft() > uint64_t(largestKnown) && op.getLeft() != uint64_t(-1))
    return arith->unknown();
  if (op.getRight() > uint64_t(largestKnown) && op.getRight() != uint64_t(-1))
    return arith->unknown();
  if (op.getLeft() != uint64_t(-1))
    inside = arith->lessEqual(
        arith->subtract(p, arith->point(int64_t(op.getLeft()))), key);
  if (op.getRight() != uint64_t(-1))
    inside = arith->both(
        inside, arith->lessEqual(
                    key, arith->add(p, arith->point(int64_t(op.getRight())))));
  return inside;
}
