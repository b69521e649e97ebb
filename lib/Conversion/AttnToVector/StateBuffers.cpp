//===- StateBuffers.cpp - Where a kernel's state lies ---------------------===//
#include "StateBuffers.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn;

/// acc [1, 1, rows, features] lies as [features][rows]; max and sum as [rows].
static SmallVector<int64_t> getScratchShape(MemRefType type, int64_t maxRows) {
  if (type.getRank() == 4)
    return {type.getDimSize(3), maxRows};
  return {maxRows};
}

/// `scratch` with the dimensions of `like`.
static Value createView(OpBuilder &builder, Location loc, Value scratch,
                        MemRefType like, OpFoldResult rows) {
  int64_t rank = like.getRank();
  int64_t stride = cast<MemRefType>(scratch.getType()).getShape().back();
  int64_t all = cast<MemRefType>(scratch.getType()).getNumElements();
  SmallVector<OpFoldResult> sizes(2, builder.getIndexAttr(1)),
      strides(2, builder.getIndexAttr(all));
  sizes.push_back(rows);
  strides.push_back(builder.getIndexAttr(1));
  if (rank == 4) {
    sizes.push_back(builder.getIndexAttr(like.getDimSize(3)));
    strides.push_back(builder.getIndexAttr(stride));
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

static bool allowsAnyStrides(Operation *user) {
  return isa<linalg::LinalgOp, AttendInPlaceOp, memref::DimOp,
             memref::DeallocOp, memref::LoadOp, memref::StoreOp>(user);
}

Value StateBuffers::share(Value buffer, int64_t maxRows) {
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  if (!alloc || !llvm::all_of(alloc->getUsers(), allowsAnyStrides))
    return {};
  MemRefType type = alloc.getType();
  OpBuilder b(alloc);
  Location loc = alloc.getLoc();
  OpFoldResult rows = type.isDynamicDim(2)
                          ? OpFoldResult(alloc.getDynamicSizes().back())
                          : b.getIndexAttr(type.getDimSize(2));
  Value scratch = memref::AllocaOp::create(
      b, loc,
      MemRefType::get(getScratchShape(type, maxRows), type.getElementType()),
      b.getI64IntegerAttr(64));
  clear(b, loc, scratch);
  Value view = createView(b, loc, scratch, type, rows);
  for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
    if (isa<memref::DeallocOp>(user))
      user->erase();
  alloc.replaceAllUsesWith(view);
  alloc.erase();
  scratchOf[view] = scratch;
  return scratch;
}

Value StateBuffers::copy(KernelBuilder &b, AttendInPlaceOp op, Value buffer,
                         int64_t maxRows) {
  auto type = cast<MemRefType>(buffer.getType());
  Value scratch =
      b.scratch(getScratchShape(type, maxRows), type.getElementType());
  clear(b, b.getLoc(), scratch);
  Value view = createView(b, b.getLoc(), scratch, type,
                          memref::getMixedSize(b, b.getLoc(), buffer, 2));
  memref::CopyOp::create(b, buffer, view);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfter(op);
  memref::CopyOp::create(b, view, buffer);
  return scratch;
}

StateScratch StateBuffers::get(AttendInPlaceOp op, const VectorTarget &target,
                               int64_t maxRows) {
  KernelBuilder b(op, target, op.getScoreType(), 1);
  auto get = [&](OpOperand &operand) {
    Value known = scratchOf.lookup(operand.get());
    if (!known)
      known = share(operand.get(), maxRows);
    return known ? known : copy(b, op, operand.get(), maxRows);
  };
  return {get(op.getAccMutable()), get(op.getMaxMutable()),
          get(op.getSumMutable())};
}
