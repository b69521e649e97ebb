//===- StateBuffers.cpp - Where a kernel's state lies ---------------------===//
#include "State/StateBuffers.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn;

/// acc [1, heads, rows, features]; max and sum [1, heads, rows].
static SmallVector<int64_t> getScratchShape(MemRefType type,
                                            const StateLayout &layout) {
  if (type.getRank() != 4)
    return {layout.rows};
  int64_t features = llvm::alignTo(type.getDimSize(3), layout.features);
  if (layout.queriesInLanes)
    return {features, layout.rows};
  return {layout.rows, features};
}

/// `scratch` with the dimensions of `like`. Several heads have as many rows
/// each.
static Value createView(OpBuilder &builder, Location loc, Value scratch,
                        MemRefType like, OpFoldResult rows,
                        const StateLayout &layout) {
  auto type = cast<MemRefType>(scratch.getType());
  int64_t stride = type.getRank() == 2 ? type.getDimSize(1) : 1;
  bool transposed = layout.queriesInLanes;
  int64_t ofRow = transposed ? 1 : stride, ofFeature = transposed ? stride : 1;
  int64_t all = type.getNumElements();
  int64_t heads = like.getDimSize(1);
  OpFoldResult ofHead =
      heads == 1
          ? OpFoldResult(builder.getIndexAttr(all))
          : affine::makeComposedFoldedAffineApply(
                builder, loc, builder.getAffineSymbolExpr(0) * ofRow, {rows});
  auto indices = [&](ArrayRef<int64_t> values) {
    return getAsIndexOpFoldResult(builder.getContext(), values);
  };
  SmallVector<OpFoldResult> sizes = indices({1, heads}),
                            strides = indices({all, 0, ofRow});
  strides[Head] = ofHead;
  sizes.push_back(rows);
  if (like.getRank() == 4) {
    sizes.push_back(builder.getIndexAttr(like.getDimSize(3)));
    strides.push_back(builder.getIndexAttr(ofFeature));
  }
  return memref::ReinterpretCastOp::create(
      builder, loc, scratch, OpFoldResult(builder.getIndexAttr(0)), sizes,
      strides);
}

/// Lanes without a query: what lies on the stack may be denormal, and slow.
static void clear(OpBuilder &builder, Location loc, Value scratch) {
  Type type = cast<MemRefType>(scratch.getType()).getElementType();
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  linalg::FillOp::create(builder, loc, zero, scratch);
}

/// The op that fills all of `alloc` before it is used otherwise.
static linalg::FillOp getFill(memref::AllocOp alloc) {
  Block *block = alloc->getBlock();
  linalg::FillOp fill;
  for (Operation *user : alloc->getUsers()) {
    auto candidate = dyn_cast<linalg::FillOp>(user);
    if (candidate && candidate->getBlock() == block &&
        (!fill || candidate->isBeforeInBlock(fill)))
      fill = candidate;
  }
  auto isAfterFill = [&](Operation *user) {
    Operation *ancestor = block->findAncestorOpInBlock(*user);
    return user == fill || isa<memref::DimOp>(user) ||
           (ancestor && fill->isBeforeInBlock(ancestor));
  };
  return fill && llvm::all_of(alloc->getUsers(), isAfterFill)
             ? fill
             : linalg::FillOp();
}

/// Another op, such as a view of a part, keeps its buffer as it is.
static bool allowsAnyStrides(Operation *user) {
  return isa<linalg::LinalgOp, AttendOp, memref::DimOp, memref::DeallocOp,
             memref::LoadOp, memref::StoreOp, memref::CopyOp>(user);
}

static OpFoldResult getRows(OpBuilder &builder, Value buffer) {
  return memref::getMixedSize(builder, buffer.getLoc(), buffer, Sequence);
}

Value StateBuffers::makeScratch(OpBuilder &b, memref::AllocOp buffer,
                                const StateLayout &layout) {
  Location loc = buffer->getLoc();
  auto type = cast<MemRefType>(buffer.getType());
  Value scratch = memref::AllocaOp::create(
      b, loc,
      MemRefType::get(getScratchShape(type, layout), type.getElementType()),
      b.getI64IntegerAttr(64));
  // Side by side, and lanes without a query, too.
  if (linalg::FillOp fill = getFill(buffer))
    fill.getOutputsMutable()[0].set(scratch);
  else
    clear(b, loc, scratch);
  Value view = createView(b, loc, scratch, type, getRows(b, buffer), layout);
  scratchOf[view] = {scratch, layout};
  return view;
}

Value StateBuffers::replace(memref::AllocOp alloc, const StateLayout &layout) {
  if (!llvm::all_of(alloc->getUsers(), allowsAnyStrides))
    return {};
  OpBuilder b(alloc->getContext());
  b.setInsertionPointAfter(alloc);
  Value view = makeScratch(b, alloc, layout);
  for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
    if (isa<memref::DeallocOp>(user))
      user->erase();
  alloc.replaceAllUsesWith(view);
  scratch.erase(alloc);
  return view;
}

Value StateBuffers::copy(KernelBuilder &b, AttendOp op, Value buffer,
                         const StateLayout &layout) {
  auto type = cast<MemRefType>(buffer.getType());
  Value scratch =
      b.scratch(getScratchShape(type, layout), type.getElementType());
  clear(b, b.getLoc(), scratch);
  Value view =
      createView(b, b.getLoc(), scratch, type,
                 memref::getMixedSize(b, b.getLoc(), buffer, 2), layout);
  memref::CopyOp::create(b, buffer, view);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(op);
  memref::CopyOp::create(b, view, buffer);
  return scratch;
}

StateScratch StateBuffers::get(AttendOp op, CPUTargetAttr target,
                               const StateLayout &layout) {
  KernelBuilder b(op, target, op.getScoreType(), 1);
  auto get = [&](OpOperand &operand) {
    auto known = scratchOf.find(operand.get());
    if (known != scratchOf.end() && known->second.layout == layout)
      return known->second.scratch;
    Value view;
    if (memref::AllocOp alloc = scratch.find(operand.get()))
      view = replace(alloc, layout);
    return view ? scratchOf.lookup(view).scratch
                : copy(b, op, operand.get(), layout);
  };
  return {get(op.getAccMutable()), get(op.getMaxMutable()),
          get(op.getSumMutable())};
}
