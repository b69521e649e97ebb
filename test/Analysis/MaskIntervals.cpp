//===- MaskIntervals.cpp - A mask region on intervals ---------------------===//
#include "MaskIntervals.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

static Interval compare(arith::CmpIPredicate predicate, Interval a,
                        Interval b) {
  using P = arith::CmpIPredicate;
  const bool sameAsSigned = a.low >= 0 && b.low >= 0;
  switch (predicate) {
  case P::eq:
    return equal(a, b);
  case P::ne:
    return logicalNot(equal(a, b));
  case P::slt:
    return less(a, b);
  case P::sle:
    return lessEqual(a, b);
  case P::sgt:
    return less(b, a);
  case P::sge:
    return lessEqual(b, a);
  case P::ult:
    return sameAsSigned ? less(a, b) : Interval::boolean();
  case P::ule:
    return sameAsSigned ? lessEqual(a, b) : Interval::boolean();
  case P::ugt:
    return sameAsSigned ? less(b, a) : Interval::boolean();
  case P::uge:
    return sameAsSigned ? lessEqual(b, a) : Interval::boolean();
  }
  llvm_unreachable("all predicates are handled");
}

namespace {

class IntervalEvaluator {
public:
  IntervalEvaluator(AttentionOp op, ArrayRef<Interval> box, ReadInterval read)
      : region(op.getMask()), box(box), read(read) {}

  Interval get(Value value) {
    auto known = values.find(value);
    if (known != values.end())
      return known->second;
    Interval result = clamp(compute(value), value.getType());
    values.insert({value, result});
    return result;
  }

private:
  /// A result outside of its type has wrapped: it may be anything.
  static Interval clamp(Interval range, Type type) {
    const Interval all = getIntegersOf(type);
    return range.low < all.low || range.high > all.high ? all : range;
  }

