//===- NarrowPositions.cpp - Positions in 32 bits -------------------------===//
#include "NarrowPositions.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"

using namespace mlir;
using namespace mlir::attn;

static bool isWide(Type type) { return type.isIndex() || type.isInteger(64); }

namespace {

class Narrower {
public:
  Narrower(AttentionOp op, Region &region)
      : op(op), region(region), b(op.getLoc(), op.getContext()) {}

  void run();

private:
  void boundPositions();
  void inferRange(Operation &nested);
  ConstantIntRanges getRange(Value value) const;
  bool fits(Value value) const;
  bool isNeverNegative(Value value) const {
    return !getRange(value).smin().isNegative();
  }
  bool canCompute(Operation &nested) const;
  bool canNarrow(Value value);
  Value narrow(Value value);
  Value compute(Operation &nested);
  void rewrite(Operation &use);

  AttentionOp op;
  Region &region;
  ImplicitLocOpBuilder b;
  DenseMap<Value, ConstantIntRanges> ranges;
  DenseMap<Value, bool> isNarrow;
  DenseMap<Value, Value> narrowed;
};

} // namespace

//===----------------------------------------------------------------------===//
// What fits
//===----------------------------------------------------------------------===//

/// Tiles reach past the end, where what they compute is dropped.
static constexpr int64_t kLargestTile = 1 << 20;

void Narrower::boundPositions() {
  const std::array<int64_t, 4> sizes = {
      op.getCanonicalDim(op.getQuery(), Batch),
      op.getCanonicalDim(op.getQuery(), Head),
      op.getCanonicalDim(op.getQuery(), Sequence),
      op.getCanonicalDim(op.getKey(), Sequence)};
  for (auto [position, size] :
       llvm::zip_equal(region.getArguments().take_back(4), sizes))
    if (!ShapedType::isDynamic(size))
      ranges.insert({position, ConstantIntRanges::fromSigned(
                                   APInt(64, 0),
                                   APInt(64, uint64_t(size) + kLargestTile))});
}

ConstantIntRanges Narrower::getRange(Value value) const {
  auto known = ranges.find(value);
  if (known != ranges.end())
    return known->second;
  unsigned width = ConstantIntRanges::getStorageBitwidth(value.getType());
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return ConstantIntRanges::constant(constant.sextOrTrunc(width));
  return ConstantIntRanges::maxRange(width);
}

void Narrower::inferRange(Operation &nested) {
  auto inferred = dyn_cast<InferIntRangeInterface>(nested);
  auto isScalar = [](Type type) { return type.isIntOrIndex(); };
  if (!inferred || !llvm::all_of(nested.getOperandTypes(), isScalar) ||
      !llvm::all_of(nested.getResultTypes(), isScalar))
    return;
  auto operands = llvm::map_to_vector(
      nested.getOperands(), [&](Value operand) { return getRange(operand); });
  inferred.inferResultRanges(operands,
                             [&](Value result, const ConstantIntRanges &range) {
                               ranges.insert({result, range});
                             });
}

bool Narrower::fits(Value value) const {
  const ConstantIntRanges range = getRange(value);
  return range.smin().isSignedIntN(32) && range.smax().isSignedIntN(32);
}

/// Whether the op says the same of numbers of 32 bits, as long as they fit.
bool Narrower::canCompute(Operation &nested) const {
  // The least number by -1 has a remainder, but not in its own width.
  if (isa<arith::RemSIOp>(nested) &&
      getRange(nested.getOperand(0)).smin().sle(INT32_MIN))
    return false;
  if (isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(nested))
    return llvm::all_of(nested.getOperands(), [&](Value operand) {
      return isNeverNegative(operand);
    });
  return isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::MinSIOp,
             arith::MaxSIOp, arith::MinUIOp, arith::MaxUIOp, arith::AndIOp,
             arith::OrIOp, arith::XOrIOp, arith::SelectOp, arith::DivSIOp,
             arith::RemSIOp, arith::FloorDivSIOp, arith::CeilDivSIOp>(nested);
}

