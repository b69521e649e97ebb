//===- attn-compile.cpp - Model in, artifact out --------------------------===//

#include "attn/Driver/CommandLine.h"
#include "attn/Driver/Messages.h"
#include "attn/Files/StandardOutput.h"
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
          clEnumValN(Stage::LLVM, "llvm", "the LLVM dialect")),
      cl::cat(category)};
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
  case Emit::Cubin:
    return given.fail(
        "expected --emit=mlir, ll, s, o or so: code for GPUs is not "
        "built in yet");
  case Emit::FromSuffix:
    break;
  }
  return given.fail(
      "expected --emit, or a name for -o that ends in .mlir, .ll, .s, "
      ".o or .so, got '" +
      given.outputPath + "'");
}

static LogicalResult run(const Options &given) {
  auto options = given.getCompileOptions();
  if (failed(options))
    return failure();
  if (given.printTarget)
    return given.describeTarget(*options);
  if (given.inputPath.empty())
    return given.fail("expected a model, got none");
  if (given.outputPath.empty())
    return given.fail("expected -o OUT, got none");
  auto output = getOutput(given);
  if (failed(output))
    return failure();
  DialectRegistry registry;
  attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  DiagnosticPrinter printer("attn-compile", &context);
  auto module =
      loadModel(given.inputPath, &context, *options, &printer.getSources());
  if (failed(module))
    return failure();
  return compileToFile(**module, given.outputPath, *output, given.stage,
                       *options);
}

int main(int argc, char **argv) {
  checkStandardOutput("attn-compile");
  reportFatalErrors("attn-compile");
  Options options("attn-compile", "Compiles a model to a shared library");
  return failed(options.parse(argc, argv)) || failed(run(options));
}