  Interval compute(Value value) {
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant)) &&
        constant.getSignificantBits() <= 64)
      return Interval::point(value.getType().isInteger(1)
                                 ? constant.getZExtValue()
                                 : constant.getSExtValue());
    if (!value.getType().isIntOrIndex())
      return Interval::all();
    const bool inside = region.isAncestor(value.getParentRegion());
    if (!inside)
      if (std::optional<Interval> range = read(value, {}))
        return *range;
    if (inside && isa<BlockArgument>(value) &&
        value.getParentBlock() == &region.front())
      return box[cast<BlockArgument>(value).getArgNumber()];
    Operation *definition = value.getDefiningOp();
    if (!definition || depth > 200)
      return getIntegersOf(value.getType());
    ++depth;
    const Interval result =
        value.getType().isInteger(1) ? truth(definition) : number(definition);
    --depth;
    return result;
  }

  Interval operand(Operation *op, unsigned n) { return get(op->getOperand(n)); }

  Interval readOr(Value captured, ArrayRef<Interval> indices, Type type) {
    // What the region itself computes is not data with known bounds.
    if (region.isAncestor(captured.getParentRegion()))
      return getIntegersOf(type);
    return read(captured, indices).value_or(getIntegersOf(type));
  }

  Interval readElement(tensor::ExtractOp extract) {
    SmallVector<Interval> indices;
    for (Value index : extract.getIndices())
      indices.push_back(get(index));
    return readOr(extract.getTensor(), indices, extract.getType());
  }

  Interval select(Operation *op) {
    const Interval condition = operand(op, 0);
    const Interval ifTrue = operand(op, 1), ifFalse = operand(op, 2);
    if (condition.isPoint())
      return condition.low ? ifTrue : ifFalse;
    return join(ifTrue, ifFalse);
  }

  Interval truth(Operation *op) {
    return llvm::TypeSwitch<Operation *, Interval>(op)
        .Case<arith::AndIOp>(
            [&](auto) { return logicalAnd(operand(op, 0), operand(op, 1)); })
        .Case<arith::OrIOp>(
            [&](auto) { return logicalOr(operand(op, 0), operand(op, 1)); })
        .Case<arith::XOrIOp>([&](auto) {
          return logicalNot(equal(operand(op, 0), operand(op, 1)));
        })
        .Case<arith::SelectOp>([&](auto) { return select(op); })
        .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) {
          const bool flags = cmp.getLhs().getType().isInteger(1);
          const bool equality =
              cmp.getPredicate() == arith::CmpIPredicate::eq ||
              cmp.getPredicate() == arith::CmpIPredicate::ne;
          if (flags && !equality)
            return Interval::boolean();
          return compare(cmp.getPredicate(), operand(op, 0), operand(op, 1));
        })
        .Case<tensor::ExtractOp>(
            [&](tensor::ExtractOp extract) { return readElement(extract); })
        .Default([](Operation *) { return Interval::boolean(); });
  }

  Interval number(Operation *op) {
    const Type type = op->getResult(0).getType();
    return llvm::TypeSwitch<Operation *, Interval>(op)
        .Case<arith::AddIOp>(
            [&](auto) { return operand(op, 0) + operand(op, 1); })
        .Case<arith::SubIOp>(
            [&](auto) { return operand(op, 0) - operand(op, 1); })
        .Case<arith::MulIOp>(
            [&](auto) { return operand(op, 0) * operand(op, 1); })
        .Case<arith::MinSIOp>(
            [&](auto) { return min(operand(op, 0), operand(op, 1)); })
        .Case<arith::MaxSIOp>(
            [&](auto) { return max(operand(op, 0), operand(op, 1)); })
        .Case<arith::SelectOp>([&](auto) { return select(op); })
        .Case<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp,
              arith::RemSIOp, arith::DivUIOp, arith::RemUIOp>(
            [&](auto) { return quotient(op); })
        .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>([&](auto) {
          const Interval source = operand(op, 0);
          if (op->getOperand(0).getType().isInteger(1))
            return Interval{-source.high, -source.low};
          return source;
        })
        .Case<arith::IndexCastUIOp, arith::ExtUIOp>([&](auto) {
          const Interval source = operand(op, 0);
          return source.low >= 0 ? source : getIntegersOf(type);
        })
        .Case<tensor::DimOp>([&](auto) {
          return Interval{0, std::numeric_limits<int64_t>::max()};
        })
        .Case<tensor::ExtractOp>(
            [&](tensor::ExtractOp extract) { return readElement(extract); })
        .Default([&](Operation *) { return getIntegersOf(type); });
  }

  Interval quotient(Operation *op) {
    const Interval dividend = operand(op, 0), divisor = operand(op, 1);
    const Interval all = getIntegersOf(op->getResult(0).getType());
    if (!divisor.isPoint() || divisor.low <= 0)
      return all;
    const int64_t by = divisor.low;
    if (isa<arith::FloorDivSIOp>(op))
      return floorDiv(dividend, by);
    if (isa<arith::CeilDivSIOp>(op))
      return ceilDiv(dividend, by);
    if (isa<arith::DivSIOp>(op))
      return truncDiv(dividend, by);
    if (isa<arith::RemSIOp>(op))
      return truncMod(dividend, by);
    if (dividend.low < 0)
      return all;
    return isa<arith::DivUIOp>(op) ? floorDiv(dividend, by)
                                   : floorMod(dividend, by);
  }

  Region &region;
  ArrayRef<Interval> box;
  ReadInterval read;
  unsigned depth = 0;
  DenseMap<Value, Interval> values;
};

} // namespace

static Interval evaluateMask(AttentionOp op, ArrayRef<Interval> box,
                             ReadInterval read) {
  if (op.getMask().empty())
    return Interval::point(1);
  return IntervalEvaluator(op, box, read)
      .get(op.getMask().front().getTerminator()->getOperand(0));
}

TileClass test::classifyByIntervals(AttentionOp op, ArrayRef<Interval> box,
                                    ReadInterval read) {
  const Interval mask = evaluateMask(op, box, read);
  if (!mask.isPoint())
    return TileClass::Partial;
  return mask.low ? TileClass::Full : TileClass::Empty;
}
