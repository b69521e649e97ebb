//===- compiler.cpp - The pipelines of attn-mlir in somebody else's tool --===//

#include "attn/InitAllDialects.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/X86/TargetOptions.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static LogicalResult run(const char *path) {
  attn::TargetOptions options;
  options.cpu = "x86-64-v3";
  auto machine = attn::createTargetMachine(options);
  if (!machine) {
    llvm::errs() << llvm::toString(machine.takeError()) << "\n";
    return failure();
  }

  DialectRegistry registry;
  attn::registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return failure();
  attn::setTarget(*module, attn::getTargetAttr(&context, **machine, options));

  PassManager manager(&context);
  attn::buildTilePipeline(manager);
  attn::buildBufferizePipeline(manager, attn::BufferizeOptions());
  attn::buildCPUPipeline(manager);
  if (failed(manager.run(*module)))
    return failure();
  module->print(llvm::outs());
  return success();
}

int main(int argc, char **argv) {
  return argc == 2 && succeeded(run(argv[1])) ? 0 : 1;
}
