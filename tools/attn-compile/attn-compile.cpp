//===- attn-compile.cpp - Model in, artifact out --------------------------===//

#include "attn/Driver/CommandLine.h"
#include "attn/Driver/Explain.h"
#include "attn/Driver/Messages.h"
#include "attn/Files/StandardOutput.h"
#include "attn/Files/WriteFile.h"
#include "attn/Import/ONNX/Import.h"
#include "attn/InitAll.h"

#include "mlir/IR/MLIRContext.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

enum class Emit {
  FromSuffix,
  MLIR,
  LLVMIR,
  Assembly,
  Object,
  SharedLibrary,
  PTX,
  Cubin
};

struct Options : CompileCommandLine {
  using CompileCommandLine::CompileCommandLine;

  cl::opt<std::string> inputPath{
      cl::Positional, cl::desc("MODEL.{mlir,mlirbc,onnx}"), cl::cat(category)};
  cl::opt<std::string> outputPath{
      "o", cl::desc("What to write; - is standard output"),
      cl::value_desc("OUT"), cl::cat(category)};
  cl::opt<std::string> parameters{
      "parameters",
      cl::desc("Put the weights of a shared library into a file of their own, "
               "which is mapped when it is loaded"),
      cl::value_desc("FILE"), cl::cat(category)};
  cl::opt<Emit> emitKind{
      "emit", cl::desc("What is written (default: by OUT's suffix)"),
      cl::init(Emit::FromSuffix),
      cl::values(clEnumValN(Emit::MLIR, "mlir", "MLIR, at --stage"),
                 clEnumValN(Emit::LLVMIR, "ll", "LLVM IR"),
                 clEnumValN(Emit::Assembly, "s", "assembly"),
                 clEnumValN(Emit::Object, "o", "an object file"),
                 clEnumValN(Emit::SharedLibrary, "so",
                            "a shared library, with OUT.h and OUT.json"),
                 clEnumValN(Emit::PTX, "ptx", "PTX"),
                 clEnumValN(Emit::Cubin, "cubin", "a CUDA binary")),
      cl::cat(category)};
  cl::opt<Stage> stage{
      "stage", cl::desc("How far MLIR is taken (default: import)"),
      cl::init(Stage::Import),
      cl::values(
          clEnumValN(Stage::Import, "import", "as read"),
          clEnumValN(Stage::Optimized, "optimized", "fused, simplified"),
          clEnumValN(Stage::Tiled, "tiled", "loops over tiles of tensors"),
          clEnumValN(Stage::Bufferized, "bufferized", "on memrefs"),
          clEnumValN(Stage::CPU, "cpu", "attention as vector code"),
          clEnumValN(Stage::GPU, "gpu", "loops as kernels"),
          clEnumValN(Stage::LLVM, "llvm", "the LLVM dialect")),
      cl::cat(category)};
  cl::opt<std::string> explain{
      "explain",
      cl::desc(
          "Print the attentions found, their masks and modifiers, and what "
          "stopped a near miss; to FILE.json as JSON. -o is then optional"),
      cl::value_desc("FILE.json"), cl::ValueOptional, cl::cat(category)};
  cl::opt<std::string> picture{
      "picture", cl::desc("Draw the tiles of the masks (with fixed lengths)"),
      cl::value_desc("FILE.png"), cl::cat(category)};

  cl::opt<bool> listsOperators{
      "list-operators",
      cl::desc(
          "Print the ONNX operators that can be read, and do nothing else"),
      cl::cat(category)};

  bool explains() const {
    return explain.getNumOccurrences() || picture.getNumOccurrences();
  }
};

} // namespace

static Emit getEmit(const Options &given) {
  if (given.emitKind != Emit::FromSuffix)
    return given.emitKind;
  return llvm::StringSwitch<Emit>(llvm::sys::path::extension(given.outputPath))
      .Case(".mlir", Emit::MLIR)
      .Case(".ll", Emit::LLVMIR)
      .Case(".s", Emit::Assembly)
      .Case(".o", Emit::Object)
      .Case(".so", Emit::SharedLibrary)
      .Case(".ptx", Emit::PTX)
      .Case(".cubin", Emit::Cubin)
      .Default(Emit::FromSuffix);
}

