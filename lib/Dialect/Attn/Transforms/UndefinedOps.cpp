//===- UndefinedOps.cpp - Ops whose result MLIR leaves undefined ----------===//

#include "UndefinedOps.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"

#include "mlir/Analysis/DataFlow/ConstantPropagationAnalysis.h"
#include "mlir/Analysis/DataFlow/DeadCodeAnalysis.h"
#include "mlir/Analysis/DataFlow/IntegerRangeAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// What is known
//===----------------------------------------------------------------------===//

namespace {
struct RangesWithPositions : dataflow::IntegerRangeAnalysis {
  using IntegerRangeAnalysis::IntegerRangeAnalysis;

  void setToEntryState(dataflow::IntegerValueRangeLattice *lattice) override {
    auto argument = dyn_cast<BlockArgument>(lattice->getAnchor());
    if (!argument || !isPosition(argument))
      return IntegerRangeAnalysis::setToEntryState(lattice);
    propagateIfChanged(
        lattice, lattice->join(IntegerValueRange(ConstantIntRanges::fromSigned(
                     APInt(64, 0), APInt(64, uint64_t(1) << 48)))));
  }

  /// Upstream reads the first element of a constant tensor, also where there is
  /// none.
  LogicalResult visitOperation(
      Operation *op,
      ArrayRef<const dataflow::IntegerValueRangeLattice *> operands,
      ArrayRef<dataflow::IntegerValueRangeLattice *> results) override {
    auto constant = dyn_cast<arith::ConstantOp>(op);
    auto type =
        constant ? dyn_cast<ShapedType>(constant.getType()) : ShapedType();
    if (!type || !type.hasStaticShape() || type.getNumElements() > 0)
      return IntegerRangeAnalysis::visitOperation(op, operands, results);
    setAllToEntryStates(results);
    return success();
  }

  static bool isPosition(BlockArgument argument) {
    return isa_and_nonnull<AttentionOp, AttendOp>(
               argument.getOwner()->getParentOp()) &&
           argument.getType().isIndex();
  }
};
} // namespace

IntegerRanges::IntegerRanges(Operation *root) {
  solver.load<dataflow::DeadCodeAnalysis>();
  solver.load<dataflow::SparseConstantPropagation>();
  solver.load<RangesWithPositions>();
  (void)solver.initializeAndRun(root);
}

ConstantIntRanges IntegerRanges::get(Value value) const {
  unsigned width = ConstantIntRanges::getStorageBitwidth(value.getType());
  auto *state = solver.lookupState<dataflow::IntegerValueRangeLattice>(value);
  if (!state || state->getValue().isUninitialized() ||
      state->getValue().getValue().umin().getBitWidth() != width)
    return ConstantIntRanges::maxRange(width);
  return state->getValue().getValue();
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

namespace {

class OpDefiner {
public:
  OpDefiner(Operation *op, const IntegerRanges &ranges,
            SmallVectorImpl<OpCheck> &checks)
      : op(op), ranges(ranges), checks(checks), b(op), loc(op->getLoc()) {}

  void define(OpBuilder::Listener *listener);

private:
  void defineDivision(bool isSigned);
  void definePower();
  void defineShift(bool isArithmetic);
  void defineConversion(bool isSigned);
  void defineDim(tensor::DimOp dim);
  void defineInsert(tensor::InsertOp insert);
  void defineSizes(unsigned first);
  void defineLoop(scf::ForOp loop);

  Value constant(Type type, const APInt &value) {
    return arith::ConstantOp::create(
        b, loc, cast<TypedAttr>(b.getIntegerAttr(type, value)));
  }
  Value constant(Type type, int64_t value) {
    unsigned width = ConstantIntRanges::getStorageBitwidth(type);
    return constant(type, APInt(64, value, true).sextOrTrunc(width));
  }
  template <typename OpTy, typename... Args> Value make(Args... args) {
    return b.createOrFold<OpTy>(loc, args...);
  }
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
    return make<arith::CmpIOp>(predicate, lhs, rhs);
  }
  Value select(Value condition, Value yes, Value no) {
    return make<arith::SelectOp>(condition, yes, no);
  }
  Value require(Value holds, const Twine &message) {
    checks.push_back(
        {op, holds, (op->getName().getStringRef() + ": " + message).str()});
    return holds;
  }
  /// The operand where `holds`, else a number that does no harm.
  void replaceUnless(Value holds, unsigned operand, int64_t harmless) {
    Value old = op->getOperand(operand);
    op->setOperand(operand,
                   select(holds, old, constant(old.getType(), harmless)));
  }

  Operation *op;
  const IntegerRanges &ranges;
  SmallVectorImpl<OpCheck> &checks;
  OpBuilder b;
  Location loc;
};

} // namespace

