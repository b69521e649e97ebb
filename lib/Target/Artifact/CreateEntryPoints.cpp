//===- CreateEntryPoints.cpp - Entries that write into caller's buffers ---===//

#include "SharedInputs.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"

#include "llvm/ADT/StringSet.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CREATEENTRYPOINTS
#include "attn/Target/Artifact/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The artifact defines the function's symbol and that of its shapes: they must
/// be C names, and not those of a function that the code may call.
static LogicalResult verifySymbol(func::FuncOp function,
                                  const FunctionSignature &signature) {
  if (isFreeCName(signature.symbol))
    return success();
  if (function->hasAttr(kSymbolAttrName))
    return function.emitError()
           << "expected a C identifier in attn.symbol that C, C++ and the C "
              "library leave free, got '"
           << signature.symbol << "'";
  return function.emitError()
         << "expected a public function's name to be a C identifier that does "
            "not begin with '_' or 'attn_rt_', got '"
         << signature.name << "'";
}

/// What is made for one function is no other's.
static LogicalResult verifyNames(func::FuncOp function,
                                 const FunctionSignature &signature,
                                 ModuleOp module, llvm::StringSet<> &exported) {
  if (failed(verifySymbol(function, signature)))
    return failure();
  StringRef name = signature.name;
  for (std::string made :
       {signature.symbol, signature.getShapesSymbol(), getBodyName(name),
        getEntryName(name), getShapesName(name)}) {
    Operation *other = module.lookupSymbol(made);
    if ((other && other != function) || !exported.insert(made).second)
      return function.emitError()
             << "expected '" << made << "', which is made for '" << name
             << "', to be free, got another symbol of this name";
  }
  return success();
}

static Type getOutArgumentType(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

/// What the body is given: the inputs, but in the memory of the outputs that
/// share them, where the runtime has put them. Bufferization does not see that
/// this memory and the output's are the same: a body that still reads an input
/// when the output may be written gets a copy.
static SmallVector<Value> getInputs(OpBuilder &b, func::FuncOp entry,
                                    func::FuncOp body,
                                    const FunctionSignature &signature) {
  const unsigned count = signature.inputs.size();
  SmallVector<Value> inputs(entry.getArguments().take_front(count));
  for (auto [i, output] : llvm::enumerate(signature.outputs)) {
    if (!output.shares)
      continue;
    Value &input = inputs[*output.shares];
    auto type = cast<RankedTensorType>(input.getType());
    input = bufferization::ToTensorOp::create(
        b, entry.getLoc(), type, entry.getArgument(count + i),
        /*restrict=*/true, /*writable=*/true);
    if (!canOverwrite(body, *output.shares, i))
      input = bufferization::AllocTensorOp::create(
          b, entry.getLoc(), type, /*dynamicSizes=*/ValueRange(), input);
  }
  return inputs;
}

static void createEntry(func::FuncOp body, const FunctionSignature &signature) {
  OpBuilder builder(body);
  Location loc = body.getLoc();
  SmallVector<Type> arguments(body.getArgumentTypes());
  for (Type type : body.getResultTypes())
    arguments.push_back(getOutArgumentType(type));
  auto entry = func::FuncOp::create(builder, loc, getEntryName(signature.name),
                                    builder.getFunctionType(arguments, {}));
  entry->setAttr(kEntryAttrName,
                 getSignatureAttr(builder.getContext(), signature));
  // func-to-llvm then makes a wrapper that takes pointers to descriptors.
  entry->setAttr("llvm.emit_c_interface", builder.getUnitAttr());
  for (unsigned i = 0; i < body.getNumArguments(); ++i)
    entry.setArgAttr(i, bufferization::BufferizationDialect::kWritableAttrName,
                     builder.getBoolAttr(false));

  Block *block = entry.addEntryBlock();
  builder.setInsertionPointToStart(block);
  unsigned inputs = body.getNumArguments();
  auto call = func::CallOp::create(builder, loc, body,
                                   getInputs(builder, entry, body, signature));
  for (auto [result, out] : llvm::zip_equal(
           call.getResults(), block->getArguments().drop_front(inputs))) {
    auto write = bufferization::MaterializeInDestinationOp::create(
        builder, loc, Type(), result, out);
    write.setRestrict(true);
    write.setWritable(true);
  }
  func::ReturnOp::create(builder, loc);
}

namespace {
struct CreateEntryPoints
    : attn::impl::CreateEntryPointsBase<CreateEntryPoints> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto signatures = getSignatures(module);
    if (failed(signatures))
      return signalPassFailure();
    // All names first: making bodies gives some of them free.
    llvm::StringSet<> exported;
    for (const FunctionSignature &signature : *signatures)
      if (failed(verifyNames(module.lookupSymbol<func::FuncOp>(signature.name),
                             signature, module, exported)))
        return signalPassFailure();
    for (const FunctionSignature &signature : *signatures) {
      auto function = module.lookupSymbol<func::FuncOp>(signature.name);
      if (failed(makeBody(module, function)))
        return signalPassFailure();
      createEntry(function, signature);
    }
  }

  /// The function itself becomes private: only entries are called from outside.
  LogicalResult makeBody(ModuleOp module, func::FuncOp function) {
    StringAttr bodyName =
        StringAttr::get(&getContext(), getBodyName(function.getName()));
    if (failed(SymbolTable::replaceAllSymbolUses(function.getOperation(),
                                                 bodyName, module)))
      return function.emitError() << "expected uses of '" << function.getName()
                                  << "' that can be renamed";
    SymbolTable::setSymbolName(function, bodyName);
    function->removeAttr(kSymbolAttrName);
    function.setPrivate();
    return success();
  }
};
} // namespace