static FailureOr<Output> getOutput(const Options &given) {
  switch (getEmit(given)) {
  case Emit::MLIR:
    return Output::MLIR;
  case Emit::LLVMIR:
    return Output::LLVMIR;
  case Emit::Assembly:
    return Output::Assembly;
  case Emit::Object:
    return Output::Object;
  case Emit::SharedLibrary:
    if (given.outputPath == "-")
      return given.fail("expected a file name for a shared library, got '-'");
    return Output::SharedLibrary;
  case Emit::PTX:
    if (given.target != Options::Target::CUDA)
      return given.fail("expected --target=cuda with --emit=ptx, got "
                        "--target=cpu");
    return Output::PTX;
  case Emit::Cubin:
    if (given.target != Options::Target::CUDA)
      return given.fail("expected --target=cuda with --emit=cubin, got "
                        "--target=cpu");
    return Output::Cubin;
  case Emit::FromSuffix:
    break;
  }
  return given.fail(
      "expected --emit, or a name for -o that ends in .mlir, .ll, .s, "
      ".o, .so, .ptx or .cubin, got '" +
      given.outputPath + "'");
}

static LogicalResult writeExplanation(const Options &given,
                                      const Explanation &explanation) {
  const std::string &path = given.explain;
  if (path.empty()) {
    print(llvm::outs(), explanation);
    return success();
  }
  if (llvm::Error error = writeFile(path, formatJSON(explanation)))
    return given.fail(llvm::toString(std::move(error)));
  return success();
}

/// Of a copy: the model is compiled from what was read.
static LogicalResult explain(const Options &given, ModuleOp module,
                             const CompileOptions &options) {
  OwningOpRef<ModuleOp> copy = module.clone();
  auto explanation = mlir::attn::explain(*copy, options);
  if (failed(explanation))
    return failure();
  if (given.explain.getNumOccurrences() &&
      failed(writeExplanation(given, *explanation)))
    return failure();
  if (!given.picture.getNumOccurrences())
    return success();
  int64_t leftOut;
  if (failed(drawMasks(*copy, given.picture, leftOut)))
    return failure();
  if (leftOut)
    llvm::errs() << "attn-compile: warning: " << leftOut
                 << " attentions are not drawn: their lengths or offsets are "
                    "no numbers (--dim NAME=N)\n";
  return success();
}

static LogicalResult run(const Options &given) {
  auto options = given.getCompileOptions();
  if (failed(options))
    return failure();
  if (given.printsTarget)
    return given.printTarget(*options);
  if (given.listsOperators) {
    printImportedOperators(llvm::outs());
    return success();
  }
  if (given.inputPath.empty())
    return given.fail("expected a model, got none");
  if (!hasStage(*options, given.stage))
    return given.fail("expected a --stage of this --target, got that of "
                      "another");
  const bool compiles = !given.outputPath.empty();
  if (!compiles && !given.explains())
    return given.fail("expected -o OUT, got none");
  auto output = compiles ? getOutput(given) : Output::MLIR;
  if (failed(output))
    return failure();
  if (*output == Output::Cubin && options->ptxas.empty())
    return given.fail("expected ptxas by --ptxas, in bin of CUDA_HOME, "
                      "CUDA_PATH or CUDA_ROOT, or on the PATH for a cubin, "
                      "got none");
  if (given.parameters.getNumOccurrences()) {
    if (*output != Output::SharedLibrary || given.parameters.empty())
      return given.fail("expected a shared library and a file name for "
                        "--parameters, got '" +
                        given.outputPath + "' and '" + given.parameters + "'");
    options->parameters = given.parameters;
  }
  DialectRegistry registry;
  attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  DiagnosticPrinter printer("attn-compile", &context);
  auto module =
      loadModel(given.inputPath, &context, *options, &printer.getSources());
  if (failed(module) ||
      (given.explains() && failed(explain(given, **module, *options))))
    return failure();
  if (!compiles)
    return success();
  return compileToFile(**module, given.outputPath, *output, given.stage,
                       *options);
}

int main(int argc, char **argv) {
  checkStandardOutput("attn-compile");
  reportFatalErrors("attn-compile");
  Options options("attn-compile", "Compiles a model to a shared library");
  return failed(options.parse(argc, argv)) || failed(run(options));
}