void OpDefiner::defineDivision(bool isSigned) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  Type type = lhs.getType();
  ConstantIntRanges dividend = ranges.get(lhs), divisor = ranges.get(rhs);
  Value holds;
  if (divisor.umin().isZero())
    holds = require(compare(arith::CmpIPredicate::ne, rhs, constant(type, 0)),
                    "expected a divisor other than 0, got 0");
  bool canOverflow = isSigned && dividend.smin().isMinSignedValue() &&
                     divisor.umax().isAllOnes();
  if (canOverflow) {
    Value fits = make<arith::OrIOp>(
        compare(arith::CmpIPredicate::ne, lhs,
                constant(type, APInt::getSignedMinValue(
                                   dividend.smin().getBitWidth()))),
        compare(arith::CmpIPredicate::ne, rhs, constant(type, -1)));
    require(fits, "expected a quotient that its type can hold, got the "
                  "smallest number divided by -1");
    holds = holds ? make<arith::AndIOp>(holds, fits) : fits;
  }
  if (holds)
    replaceUnless(holds, 1, 1);
}

/// 0 to a negative power.
void OpDefiner::definePower() {
  Value base = op->getOperand(0), exponent = op->getOperand(1);
  if (!ranges.get(base).umin().isZero() ||
      !ranges.get(exponent).smin().isNegative())
    return;
  Value zero = constant(base.getType(), 0);
  Value holds =
      make<arith::OrIOp>(compare(arith::CmpIPredicate::ne, base, zero),
                         compare(arith::CmpIPredicate::sge, exponent, zero));
  require(holds, "expected a base other than 0 for a negative power, got 0");
  replaceUnless(holds, 0, 1);
}

/// All bits are shifted out: what comes in stays.
void OpDefiner::defineShift(bool isArithmetic) {
  Value amount = op->getOperand(1);
  Type type = amount.getType();
  unsigned width = ConstantIntRanges::getStorageBitwidth(type);
  if (ranges.get(amount).umax().ult(width))
    return;
  Value last = constant(type, int64_t(width) - 1);
  op->setOperand(1, make<arith::MinUIOp>(amount, last));
  if (isArithmetic)
    return;
  Value inside = compare(arith::CmpIPredicate::ule, amount, last);
  b.setInsertionPointAfter(op);
  Value zero = constant(type, 0);
  auto whole = arith::SelectOp::create(b, loc, inside, op->getResult(0), zero);
  op->getResult(0).replaceAllUsesExcept(whole, whole);
}

