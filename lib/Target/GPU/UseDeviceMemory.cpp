//===- UseDeviceMemory.cpp - Buffers of host code on the device -----------===//

#include "HostCode.h"

#include "attn/Target/GPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_USEDEVICEMEMORY
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Rewrites the host code of one function.
class DeviceMemory {
public:
  DeviceMemory(func::FuncOp function, RuntimeCalls &calls)
      : function(function), calls(calls), builder(function.getContext()),
        addresses(getAddressBuffers(function)) {}

  LogicalResult rewrite() {
    SmallVector<Operation *> ops;
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<gpu::LaunchOp>(op))
        return WalkResult::skip();
      ops.push_back(op);
      return WalkResult::advance();
    });
    for (Operation *op : ops)
      if (failed(rewrite(op)))
        return failure();
    return success();
  }

private:
  LogicalResult rewrite(Operation *op) {
    builder.setInsertionPoint(op);
    if (auto allocation = dyn_cast<memref::AllocOp>(op)) {
      if (!addresses.contains(allocation))
        allocate(allocation);
    } else if (auto constant = dyn_cast<memref::GetGlobalOp>(op)) {
      takeConstant(constant);
    } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
      if (!addresses.contains(load.getMemRef()))
        read(load);
    } else if (isa<memref::AllocaOp>(op)) {
      return op->emitError("expected memory of the device, got a "
                           "memref.alloca on the host");
    }
    return success();
  }

  Value index(Location loc, int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }

  /// The product of all sizes, in bytes.
  Value getBytes(Location loc, MemRefType type, ValueRange dynamicSizes) {
    int64_t fixed = getElementBytes(type.getElementType());
    for (int64_t size : type.getShape())
      if (!ShapedType::isDynamic(size))
        fixed *= size;
    Value bytes = index(loc, fixed);
    for (Value size : dynamicSizes)
      bytes = arith::MulIOp::create(builder, loc, bytes, size);
    return toI64(builder, loc, bytes);
  }

  /// A row-major memref of `type` at `pointer`.
  Value makeMemref(Location loc, MemRefType type, ValueRange dynamicSizes,
                   Value pointer) {
    auto scalar = MemRefType::get({}, type.getElementType());
    LLVMTypeConverter converter(builder.getContext());
    Value descriptor = MemRefDescriptor::fromStaticShape(
        builder, loc, converter, scalar, pointer);
    Value base =
        UnrealizedConversionCastOp::create(builder, loc, scalar, descriptor)
            .getResult(0);
    SmallVector<OpFoldResult> sizes, strides(type.getRank());
    for (int64_t size : type.getShape()) {
      const bool isDynamic = ShapedType::isDynamic(size);
      sizes.push_back(isDynamic ? OpFoldResult(dynamicSizes.front())
                                : builder.getIndexAttr(size));
      dynamicSizes = dynamicSizes.drop_front(isDynamic);
    }
    OpFoldResult stride = builder.getIndexAttr(1);
    for (int64_t d = type.getRank() - 1; d >= 0; --d) {
      strides[d] = stride;
      stride = multiply(loc, stride, sizes[d]);
    }
    return memref::ReinterpretCastOp::create(
        builder, loc, type, base, OpFoldResult(builder.getIndexAttr(0)), sizes,
        strides);
  }

  OpFoldResult multiply(Location loc, OpFoldResult a, OpFoldResult b) {
    auto x = getConstantIntValue(a), y = getConstantIntValue(b);
    if (x && y)
      return builder.getIndexAttr(*x * *y);
    Value left = getValueOrCreateConstantIndexOp(builder, loc, a);
    Value right = getValueOrCreateConstantIndexOp(builder, loc, b);
    return arith::MulIOp::create(builder, loc, left, right).getResult();
  }

  void allocate(memref::AllocOp op) {
    Location loc = op.getLoc();
    Value pointer = calls.call(
        builder, loc, "attn_rt_gpu_allocate",
        getBytes(loc, op.getType(), op.getDynamicSizes()), calls.getPointer());
    op.replaceAllUsesWith(
        makeMemref(loc, op.getType(), op.getDynamicSizes(), pointer));
    op.erase();
  }

  void takeConstant(memref::GetGlobalOp op) {
    Location loc = op.getLoc();
    auto type = op.getType();
    builder.setInsertionPointAfter(op);
    Value pointer = calls.call(
        builder, loc, "attn_rt_gpu_constant",
        {getAlignedPointer(builder, loc, op), getBytes(loc, type, {})},
        calls.getPointer());
    Value copy = makeMemref(loc, type, {}, pointer);
    op.getResult().replaceUsesWithIf(copy, [](OpOperand &use) {
      return !isa<memref::ExtractAlignedPointerAsIndexOp>(use.getOwner());
    });
  }

  /// Waits for the kernels before.
  void read(memref::LoadOp op) {
    Location loc = op.getLoc();
    Type type = op.getType();
    auto parts =
        memref::ExtractStridedMetadataOp::create(builder, loc, op.getMemRef());
    Value element = parts.getOffset();
    for (auto [position, stride] :
         llvm::zip_equal(op.getIndices(), parts.getStrides()))
      element = arith::AddIOp::create(
          builder, loc, element,
          arith::MulIOp::create(builder, loc, position, stride));
    const int64_t bytes = getElementBytes(type);
    Value offset =
        toI64(builder, loc,
              arith::MulIOp::create(builder, loc, element, index(loc, bytes)));
    Value base = getAlignedPointer(builder, loc, op.getMemRef());
    Value from = LLVM::GEPOp::create(builder, loc, calls.getPointer(),
                                     builder.getI8Type(), base, offset);
    Type stored = isa<IndexType>(type) ? builder.getI64Type() : type;
    Value slot = createSlot(function, builder.getI64Type());
    calls.call(
        builder, loc, "attn_rt_gpu_read",
        {slot, from, arith::ConstantIntOp::create(builder, loc, bytes, 64)});
    Value value = LLVM::LoadOp::create(builder, loc, stored, slot);
    if (isa<IndexType>(type))
      value = arith::IndexCastOp::create(builder, loc, type, value);
    op.replaceAllUsesWith(value);
    op.erase();
  }

  func::FuncOp function;
  RuntimeCalls &calls;
  OpBuilder builder;
  DenseSet<Value> addresses;
};

struct UseDeviceMemory : attn::impl::UseDeviceMemoryBase<UseDeviceMemory> {
  void runOnOperation() override {
    RuntimeCalls calls(getOperation());
    for (func::FuncOp function : getDeviceFunctions(getOperation()))
      if (failed(DeviceMemory(function, calls).rewrite()))
        return signalPassFailure();
  }
};

} // namespace
