//===- HostCode.h - The host's side of a module for GPUs --------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_HOSTCODE_H
#define ATTN_LIB_TARGET_GPU_HOSTCODE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

/// The module of the kernels, and the attribute that numbers each.
inline constexpr StringLiteral kKernelsName = "attn_kernels";
inline constexpr StringLiteral kKernelAttr = "attn.kernel";
/// On that module: what the checks of the kernels say, by their numbers.
inline constexpr StringLiteral kMessagesAttr = "attn.messages";

/// Functions whose memrefs lie on the device: all but shape functions, which
/// compute on sizes, and upstream's `dealloc_helper`, which compares addresses.
SmallVector<func::FuncOp> getDeviceFunctions(ModuleOp module);

/// Buffers of addresses that a device function hands to `dealloc_helper`.
DenseSet<Value> getAddressBuffers(func::FuncOp function);

/// Bytes of one element in memory.
int64_t getElementBytes(Type type);

/// Makes calls of the runtime, which it declares.
class RuntimeCalls {
public:
  explicit RuntimeCalls(ModuleOp module)
      : module(module),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  /// The call's result; null without a `result` type.
  Value call(OpBuilder &builder, Location loc, StringRef name,
             ValueRange arguments, Type result = {});
  Type getPointer() const { return pointer; }

private:
  ModuleOp module;
  Type pointer;
};

/// The address of the first element, without the offset.
Value getAlignedPointer(OpBuilder &builder, Location loc, Value memref);
Value toI64(OpBuilder &builder, Location loc, Value index);
/// Room for `count` values of `type` on the stack, which a loop does not grow.
Value createSlot(func::FuncOp function, Type type, int64_t count = 1);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_HOSTCODE_H
