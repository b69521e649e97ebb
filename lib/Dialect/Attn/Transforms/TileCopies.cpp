//===- TileCopies.cpp - Copies by rows ------------------------------------===//
#include "RowLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace mlir::attn;

using FoldResults = SmallVector<OpFoldResult>;

/// Whether `value` is the caller's, or a part of it, or seen otherwise: what is
/// computed here is computed where it is inserted, and not copied.
static bool isGiven(Value value) {
  while (auto op = value.getDefiningOp()) {
    if (!isa<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp>(op))
      return op->hasTrait<OpTrait::ConstantLike>();
    value = op->getOperand(0);
  }
  return true;
}

static bool isLargeCopy(tensor::InsertSliceOp op) {
  constexpr int64_t unknown = 128;
  int64_t elements = 1;
  for (int64_t size : op.getSourceType().getShape())
    elements *= ShapedType::isDynamic(size) ? unknown : size;
  return op.hasUnitStride() && isGiven(op.getSource()) &&
         elements >= 2 * kRowBlockElements &&
         op.getSourceType().getRank() == op.getDestType().getRank() &&
         op.getSourceType().getRank() > 1;
}

namespace {

/// Copies of equal sizes, block of rows by block of rows.
class CopyLoops {
public:
  CopyLoops(MutableArrayRef<tensor::InsertSliceOp> ops, RewriterBase &rewriter)
      : ops(ops), b(rewriter), loc(ops.front().getLoc()),
        sizes(ops.front().getMixedSizes()) {}

  /// Puts the loop in the place of the first one.
  void replace();

private:
  FoldResults getSteps();
  OpFoldResult getCount(OpFoldResult start, OpFoldResult size,
                        OpFoldResult step);
  FoldResults getPlace(tensor::InsertSliceOp op, ArrayRef<OpFoldResult> starts);
  void copyBlock(ValueRange position, ValueRange shared);

  MutableArrayRef<tensor::InsertSliceOp> ops;
  RewriterBase &b;
  Location loc;
  FoldResults sizes, steps;
};

} // namespace

/// As many of each loop as make up the elements of a block with all that is
/// inside of it: a small copy is one block.
FoldResults CopyLoops::getSteps() {
  FoldResults result(sizes.size());
  AffineExpr size = b.getAffineSymbolExpr(0), inner = b.getAffineSymbolExpr(1);
  OpFoldResult elements = b.getIndexAttr(1);
  for (int64_t n = sizes.size() - 1; n >= 0; --n) {
    Value one = arith::ConstantIndexOp::create(b, loc, 1),
          block = arith::ConstantIndexOp::create(b, loc, kRowBlockElements);
    Value divisor = b.createOrFold<arith::MaxSIOp>(
        loc, getValueOrCreateConstantIndexOp(b, loc, elements), one);
    Value quotient = b.createOrFold<arith::DivUIOp>(loc, block, divisor);
    result[n] =
        getAsOpFoldResult(b.createOrFold<arith::MaxSIOp>(loc, quotient, one));
    elements = affine::makeComposedFoldedAffineApply(b, loc, size * inner,
                                                     {sizes[n], elements});
  }
  result.pop_back(); // A row stays whole.
  return result;
}

OpFoldResult CopyLoops::getCount(OpFoldResult start, OpFoldResult size,
                                 OpFoldResult step) {
  AffineExpr from = b.getAffineDimExpr(0), to = b.getAffineSymbolExpr(0),
             by = b.getAffineSymbolExpr(1);
  return affine::makeComposedFoldedAffineMin(
      b, loc, AffineMap::get(1, 2, {by, to - from}, b.getContext()),
      {start, size, step});
}

/// Where `op` puts what starts there.
FoldResults CopyLoops::getPlace(tensor::InsertSliceOp op,
                                ArrayRef<OpFoldResult> starts) {
  AffineExpr start = b.getAffineDimExpr(0), by = b.getAffineSymbolExpr(0);
  FoldResults place;
  for (auto [offset, from] : llvm::zip(op.getMixedOffsets(), starts))
    place.push_back(affine::makeComposedFoldedAffineApply(b, loc, start + by,
                                                          {from, offset}));
  return place;
}

