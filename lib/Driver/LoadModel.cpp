//===- LoadModel.cpp - A model file to a module ---------------------------===//

#include "attn/Driver/Driver.h"
#include "attn/Target/Signature.h"

#include "mlir/Parser/Parser.h"

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

FailureOr<OwningOpRef<ModuleOp>> attn::loadModel(StringRef path,
                                                 MLIRContext *context,
                                                 const CompileOptions &options,
                                                 llvm::SourceMgr *sourceMgr) {
  auto module = parseMLIR(path, context, sourceMgr);
  if (failed(module) || failed(fixDimensions(**module, options.dimensions)))
    return failure();
  return module;
}
