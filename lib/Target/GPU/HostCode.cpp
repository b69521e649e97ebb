//===- HostCode.cpp - The host's side of a module for GPUs ----------------===//

#include "HostCode.h"

#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr StringLiteral kDeallocHelper = "dealloc_helper";

SmallVector<func::FuncOp> attn::getDeviceFunctions(ModuleOp module) {
  llvm::StringSet<> others = {kDeallocHelper};
  for (auto function : module.getOps<func::FuncOp>())
    if (auto attr = function->getAttrOfType<DictionaryAttr>(kEntryAttrName))
      others.insert(getShapesName(getSignature(attr).name));
  SmallVector<func::FuncOp> found;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal() && !others.contains(function.getName()))
      found.push_back(function);
  return found;
}

DenseSet<Value> attn::getAddressBuffers(func::FuncOp function) {
  DenseSet<Value> buffers;
  function.walk([&](func::CallOp call) {
    if (call.getCallee() != kDeallocHelper)
      return;
    for (Value operand : call.getOperands()) {
      buffers.insert(operand);
      while (auto cast = operand.getDefiningOp<memref::CastOp>())
        buffers.insert(operand = cast.getSource());
    }
  });
  return buffers;
}

int64_t attn::getElementBytes(Type type) {
  if (!type.isIntOrFloat())
    return 8; // index
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

Value RuntimeCalls::call(OpBuilder &builder, Location loc, StringRef name,
                         ValueRange arguments, Type result) {
  if (!result)
    result = LLVM::LLVMVoidType::get(builder.getContext());
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    function = LLVM::LLVMFuncOp::create(
        builder, module.getLoc(), name,
        LLVM::LLVMFunctionType::get(result,
                                    llvm::to_vector(arguments.getTypes())));
  }
  auto call = LLVM::CallOp::create(builder, loc, function, arguments);
  return call.getNumResults() ? call.getResult() : Value();
}

Value attn::toI64(OpBuilder &builder, Location loc, Value index) {
  return arith::IndexCastOp::create(builder, loc, builder.getI64Type(), index);
}

Value attn::getAlignedPointer(OpBuilder &builder, Location loc, Value memref) {
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memref);
  return LLVM::IntToPtrOp::create(
      builder, loc, LLVM::LLVMPointerType::get(builder.getContext()),
      toI64(builder, loc, address));
}

Value attn::createSlot(func::FuncOp function, Type type, int64_t count) {
  OpBuilder builder(function.getBody());
  Location loc = function.getLoc();
  Value size = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(),
                                        builder.getI64IntegerAttr(count));
  return LLVM::AllocaOp::create(
      builder, loc, LLVM::LLVMPointerType::get(builder.getContext()), type,
      size, /*alignment=*/8);
}