/// Saturates; NaN becomes 0.
void OpDefiner::defineConversion(bool isSigned) {
  Value value = op->getOperand(0);
  auto from = cast<FloatType>(value.getType());
  auto to = cast<IntegerType>(op->getResult(0).getType());
  // The limits of all integers are numbers of f32, not of 16-bit floats.
  if (from.getWidth() < 32) {
    from = b.getF32Type();
    value = arith::ExtFOp::create(b, loc, from, value);
  }
  unsigned width = to.getWidth();
  auto number = [&](double limit) -> Value {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(from, limit));
  };
  auto is = [&](arith::CmpFPredicate predicate, Value limit) -> Value {
    return arith::CmpFOp::create(b, loc, predicate, value, limit);
  };
  Value low = number(isSigned ? -std::ldexp(1.0, width - 1) : 0);
  Value high = number(std::ldexp(1.0, isSigned ? width - 1 : width));
  Value isNumber = is(arith::CmpFPredicate::ORD, value);
  Value aboveLow = is(arith::CmpFPredicate::OGT, low);
  Value inside =
      make<arith::AndIOp>(aboveLow, is(arith::CmpFPredicate::OLT, high));
  op->setOperand(0, select(inside, value, number(0)));
  APInt least = isSigned ? APInt::getSignedMinValue(width) : APInt(width, 0);
  APInt most =
      isSigned ? APInt::getSignedMaxValue(width) : APInt::getMaxValue(width);
  Value outside = select(aboveLow, constant(to, most), constant(to, least));
  outside = select(isNumber, outside, constant(to, 0));
  b.setInsertionPointAfter(op);
  auto whole =
      arith::SelectOp::create(b, loc, inside, op->getResult(0), outside);
  op->getResult(0).replaceAllUsesExcept(whole, whole);
}

/// Constants were looked at before (verifyDimensions).
void OpDefiner::defineDim(tensor::DimOp dim) {
  auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
  if (!type || type.getRank() == 0 ||
      ranges.get(dim.getIndex()).umax().ult(type.getRank()))
    return;
  Value holds = compare(arith::CmpIPredicate::ult, dim.getIndex(),
                        constant(b.getIndexType(), type.getRank()));
  require(holds,
          "expected a dimension from 0 to below " + Twine(type.getRank()));
  replaceUnless(holds, 1, 0);
}

void OpDefiner::defineInsert(tensor::InsertOp insert) {
  if (isInBounds(insert))
    return;
  for (auto [d, index] : llvm::enumerate(insert.getIndices())) {
    int64_t size = insert.getType().getDimSize(d);
    if (!ShapedType::isDynamic(size) && ranges.get(index).umax().ult(size))
      continue;
    Value dim = make<tensor::DimOp>(insert.getDest(), int64_t(d));
    Value holds = compare(arith::CmpIPredicate::ult, index, dim);
    require(holds, "expected index " + Twine(d) +
                       " to be from 0 to below dimension " + Twine(d));
    replaceUnless(holds, 2 + d, 0);
  }
}

/// The operands from `first` on are sizes of the result.
void OpDefiner::defineSizes(unsigned first) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  unsigned operand = first;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (!type.isDynamicDim(d))
      continue;
    Value size = op->getOperand(operand++);
    if (!ranges.get(size).smin().isNegative())
      continue;
    Value holds =
        compare(arith::CmpIPredicate::sge, size, constant(size.getType(), 0));
    require(holds, "expected dimension " + Twine(d) + " to be at least 0");
    replaceUnless(holds, operand - 1, 0);
  }
}

/// A step that is not positive never ends; nor does a counter that wraps.
void OpDefiner::defineLoop(scf::ForOp loop) {
  Type type = loop.getStep().getType();
  unsigned width = ConstantIntRanges::getStorageBitwidth(type);
  bool isUnsigned = loop.getUnsignedCmp();
  ConstantIntRanges step = ranges.get(loop.getStep()),
                    upper = ranges.get(loop.getUpperBound());
  bool isPositive =
      isUnsigned ? !step.umin().isZero() : step.smin().isStrictlyPositive();
  if (!isPositive) {
    Value holds = compare(isUnsigned ? arith::CmpIPredicate::ugt
                                     : arith::CmpIPredicate::sgt,
                          loop.getStep(), constant(type, 0));
    require(holds, "expected a step of at least 1");
    replaceUnless(holds, 2, 1);
  }
  APInt largest =
      isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  APInt farthest = isUnsigned ? upper.umax() : upper.smax();
  APInt widest = isUnsigned ? step.umax() : step.smax();
  // The last iteration's counter is at most the bound less 1.
  if (isUnsigned
          ? farthest.ule(largest - widest + 1)
          : widest.isStrictlyPositive() && farthest.sle(largest - widest + 1))
    return;
  Value room = make<arith::AddIOp>(
      make<arith::SubIOp>(constant(type, largest), loop.getStep()),
      constant(type, 1));
  Value passes = compare(isUnsigned ? arith::CmpIPredicate::ule
                                    : arith::CmpIPredicate::sle,
                         loop.getUpperBound(), room);
  Value isEmpty = compare(isUnsigned ? arith::CmpIPredicate::uge
                                     : arith::CmpIPredicate::sge,
                          loop.getLowerBound(), loop.getUpperBound());
  Value holds = make<arith::OrIOp>(passes, isEmpty);
  require(holds, "expected an upper bound that the counter can reach without "
                 "wrapping around");
  op->setOperand(1, select(holds, loop.getUpperBound(), loop.getLowerBound()));
}

