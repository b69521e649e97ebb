//===- GuardedReads.cpp - Reads of captured tensors, in bounds ------------===//
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What a position of an attention op runs over: 0 .. size - 1 of one
/// dimension.
struct PositionRange {
  Operation *op;
  ShapedOperand operand;
  int64_t dim;

  int64_t getTensorDim() const {
    return attn::getTensorDim(operand.layout, dim);
  }
  int64_t getStaticSize() const {
    return operand.type.getDimSize(getTensorDim());
  }
};

/// What is known about one index.
enum class IndexCheck {
  Proved,
  /// Checked, but what fails does not leave: the read is skipped.
  BeforeOp,
  AtRead
};

} // namespace

template <typename OpTy>
static ShapedOperand getPositionOperand(OpTy op, int64_t position) {
  if (position == Key)
    return ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr());
  return ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr());
}

static std::optional<PositionRange> getPositionRange(Value position) {
  auto argument = dyn_cast<BlockArgument>(position);
  if (!argument)
    return std::nullopt;
  // The positions (batch, head, query, key) are a region's last arguments.
  int64_t number = static_cast<int64_t>(argument.getArgNumber()) -
                   (argument.getOwner()->getNumArguments() - 4);
  if (number < 0)
    return std::nullopt;
  int64_t dim = number == Key ? Sequence : number;
  Operation *parent = argument.getOwner()->getParentOp();
  if (auto op = dyn_cast<AttentionOp>(parent))
    return PositionRange{op, getPositionOperand(op, number), dim};
  if (auto op = dyn_cast<AttendOp>(parent))
    return PositionRange{op, getPositionOperand(op, number), dim};
  return std::nullopt;
}

/// Whether a check that fails at `op` leaves the call: in a parallel loop it is
/// acted upon after the loop.
static bool leavesIfCheckFails(Operation *op) {
  return !op->getParentOfType<scf::ForallOp>() &&
         !op->getParentOfType<scf::ParallelOp>();
}

static bool isDefinedInside(Value value, Operation *op) {
  return op->isAncestor(value.getParentRegion()->getParentOp());
}

/// The tensor covers all positions, divided by the block.
static void assertCovers(OpBuilder &builder, Location loc, StringRef name,
                         Value tensor, int64_t dim, const PositionRange &range,
                         int64_t block) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(range.op);
  Value positions = getValueOrCreateConstantIndexOp(
      builder, loc, range.operand.size(builder, loc, range.dim));
  if (block != 1)
    positions = builder.createOrFold<arith::CeilDivSIOp>(
        loc, positions, constantIndex(builder, loc, block));
  Value size = builder.createOrFold<tensor::DimOp>(loc, tensor, dim);
  Value covers = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::sge, size, positions);
  std::string message =
      ("expected dimension " + Twine(dim) + " of " + name +
       " to be at least dimension " + Twine(range.getTensorDim()) + " of " +
       range.operand.name)
          .str();
  if (block != 1)
    message += " divided by " + std::to_string(block) + ", rounded up";
  assertThat(builder, loc, covers, message);
}

/// Whether an index that is a position, a constant, or clamped to them, is at
/// least 0, or below `size`, whatever is run.
static bool isAtLeastZero(Value index, unsigned depth = 0) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return *constant >= 0;
  if (auto max = index.getDefiningOp<arith::MaxSIOp>(); max && depth < 4)
    return isAtLeastZero(max.getLhs(), depth + 1) ||
           isAtLeastZero(max.getRhs(), depth + 1);
  if (auto min = index.getDefiningOp<arith::MinSIOp>(); min && depth < 4)
    return isAtLeastZero(min.getLhs(), depth + 1) &&
           isAtLeastZero(min.getRhs(), depth + 1);
  return getPositionRange(index).has_value();
}

static bool isBelow(Value index, int64_t size, unsigned depth = 0) {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return *constant < size;
  if (auto min = index.getDefiningOp<arith::MinSIOp>(); min && depth < 4)
    return isBelow(min.getLhs(), size, depth + 1) ||
           isBelow(min.getRhs(), size, depth + 1);
  if (auto max = index.getDefiningOp<arith::MaxSIOp>(); max && depth < 4)
    return isBelow(max.getLhs(), size, depth + 1) &&
           isBelow(max.getRhs(), size, depth + 1);
  std::optional<PositionRange> range = getPositionRange(index);
  return range && !ShapedType::isDynamic(range->getStaticSize()) &&
         range->getStaticSize() <= size;
}

/// Decides about one index, and checks it before the op where that is possible.
static IndexCheck checkIndex(OpBuilder &builder, Location loc, StringRef name,
                             Value tensor, int64_t dim, ReadIndex index) {
  if (index.isInRange)
    return IndexCheck::Proved;
  int64_t size = cast<RankedTensorType>(tensor.getType()).getDimSize(dim);
  bool isStatic = !ShapedType::isDynamic(size);
  if (std::optional<int64_t> constant = getConstantIntValue(index.position))
    return isStatic && *constant >= 0 && *constant / index.block < size
               ? IndexCheck::Proved
               : IndexCheck::AtRead;
  if (isStatic && index.block == 1 && isAtLeastZero(index.position) &&
      isBelow(index.position, size))
    return IndexCheck::Proved;
  std::optional<PositionRange> range = getPositionRange(index.position);
  if (!range)
    return IndexCheck::AtRead;
  int64_t positions = range->getStaticSize();
  if (isStatic && !ShapedType::isDynamic(positions) &&
      llvm::divideCeil(positions, index.block) <= static_cast<uint64_t>(size))
    return IndexCheck::Proved;
  // A branch may keep positions away that the tensor does not cover.
  bool isConditional =
      builder.getInsertionBlock() != index.position.getParentBlock();
  if (isConditional || isDefinedInside(tensor, range->op))
    return IndexCheck::AtRead;
  assertCovers(builder, loc, name, tensor, dim, *range, index.block);
  return leavesIfCheckFails(range->op) ? IndexCheck::Proved
                                       : IndexCheck::BeforeOp;
}

