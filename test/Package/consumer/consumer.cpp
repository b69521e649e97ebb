//===- consumer.cpp - One pass of attn-mlir in somebody else's pipeline ---===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static LogicalResult run(const char *path) {
  DialectRegistry registry;
  registry.insert<attn::AttnDialect, func::FuncDialect>();
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return failure();

  PassManager manager(&context);
  manager.addPass(createCSEPass());
  manager.addPass(attn::createConvertAttnToLinalg());
  manager.addPass(createCanonicalizerPass());
  if (failed(manager.run(*module)))
    return failure();
  module->print(llvm::outs());
  return success();
}

int main(int argc, char **argv) {
  return argc == 2 && succeeded(run(argv[1])) ? 0 : 1;
}