void OpDefiner::define(OpBuilder::Listener *listener) {
  b.setListener(listener);
  llvm::TypeSwitch<Operation *, void>(op)
      .Case<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
            arith::FloorDivSIOp>([&](auto) { defineDivision(true); })
      .Case<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(
          [&](auto) { defineDivision(false); })
      .Case<math::IPowIOp>([&](auto) { definePower(); })
      .Case<arith::ShLIOp, arith::ShRUIOp>([&](auto) { defineShift(false); })
      .Case<arith::ShRSIOp>([&](auto) { defineShift(true); })
      .Case<arith::FPToSIOp>([&](auto) { defineConversion(true); })
      .Case<arith::FPToUIOp>([&](auto) { defineConversion(false); })
      .Case<tensor::DimOp>([&](tensor::DimOp dim) { defineDim(dim); })
      .Case<tensor::InsertOp>(
          [&](tensor::InsertOp insert) { defineInsert(insert); })
      .Case<tensor::EmptyOp, tensor::GenerateOp>([&](auto) { defineSizes(0); })
      .Case<tensor::SplatOp>([&](auto) { defineSizes(1); })
      .Case<scf::ForOp>([&](scf::ForOp loop) { defineLoop(loop); });
}

bool attn::canBeUndefined(Operation *op) {
  return isa<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
             arith::FloorDivSIOp, arith::DivUIOp, arith::RemUIOp,
             arith::CeilDivUIOp, math::IPowIOp, arith::ShLIOp, arith::ShRUIOp,
             arith::ShRSIOp, arith::FPToSIOp, arith::FPToUIOp, tensor::DimOp,
             tensor::InsertOp, tensor::EmptyOp, tensor::GenerateOp,
             tensor::SplatOp, scf::ForOp>(op);
}

namespace {
struct Recorder : OpBuilder::Listener {
  explicit Recorder(SmallVectorImpl<Operation *> &made) : made(made) {}
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override {
    made.push_back(op);
  }
  SmallVectorImpl<Operation *> &made;
};
} // namespace

void attn::defineOp(Operation *op, const IntegerRanges &ranges,
                    SmallVectorImpl<OpCheck> &checks,
                    SmallVectorImpl<Operation *> &made) {
  Recorder recorder(made);
  OpDefiner(op, ranges, checks).define(&recorder);
}

//===----------------------------------------------------------------------===//
// Promises
//===----------------------------------------------------------------------===//

void attn::dropPromises(Operation *op) {
  if (auto flags = dyn_cast<arith::ArithIntegerOverflowFlagsInterface>(op))
    op->setAttr(flags.getIntegerOverflowAttrName(),
                arith::IntegerOverflowFlagsAttr::get(
                    op->getContext(), arith::IntegerOverflowFlags::none));
  if (auto math = dyn_cast<arith::ArithFastMathInterface>(op))
    if (arith::FastMathFlagsAttr flags = math.getFastMathFlagsAttr())
      op->setAttr(math.getFastMathAttrName(),
                  arith::FastMathFlagsAttr::get(
                      op->getContext(),
                      flags.getValue() & ~(arith::FastMathFlags::nnan |
                                           arith::FastMathFlags::ninf)));
  if (isa<arith::DivSIOp, arith::DivUIOp, arith::ShRSIOp, arith::ShRUIOp>(op))
    op->removeAttr("isExact");
}
