//===- IntegerRanges.cpp - Integers that are valid for their use ----------===//

#include "attn/Run/IntegerRanges.h"
#include "KnownTypes.h"

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>

namespace mlir::attn {

namespace {

constexpr int64_t kManyPositions = 1023;
constexpr int64_t kSegments = 2;

/// Follows the elements of one argument to where they are used.
class Uses {
public:
  std::optional<NumberRange> follow(Value argument) {
    push(argument);
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      for (OpOperand &use : value.getUses())
        visit(use);
    }
    return range;
  }

private:
  void push(Value value) {
    if (seen.insert(value).second)
      worklist.push_back(value);
  }

  /// From `low` to `high`, as far as what is known allows.
  void allow(int64_t low, int64_t high) {
    if (high < low)
      return;
    if (!range)
      range = {low, high};
    else if (std::max(range->low, low) <= std::min(range->high, high))
      range = {std::max(range->low, low), std::min(range->high, high)};
  }
  /// An index along a dimension.
  void allowIndex(RankedTensorType type, int64_t dim) {
    if (!type.isDynamicDim(dim))
      allow(0, type.getDimSize(dim) - 1);
  }

  void visit(OpOperand &use);
  bool visitAttnOp(OpOperand &use);
  void visitCompare(OpOperand &use);
  void visitSum(Operation *op);
  void visitCacheUpdate(CacheUpdateOp op);
  void visitLinalg(OpOperand &use);
  void visitYield(OpOperand &use);
  void visitCall(OpOperand &use);
  void allowKeys(Operation *op);

  llvm::SmallVector<Value> worklist;
  llvm::DenseSet<Value> seen;
  std::optional<NumberRange> range;
};

} // namespace

/// The number of keys of the attention that `op` is in a region of.
static std::optional<int64_t> getNumKeys(Operation *op) {
  int64_t keys = ShapedType::kDynamic;
  if (auto attention = op->getParentOfType<AttentionOp>())
    keys = getSize(getKnownType(attention.getKey()),
                   attention.getLayoutOf(attention.getKey()), Sequence);
  else if (auto attend = op->getParentOfType<AttendOp>())
    keys = getSize(getKnownType(attend.getKey()),
                   attend.getLayoutOf(attend.getKey()), Sequence);
  if (ShapedType::isDynamic(keys))
    return std::nullopt;
  return keys;
}

void Uses::allowKeys(Operation *op) {
  if (auto keys = getNumKeys(op))
    allow(0, *keys);
}

void Uses::visitCacheUpdate(CacheUpdateOp op) {
  RankedTensorType cache = getKnownType(op.getCache());
  RankedTensorType update = getKnownType(op.getUpdate());
  const int64_t axis = op.getAxis();
  if (op.getCircular())
    return allowIndex(cache, axis);
  if (!cache.isDynamicDim(axis) && !update.isDynamicDim(axis))
    allow(0, cache.getDimSize(axis) - update.getDimSize(axis));
}

/// Uses that the attn dialect gives a meaning.
bool Uses::visitAttnOp(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto rotary = dyn_cast<RotaryEmbeddingOp>(op)) {
    if (rotary.getCos())
      allowIndex(getKnownType(rotary.getCos()), 0);
    else
      allow(0, kManyPositions);
  } else if (isa<SinusoidalEncodingOp>(op)) {
    allow(0, kManyPositions);
  } else if (auto update = dyn_cast<CacheUpdateOp>(op)) {
    if (use.get() == update.getPositions())
      visitCacheUpdate(update);
  } else {
    return false;
  }
  return true;
}

static bool isInAttention(Operation *op) {
  return op->getParentOfType<AttentionOp>() || op->getParentOfType<AttendOp>();
}

/// `i + offset`: what is added to a position is one.
void Uses::visitSum(Operation *op) {
  if (isInAttention(op))
    allowKeys(op);
}

/// In a mask: `j < length` and the like, or `segment == segment`.
void Uses::visitCompare(OpOperand &use) {
  auto op = cast<arith::CmpIOp>(use.getOwner());
  if (!isInAttention(op))
    return;
  Value other = op.getOperand(1 - use.getOperandNumber());
  if (op.getPredicate() == arith::CmpIPredicate::eq &&
      !isa<BlockArgument>(other))
    allow(0, kSegments);
  else
    allowKeys(op);
}

/// Into the region of a linalg op.
void Uses::visitLinalg(OpOperand &use) {
  auto op = cast<linalg::LinalgOp>(use.getOwner());
  Block *body = op.getBlock();
  if (use.getOperandNumber() < body->getNumArguments())
    push(body->getArgument(use.getOperandNumber()));
}

/// Out of a region.
void Uses::visitYield(OpOperand &use) {
  Operation *parent = use.getOwner()->getParentOp();
  if (isa<linalg::LinalgOp, scf::IfOp, scf::ForOp>(parent))
    push(parent->getResult(use.getOperandNumber()));
  else if (isa<tensor::GenerateOp, tensor::PadOp>(parent))
    push(parent->getResult(0));
}

void Uses::visitCall(OpOperand &use) {
  auto call = cast<func::CallOp>(use.getOwner());
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  if (callee && !callee.isExternal())
    push(callee.getArgument(use.getOperandNumber()));
}

void Uses::visit(OpOperand &use) {
  Operation *op = use.getOwner();
  if (visitAttnOp(use))
    return;
  const unsigned n = use.getOperandNumber();
  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    if (n == 0)
      push(extract.getResult());
    else
      allowIndex(getKnownType(extract.getTensor()), n - 1);
  } else if (auto insert = dyn_cast<tensor::InsertOp>(op)) {
    if (n >= 2)
      allowIndex(getKnownType(insert.getDest()), n - 2);
    else
      push(insert.getResult());
  } else if (isa<arith::CmpIOp>(op)) {
    visitCompare(use);
  } else if (isa<arith::AddIOp, arith::SubIOp>(op)) {
    visitSum(op);
  } else if (isa<linalg::LinalgOp>(op)) {
    visitLinalg(use);
  } else if (isa<linalg::YieldOp, scf::YieldOp, tensor::YieldOp>(op)) {
    visitYield(use);
  } else if (isa<func::CallOp>(op)) {
    visitCall(use);
  } else if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
                 arith::ExtUIOp, arith::TruncIOp, arith::SelectOp,
                 arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp,
                 tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                 tensor::ReshapeOp, tensor::ExtractSliceOp,
                 tensor::InsertSliceOp, tensor::ConcatOp, tensor::PadOp,
                 tensor::FromElementsOp, tensor::SplatOp>(op)) {
    push(op->getResult(0));
  }
}

std::vector<std::optional<NumberRange>>
inferIntegerRanges(func::FuncOp original) {
  // Functions that it calls are in the copy too.
  OwningOpRef<ModuleOp> copy = original->getParentOfType<ModuleOp>().clone();
  expandPositionOps(*copy);
  auto function = copy->lookupSymbol<func::FuncOp>(original.getName());
  std::vector<std::optional<NumberRange>> ranges;
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    const bool isInteger = type && type.getElementType().isInteger() &&
                           !type.getElementType().isInteger(1);
    ranges.push_back(isInteger ? Uses().follow(argument) : std::nullopt);
  }
  return ranges;
}

} // namespace mlir::attn