bool Narrower::canNarrow(Value value) {
  if (!isWide(value.getType()))
    return value.getType().isInteger(32);
  if (!fits(value))
    return false;
  Operation *producer = value.getDefiningOp();
  if (!producer || producer->getParentRegion() != &region ||
      producer->hasTrait<OpTrait::ConstantLike>())
    return true;
  auto [known, isNew] = isNarrow.try_emplace(value, false);
  if (!isNew)
    return known->second;
  const bool isCast = isa<arith::IndexCastOp, arith::ExtSIOp>(producer);
  const bool can = (isCast || canCompute(*producer)) &&
                   llvm::all_of(producer->getOperands(), [&](Value operand) {
                     const bool isCondition = isa<arith::SelectOp>(producer) &&
                                              operand.getType().isInteger(1);
                     return isCondition || canNarrow(operand);
                   });
  return isNarrow[value] = can;
}

//===----------------------------------------------------------------------===//
// Narrow copies
//===----------------------------------------------------------------------===//

Value Narrower::narrow(Value value) {
  if (!isWide(value.getType()))
    return value;
  if (Value known = narrowed.lookup(value))
    return known;
  Operation *producer = value.getDefiningOp();
  APInt constant;
  OpBuilder::InsertionGuard guard(b);
  if (producer && producer->getParentRegion() == &region)
    b.setInsertionPoint(producer);
  else
    b.setInsertionPointToStart(&region.front());
  Value made;
  if (matchPattern(value, m_ConstantInt(&constant)))
    made = arith::ConstantIntOp::create(b, constant.getSExtValue(), 32);
  else if (!producer || producer->getParentRegion() != &region)
    made = value.getType().isIndex()
               ? Value(arith::IndexCastOp::create(b, b.getI32Type(), value))
               : Value(arith::TruncIOp::create(b, b.getI32Type(), value));
  else
    made = compute(*producer);
  return narrowed[value] = made;
}

Value Narrower::compute(Operation &nested) {
  auto operands = llvm::map_to_vector(
      nested.getOperands(), [&](Value operand) { return narrow(operand); });
  b.setInsertionPoint(&nested);
  if (isa<arith::IndexCastOp, arith::ExtSIOp>(nested))
    return operands[0];
  OperationState state(nested.getLoc(), nested.getName(), operands,
                       b.getI32Type());
  return b.create(state)->getResult(0);
}

/// Where positions end: a comparison, or a number.
void Narrower::rewrite(Operation &use) {
  if (!isa<arith::CmpIOp, arith::SIToFPOp, arith::UIToFPOp, arith::TruncIOp,
           arith::IndexCastOp>(use) ||
      !isWide(use.getOperand(0).getType()) ||
      isWide(use.getResult(0).getType()) ||
      !llvm::all_of(use.getOperands(),
                    [&](Value operand) { return canNarrow(operand); }))
    return;
  if (isa<arith::UIToFPOp>(use) && !isNeverNegative(use.getOperand(0)))
    return;
  auto operands = llvm::map_to_vector(
      use.getOperands(), [&](Value operand) { return narrow(operand); });
  if (!isa<arith::TruncIOp, arith::IndexCastOp>(use)) {
    use.setOperands(operands);
    return;
  }
  b.setInsertionPoint(&use);
  Type type = use.getResult(0).getType();
  Value result = operands[0];
  if (type.getIntOrFloatBitWidth() < 32)
    result = arith::TruncIOp::create(b, type, result);
  if (type.getIntOrFloatBitWidth() <= 32)
    use.getResult(0).replaceAllUsesWith(result);
}

void Narrower::run() {
  boundPositions();
  for (Operation &nested : region.front())
    inferRange(nested);
  for (Operation &nested : llvm::make_early_inc_range(region.front()))
    if (nested.getNumOperands() > 0 && nested.getNumResults() == 1)
      rewrite(nested);
}

void attn::narrowPositions(AttentionOp op) {
  for (Region *region : {&op.getScore(), &op.getMask()})
    if (!region->empty())
      Narrower(op, *region).run();
}
