//===- Kernels.cpp - Our own kernels as machine code ----------------------===//

#include "Kernels.h"

#include "attn/Files/TemporaryFolder.h"
#include "attn/Files/WriteFile.h"
#include "attn/Target/Artifact/Artifact.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <dlfcn.h>

namespace mlir::attn::bench {

using ::attn::fail;

static LogicalResult lower(ModuleOp module) {
  PassManager manager(module->getContext());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  return manager.run(module);
}

::attn::Result<KernelLibrary>
KernelLibrary::compile(const std::string &text, llvm::TargetMachine &machine) {
  DialectRegistry registry;
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
              LLVM::LLVMDialect, scf::SCFDialect, vector::VectorDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message += (message.empty() ? "" : "; ") + diagnostic.str();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  SmallVector<char, 0> object;
  llvm::raw_svector_ostream os(object);
  if (!module || failed(lower(*module)) ||
      failed(emitCode(*module, machine, CodeKind::Object, os)))
    return fail("measuring kernels: ", message);
  auto folder = TemporaryFolder::create("attn-bench");
  if (!folder)
    return fail(llvm::toString(folder.takeError()));
  const std::string path = folder->file("kernels.so");
  auto linked = linkSharedLibrary(StringRef(object.data(), object.size()));
  if (!linked)
    return fail("measuring kernels: ", llvm::toString(linked.takeError()));
  if (llvm::Error error = writeFile(path, *linked))
    return fail("measuring kernels: ", llvm::toString(std::move(error)));
  KernelLibrary result;
  // The file may go: a library that is open stays.
  result.library.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!result.library)
    return fail("expected measuring kernels that load, got: ", dlerror());
  return result;
}

void *KernelLibrary::lookup(const char *name) const {
  return dlsym(library.get(), name);
}

void KernelLibrary::Close::operator()(void *library) const { dlclose(library); }

} // namespace mlir::attn::bench
