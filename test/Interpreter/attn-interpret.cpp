//===- attn-interpret.cpp - Functions, interpreted alone ------------------===//
//===----------------------------------------------------------------------===//
//
// Interprets each public function of each piece (cut at `// -----`) of a file,
// on the inputs that its attribute `inputs` holds, and expects the errors that
// the text names (`expected-error`). attn-run cannot show them: compiled code
// finds what is wrong first.
//
//===----------------------------------------------------------------------===//

#include "FunctionInputs.h"

#include "attn/InitAll.h"
#include "attn/Interpreter/Interpreter.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Support/ToolUtilities.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using mlir::attn::readInputs;
using Tensors = std::vector<::attn::Tensor>;

/// Says which functions gave results: the others must name their error.
static void interpretAll(ModuleOp module, raw_ostream &os) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isPrivate())
      continue;
    FailureOr<Tensors> results =
        mlir::attn::interpret(function, readInputs(function, "inputs"));
    if (failed(results))
      continue;
    os << function.getName() << ":";
    for (const ::attn::Tensor &result : *results)
      os << " " << result.typeString();
    os << "\n";
  }
}

int main(int argc, char **argv) {
  llvm::cl::opt<std::string> path(llvm::cl::Positional, llvm::cl::Required,
                                  llvm::cl::desc("FILE.mlir"));
  llvm::cl::ParseCommandLineOptions(argc, argv);
  auto file = openInputFile(path);
  if (!file)
    return 1;
  DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  auto process = [&](std::unique_ptr<llvm::MemoryBuffer> piece,
                     raw_ostream &os) -> LogicalResult {
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(std::move(piece), SMLoc());
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    context.printOpOnDiagnostic(false);
    SourceMgrDiagnosticVerifierHandler handler(sources, &context);
    if (auto module = parseSourceFile<ModuleOp>(sources, &context))
      interpretAll(*module, os);
    return handler.verify();
  };
  return failed(splitAndProcessBuffer(std::move(file), process, llvm::outs()));
}
