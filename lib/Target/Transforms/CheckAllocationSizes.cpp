//===- CheckAllocationSizes.cpp - Byte sizes that do not wrap around ------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CHECKALLOCATIONSIZES
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Bytes of one element, as LLVM lays it out; index is 8.
static int64_t getElementSize(Type type) {
  if (type.isIntOrFloat())
    return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  return 8;
}

namespace {
struct CheckAllocationSizes
    : attn::impl::CheckAllocationSizesBase<CheckAllocationSizes> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> allocations;
    getOperation().walk([&](memref::AllocOp op) {
      if (!op.getDynamicSizes().empty())
        allocations.push_back(op);
    });
    for (memref::AllocOp op : allocations)
      check(op);
  }

  /// Starts from the static part of the size; the runtime saturates.
  void check(memref::AllocOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    Type i64 = builder.getI64Type();
    int64_t fixed = getElementSize(op.getType().getElementType());
    for (int64_t size : op.getType().getShape())
      if (!ShapedType::isDynamic(size))
        fixed = llvm::SaturatingMultiply<uint64_t>(fixed, size) >
                        uint64_t(INT64_MAX)
                    ? INT64_MAX
                    : fixed * size;
    Value total = arith::ConstantIntOp::create(builder, loc, fixed, 64);
    for (Value size : op.getDynamicSizes()) {
      Value wide = arith::IndexCastOp::create(builder, loc, i64, size);
      total = call(builder, loc, "attn_rt_multiply_size", {total, wide}, i64)
                  .getResult(0);
    }
    call(builder, loc, "attn_rt_check_size", {total}, {});
  }

  func::CallOp call(OpBuilder &builder, Location loc, StringRef name,
                    ValueRange arguments, TypeRange results) {
    auto type = builder.getFunctionType(arguments.getTypes(), results);
    if (!getOperation().lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(getOperation().getBody());
      func::FuncOp::create(builder, getOperation().getLoc(), name, type)
          .setPrivate();
    }
    return func::CallOp::create(builder, loc, name, results, arguments);
  }
};
} // namespace