/// Whether a check that fails at an op of `block` leaves before the op is run:
/// in a region of attention it may come into a parallel loop yet.
static bool leavesBeforeRead(Block *block) {
  Operation *around = block->getParentOp();
  auto isOrIsIn = [&](auto type) {
    using OpTy = decltype(type);
    return isa<OpTy>(around) || around->getParentOfType<OpTy>();
  };
  return !isOrIsIn(AttentionOp()) && !isOrIsIn(AttendOp()) &&
         !isOrIsIn(scf::ForallOp()) && !isOrIsIn(scf::ParallelOp());
}

static Value readWhere(OpBuilder &builder, Location loc, Value condition,
                       Value tensor, ValueRange indices) {
  Type element = getElementTypeOrSelf(tensor.getType());
  auto branch = scf::IfOp::create(
      builder, loc, condition,
      [&](OpBuilder &b, Location l) {
        auto read = tensor::ExtractOp::create(b, l, tensor, indices);
        markAsInBounds(read);
        scf::YieldOp::create(b, l, read.getResult());
      },
      [&](OpBuilder &b, Location l) {
        Value zero = arith::ConstantOp::create(
            b, l, cast<TypedAttr>(b.getZeroAttr(element)));
        scf::YieldOp::create(b, l, zero);
      });
  return branch.getResult(0);
}

Value attn::createGuardedRead(OpBuilder &builder, Location loc, StringRef name,
                              Value tensor, ArrayRef<ReadIndex> indices) {
  SmallVector<Value> positions;
  Value inBounds;
  for (auto [dim, index] : llvm::enumerate(indices)) {
    Value position = index.position;
    if (index.block != 1)
      position = arith::FloorDivSIOp::create(
          builder, loc, position, constantIndex(builder, loc, index.block));
    positions.push_back(position);
    IndexCheck check = checkIndex(builder, loc, name, tensor, dim, index);
    if (check == IndexCheck::Proved)
      continue;
    Value size = tensor::DimOp::create(builder, loc, tensor, dim);
    // Unsigned: a negative index is too large.
    Value below = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                        position, size);
    if (check == IndexCheck::AtRead)
      assertThat(builder, loc, below,
                 "expected index " + Twine(dim) + " into " + name +
                     " to be from 0 to below dimension " + Twine(dim));
    if (check == IndexCheck::AtRead &&
        leavesBeforeRead(builder.getInsertionBlock()))
      continue;
    inBounds =
        inBounds ? arith::AndIOp::create(builder, loc, inBounds, below) : below;
  }
  if (inBounds)
    return readWhere(builder, loc, inBounds, tensor, positions);
  return tensor::ExtractOp::create(builder, loc, tensor, positions);
}

static constexpr StringLiteral inBoundsName = "attn.in_bounds";

void attn::markAsInBounds(Operation *op) {
  op->setAttr(inBoundsName, UnitAttr::get(op->getContext()));
}
bool attn::isInBounds(Operation *op) { return op->hasAttr(inBoundsName); }

static constexpr StringLiteral definedName = "attn.defined";

void attn::markAsDefined(Operation *op) {
  op->setAttr(definedName, UnitAttr::get(op->getContext()));
}
bool attn::isDefined(Operation *op) { return op->hasAttr(definedName); }

static void guardReads(Operation *root, StringRef name, bool inRegions) {
  SmallVector<tensor::ExtractOp> reads;
  root->walk([&](tensor::ExtractOp op) {
    Type element = op.getResult().getType();
    bool hasZero = element.isIntOrIndexOrFloat();
    bool isInRegion =
        op->getParentOfType<AttentionOp>() || op->getParentOfType<AttendOp>();
    if (hasZero && !op.getIndices().empty() && !isInBounds(op) &&
        isInRegion == inRegions)
      reads.push_back(op);
  });
  for (tensor::ExtractOp op : reads) {
    OpBuilder builder(op);
    SmallVector<ReadIndex> indices;
    for (Value index : op.getIndices())
      indices.push_back({index});
    Value value =
        createGuardedRead(builder, op.getLoc(), name, op.getTensor(), indices);
    if (auto read = value.getDefiningOp<tensor::ExtractOp>())
      markAsInBounds(read);
    op.replaceAllUsesWith(value);
    op.erase();
  }
}

void attn::guardReadsInRegions(Operation *root) {
  guardReads(root, "a captured tensor", /*inRegions=*/true);
}

void attn::guardReadsOutsideRegions(Operation *root) {
  guardReads(root, "a tensor", /*inRegions=*/false);
}
