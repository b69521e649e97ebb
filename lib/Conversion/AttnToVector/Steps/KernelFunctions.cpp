//===- KernelFunctions.cpp - Functions that kernels share -----------------===//
#include "Steps/KernelFunctions.h"
#include "attn/Dialect/Attn/IR/AttnVectorCode.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;

static bool isConstant(Value value) {
  return value.getDefiningOp<arith::ConstantOp>() != nullptr;
}

/// Makes `region`, which is in no op yet, read arguments instead of `inputs`.
static void closeOver(Region &region, const SetVector<Value> &inputs) {
  Block &block = region.front();
  OpBuilder builder = OpBuilder::atBlockBegin(&block);
  auto isInside = [&](OpOperand &use) {
    return region.isAncestor(use.getOwner()->getParentRegion());
  };
  for (Value input : inputs) {
    Value inner;
    if (isConstant(input))
      inner = builder.clone(*input.getDefiningOp())->getResult(0);
    else
      inner = block.addArgument(input.getType(), input.getLoc());
    input.replaceUsesWithIf(inner, isInside);
  }
}

/// Inlined, each would be compiled again for each of its callers. It is vector
/// code already, which LLVM's optimizer may know (Emit.cpp).
static void makePrivate(func::FuncOp function) {
  function.setPrivate();
  function->setAttr("passthrough", Builder(function).getStrArrayAttr(
                                       {"noinline", kVectorCode}));
}

func::CallOp KernelFunctions::outline(scf::ExecuteRegionOp code,
                                      StringRef name) {
  SetVector<Value> inputs;
  getUsedValuesDefinedAbove(code.getRegion(), inputs);
  SmallVector<Value> arguments;
  llvm::copy_if(inputs, std::back_inserter(arguments),
                [](Value value) { return !isConstant(value); });
  OpBuilder builder(code);
  auto function = func::FuncOp::create(
      code.getLoc(), name,
      builder.getFunctionType(ValueRange(arguments).getTypes(),
                              code.getResultTypes()));
  makePrivate(function);
  function.getBody().takeBody(code.getRegion());
  closeOver(function.getBody(), inputs);
  Operation *yield = function.front().getTerminator();
  OpBuilder end(yield);
  func::ReturnOp::create(end, yield->getLoc(), yield->getOperands());
  yield->erase();
  function = findOrInsert(function);
  auto call = func::CallOp::create(builder, code.getLoc(), function, arguments);
  code.replaceAllUsesWith(call);
  code.erase();
  return call;
}

func::FuncOp KernelFunctions::findOrInsert(func::FuncOp function) {
  SmallVector<func::FuncOp> &candidates = known[function.getFunctionType()];
  for (func::FuncOp other : candidates)
    if (OperationEquivalence::isRegionEquivalentTo(
            &other.getBody(), &function.getBody(),
            OperationEquivalence::IgnoreLocations)) {
      function.erase();
      return other;
    }
  symbols.insert(function);
  candidates.push_back(function);
  return function;
}

func::FuncOp KernelFunctions::getOrInsert(
    Location loc, StringRef name, FunctionType type,
    function_ref<void(func::FuncOp, Operation *end)> build) {
  func::FuncOp &function = named[name];
  if (function)
    return function;
  function = func::FuncOp::create(loc, name, type);
  makePrivate(function);
  auto builder = OpBuilder::atBlockEnd(function.addEntryBlock());
  auto end = func::ReturnOp::create(builder, loc);
  symbols.insert(function);
  func::FuncOp result = function; // `build` may insert others
  build(result, end);
  return result;
}
