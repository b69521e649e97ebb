//===- NameEntries.cpp - What a model's functions are called in C ---------===//

#include "attn/Driver/Driver.h"
#include "attn/Target/Artifact/Signature.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;

static SmallVector<func::FuncOp> getPublicFunctions(ModuleOp module) {
  SmallVector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isExternal())
      functions.push_back(function);
  return functions;
}

static void setSymbol(func::FuncOp function, const Twine &symbol) {
  function->setAttr(kSymbolAttrName,
                    StringAttr::get(function.getContext(), symbol));
}

/// Every ONNX model's function is `main`: two of them in one program would be
/// one for the linker.
static void nameAfterFile(ArrayRef<func::FuncOp> functions, StringRef path) {
  for (func::FuncOp function : functions)
    if (function.getName() == "main" && !function->hasAttr(kSymbolAttrName))
      setSymbol(function, makeCName(llvm::sys::path::stem(path)));
}

LogicalResult attn::nameEntries(ModuleOp module, StringRef path,
                                StringRef entry) {
  SmallVector<func::FuncOp> functions = getPublicFunctions(module);
  if (entry.empty()) {
    nameAfterFile(functions, path);
    return success();
  }
  if (!isFreeCName(entry))
    return mlir::emitError(UnknownLoc::get(module.getContext()))
           << "expected a C identifier in --entry that C, C++ and the C "
              "library leave free, got '"
           << entry << "'";
  for (func::FuncOp function : functions)
    if (functions.size() == 1 || function.getName() == "main")
      setSymbol(function, entry);
    else
      setSymbol(function, entry + "_" + function.getName());
  return success();
}
