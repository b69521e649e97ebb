//===- RuntimeCalls.cpp - What code asks the runtime ----------------------===//
#include "attn/Dialect/Attn/Utils/RuntimeCalls.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

Value attn::callRuntime(OpBuilder &builder, Location loc, StringRef name,
                        Type result) {
  auto module =
      builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function) {
    auto before = OpBuilder::atBlockBegin(module.getBody());
    function = func::FuncOp::create(before, module.getLoc(), name,
                                    builder.getFunctionType({}, result));
    function.setPrivate();
  }
  return func::CallOp::create(builder, loc, function).getResult(0);
}