void CopyLoops::copyBlock(ValueRange position, ValueRange shared) {
  FoldResults starts = getAsOpFoldResult(position), counts;
  for (auto [start, size, step] : llvm::zip(starts, sizes, steps))
    counts.push_back(getCount(start, size, step));
  starts.push_back(b.getIndexAttr(0));
  counts.push_back(sizes.back());
  const FoldResults ones(sizes.size(), b.getIndexAttr(1));
  SmallVector<Value> blocks;
  SmallVector<FoldResults> places;
  for (tensor::InsertSliceOp op : ops) {
    blocks.push_back(tensor::ExtractSliceOp::create(b, loc, op.getSource(),
                                                    starts, counts, ones));
    places.push_back(getPlace(op, starts));
  }
  auto parallel = scf::InParallelOp::create(b, loc);
  b.setInsertionPointToEnd(parallel.getBody());
  for (auto [block, output, place] : llvm::zip(blocks, shared, places))
    tensor::ParallelInsertSliceOp::create(b, loc, block, output, place, counts,
                                          ones);
}

/// Moves what computes the source behind the destination, where it can be
/// computed in its place.
static void computeInPlace(tensor::InsertSliceOp op) {
  auto source = op.getSource().getDefiningOp<linalg::LinalgOp>();
  if (source && source->hasOneUse() && source->getBlock() == op->getBlock())
    source->moveBefore(op);
}

void CopyLoops::replace() {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(ops.front());
  steps = getSteps();
  const FoldResults starts(steps.size(), b.getIndexAttr(0)),
      ends(llvm::drop_end(sizes));
  SmallVector<Value> outputs;
  for (tensor::InsertSliceOp op : ops)
    outputs.push_back(op.getDest());
  auto forall = scf::ForallOp::create(
      b, loc, starts, ends, steps, outputs, std::nullopt,
      [&](OpBuilder &, Location, ValueRange args) {
        copyBlock(args.take_front(steps.size()), args.drop_front(steps.size()));
      });
  for (auto [op, copied] : llvm::zip(ops, forall.getResults())) {
    b.replaceOp(op, copied);
    for (Operation *user : copied.getUsers())
      if (auto insert = dyn_cast<tensor::InsertSliceOp>(user))
        computeInPlace(insert);
  }
}

/// Whether `op` can run with the others, at the place of the first.
static bool joins(ArrayRef<tensor::InsertSliceOp> group,
                  tensor::InsertSliceOp op) {
  tensor::InsertSliceOp first = group.front();
  auto isKnown = [&](Value value) {
    Operation *definition = value.getDefiningOp();
    return !definition || definition->getBlock() != first->getBlock() ||
           definition->isBeforeInBlock(first);
  };
  return llvm::all_of(op->getOperands(), isKnown) &&
         isEqualConstantIntOrValueArray(first.getMixedSizes(),
                                        op.getMixedSizes());
}

void attn::tileCopies(Block &block, RewriterBase &rewriter) {
  SmallVector<SmallVector<tensor::InsertSliceOp, 2>> groups;
  bool isOpen = false;
  for (Operation &op : block) {
    // Copies run together where nothing is computed between them.
    isOpen &= op.getNumRegions() == 0;
    auto insert = dyn_cast<tensor::InsertSliceOp>(op);
    if (!insert || !isLargeCopy(insert))
      continue;
    if (isOpen && joins(groups.back(), insert))
      groups.back().push_back(insert);
    else
      groups.push_back({insert});
    isOpen = true;
  }
  for (MutableArrayRef<tensor::InsertSliceOp> ops : groups) {
    remark::passed(
        ops.front().getLoc(),
        remark::RemarkOpts::name("Copied").category("attn-tile-rows"))
        << std::to_string(ops.size()) + " copies by rows";
    CopyLoops(ops, rewriter).replace();
  }
}
