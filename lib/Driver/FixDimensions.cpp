//===- FixDimensions.cpp - Sizes for symbolic dimensions ------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Driver/Driver.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::attn;

/// The type of a tensor whose dimensions named in `sizes` are fixed; names that
/// were found are added to `used`.
static RankedTensorType fix(RankedTensorType type,
                            const TensorSignature &signature,
                            const llvm::StringMap<int64_t> &sizes,
                            llvm::StringSet<> &used) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [size, dimension] : llvm::zip_equal(shape, signature.shape)) {
    auto it = sizes.find(dimension.name);
    if (it == sizes.end())
      continue;
    if (dimension.isDynamic())
      size = it->second;
    if (size == it->second)
      used.insert(it->first());
  }
  return type.clone(shape);
}

/// Arguments get their static types and are cast back for the body, where
/// canonicalization carries the sizes on.
static void fixArguments(func::FuncOp function,
                         const FunctionSignature &signature,
                         const llvm::StringMap<int64_t> &sizes,
                         llvm::StringSet<> &used) {
  OpBuilder builder = OpBuilder::atBlockBegin(&function.front());
  for (auto [argument, input] :
       llvm::zip_equal(function.getArguments(), signature.inputs)) {
    auto type = cast<RankedTensorType>(argument.getType());
    RankedTensorType fixed = fix(type, input, sizes, used);
    if (fixed == type)
      continue;
    argument.setType(fixed);
    auto back =
        tensor::CastOp::create(builder, argument.getLoc(), type, argument);
    argument.replaceAllUsesExcept(back, back);
  }
}

static void fixResults(func::FuncOp function,
                       const FunctionSignature &signature,
                       const llvm::StringMap<int64_t> &sizes,
                       llvm::StringSet<> &used) {
  SmallVector<Type> types;
  for (auto [type, output] :
       llvm::zip_equal(function.getResultTypes(), signature.outputs))
    types.push_back(fix(cast<RankedTensorType>(type), output, sizes, used));
  function.walk([&](func::ReturnOp op) {
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands()) {
      Type type = types[operand.getOperandNumber()];
      if (operand.get().getType() != type)
        operand.set(
            tensor::CastOp::create(builder, op.getLoc(), type, operand.get()));
    }
  });
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.front().getArgumentTypes(), types));
}

static LogicalResult verifyAllUsed(ModuleOp module,
                                   const llvm::StringMap<int64_t> &sizes,
                                   const llvm::StringSet<> &used,
                                   ArrayRef<FunctionSignature> signatures) {
  for (const auto &entry : sizes) {
    if (used.contains(entry.first()))
      continue;
    llvm::SetVector<StringRef> known;
    for (const FunctionSignature &signature : signatures)
      for (const TensorSignature &input : signature.inputs)
        for (const Dimension &dimension : input.shape)
          if (dimension.isDynamic())
            known.insert(dimension.name);
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << "expected the name of a dynamic dimension in --dim ("
           << (known.empty() ? std::string("there is none")
                             : llvm::join(known, ", "))
           << "), got '" << entry.first() << "'";
  }
  return success();
}

LogicalResult
attn::fixDimensions(ModuleOp module,
                    ArrayRef<std::pair<std::string, int64_t>> dimensions) {
  if (dimensions.empty())
    return success();
  llvm::StringMap<int64_t> sizes;
  for (const auto &[name, size] : dimensions) {
    if (size < 0)
      return mlir::emitError(UnknownLoc::get(module.getContext()))
             << "expected a size of at least 0 for dimension '" << name
             << "', got " << size;
    sizes[name] = size;
  }
  auto signatures = getSignatures(module);
  if (failed(signatures))
    return failure();
  // The casts below are of a dialect that the module need not have used.
  module->getContext()->getOrLoadDialect<tensor::TensorDialect>();
  llvm::StringSet<> used;
  for (const FunctionSignature &signature : *signatures) {
    auto function = module.lookupSymbol<func::FuncOp>(signature.name);
    if (!SymbolTable::symbolKnownUseEmpty(function, module))
      return function.emitError()
             << "expected a function that no other one calls, for --dim";
    fixArguments(function, signature, sizes, used);
    fixResults(function, signature, sizes, used);
  }
  if (failed(verifyAllUsed(module, sizes, used, *signatures)))
    return failure();
  PassManager manager(module->getContext());
  manager.addPass(createDefineOps());
  manager.addPass(createCanonicalizerPass());
  return manager.run(module);
}
