//===- attn-agree.cpp - Functions, interpreted and compiled ---------------===//
//===----------------------------------------------------------------------===//
//
// Runs each public function of a file on the inputs that its attributes
// `inputs`, `inputs1`, ... hold: by the oracle, compiled, and compiled plainly.
// All three must give the same results, or all must refuse. Prints which, with
// the compiled code's message, a line for each.
//
//===----------------------------------------------------------------------===//

#include "FunctionInputs.h"

#include "attn/Driver/Driver.h"
#include "attn/InitAll.h"
#include "attn/Interpreter/Interpreter.h"
#include "attn/Reference/Compare.h"
#include "attn/Run/Artifact.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace mlir::attn;
using Tensors = std::vector<::attn::Tensor>;

/// The artifact of `module`, compiled as `options` say.
static std::optional<LoadedArtifact> compile(ModuleOp module,
                                             const CompileOptions &options) {
  SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("attn-agree", "so", path))
    return std::nullopt;
  OwningOpRef<ModuleOp> copy = module.clone();
  if (failed(compileToSharedLibrary(*copy, path.str().str(), options)))
    return std::nullopt;
  auto artifact = LoadedArtifact::load(path.str().str());
  llvm::sys::fs::remove(path);
  if (!artifact) {
    llvm::errs() << artifact.message() << "\n";
    return std::nullopt;
  }
  return std::move(*artifact);
}

/// What the compiled function did, compared with the oracle.
static std::string runCompiled(const LoadedArtifact &artifact, StringRef name,
                               const Tensors &inputs,
                               const FailureOr<Tensors> &expected) {
  auto function = artifact.function(name.str());
  if (!function)
    return function.message();
  auto actual = function->run(inputs);
  if (!actual)
    return (failed(expected) ? "refused: " : "REFUSED BY IT ALONE: ") +
           actual.message();
  if (failed(expected))
    return "REFUSED BY THE ORACLE ALONE";
  for (auto [result, wanted] : llvm::zip_equal(*actual, *expected))
    if (!::attn::compare(result, wanted).agree)
      return "OTHER NUMBERS";
  return "agrees";
}

static bool runFunction(func::FuncOp function, const LoadedArtifact &tiled,
                        const LoadedArtifact &plain) {
  bool agrees = true;
  for (const Tensors &inputs : readAllInputs(function)) {
    FailureOr<Tensors> expected = interpret(function, inputs);
    llvm::outs() << function.getName();
    for (const LoadedArtifact *artifact : {&tiled, &plain}) {
      std::string outcome =
          runCompiled(*artifact, function.getName(), inputs, expected);
      agrees &= StringRef(outcome).starts_with("agrees") ||
                StringRef(outcome).starts_with("refused");
      llvm::outs() << (artifact == &tiled ? ": " : "; plain: ") << outcome;
    }
    llvm::outs() << "\n";
    llvm::outs().flush();
  }
  return agrees;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::opt<std::string> path(llvm::cl::Positional, llvm::cl::Required,
                                  llvm::cl::desc("FILE.mlir"));
  llvm::cl::ParseCommandLineOptions(argc, argv);
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error &&
        !StringRef(diagnostic.str()).contains("failed: "))
      llvm::errs() << diagnostic.str() << "\n";
    return success();
  });
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return 1;
  CompileOptions options;
  std::optional<LoadedArtifact> tiled = compile(*module, options);
  options.plain = true;
  std::optional<LoadedArtifact> plain = compile(*module, options);
  if (!tiled || !plain)
    return 1;
  bool agrees = true;
  for (auto function : module->getOps<func::FuncOp>())
    if (!function.isPrivate())
      agrees &= runFunction(function, *tiled, *plain);
  return agrees ? 0 : 1;
}
