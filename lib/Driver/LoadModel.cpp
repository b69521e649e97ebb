//===- LoadModel.cpp - A model file to a module ---------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Driver/Driver.h"
#include "attn/Import/ONNX/Import.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::attn;

static InFlightDiagnostic emitError(MLIRContext *context) {
  return mlir::emitError(UnknownLoc::get(context));
}

static FailureOr<OwningOpRef<ModuleOp>>
parseMLIR(StringRef path, MLIRContext *context, llvm::SourceMgr *sourceMgr) {
  auto file = llvm::MemoryBuffer::getFileOrSTDIN(path);
  if (!file)
    return emitError(context) << "expected a model at '" << path
                              << "', got: " << file.getError().message();
  llvm::SourceMgr own;
  llvm::SourceMgr &sources = sourceMgr ? *sourceMgr : own;
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(
      sources, ParserConfig(context, /*verifyAfterParse=*/true));
  if (!module)
    return failure();
  return module;
}

using Dimensions = decltype(CompileOptions::dimensions);

/// The importer fixes the dimensions that it knows, so that shape arithmetic
/// folds, and takes them from `dimensions`.
static FailureOr<OwningOpRef<ModuleOp>>
readONNX(StringRef path, MLIRContext *context, Dimensions &dimensions) {
  ImportOptions import;
  llvm::StringSet<> found;
  import.found = &found;
  for (const auto &[name, size] : dimensions)
    if (size >= 0)
      import.dims[name] = size;
  OwningOpRef<ModuleOp> module = importONNX(path, *context, import);
  if (!module || failed(verify(*module)))
    return failure();
  llvm::erase_if(dimensions, [&](const auto &dimension) {
    return found.contains(dimension.first);
  });
  return module;
}

static LogicalResult useStaticCaches(ModuleOp module) {
  PassManager manager(module->getContext());
  manager.addPass(createUseStaticCaches());
  manager.addPass(createCanonicalizerPass());
  return manager.run(module);
}

FailureOr<OwningOpRef<ModuleOp>> attn::loadModel(StringRef path,
                                                 MLIRContext *context,
                                                 const CompileOptions &options,
                                                 llvm::SourceMgr *sourceMgr) {
  bool isONNX = llvm::sys::path::extension(path) == ".onnx";
  Dimensions dimensions = options.dimensions;
  auto module = isONNX ? readONNX(path, context, dimensions)
                       : parseMLIR(path, context, sourceMgr);
  if (failed(module) ||
      (options.staticCaches && failed(useStaticCaches(**module))) ||
      failed(fixDimensions(**module, dimensions)) ||
      failed(nameEntries(**module, path, options.entry)))
    return failure();
  return module;
}
