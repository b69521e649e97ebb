//===- attn-compile.cpp - Model in, artifact out --------------------------===//

#include "attn/Driver/Driver.h"
#include "attn/InitAll.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;
namespace cl = llvm::cl;

namespace {

enum class Target { CPU, CUDA };
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

/// The command line. Not static: LLVM's shared library brings a `--stats` of
/// its own, which has to go first.
struct Options {
  cl::OptionCategory category{"attn-compile options"};

  cl::opt<std::string> inputPath{cl::Positional, cl::Required,
                                 cl::desc("MODEL.{mlir,mlirbc,onnx}"),
                                 cl::cat(category)};
  cl::opt<std::string> outputPath{
      "o", cl::Required, cl::desc("What to write; - is standard output"),
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
          clEnumValN(Stage::LLVM, "llvm", "the LLVM dialect")),
      cl::cat(category)};
  cl::opt<Target> target{"target", cl::desc("Where it runs (default: cpu)"),
                         cl::init(Target::CPU),
                         cl::values(clEnumValN(Target::CPU, "cpu", "this CPU"),
                                    clEnumValN(Target::CUDA, "cuda", "a GPU")),
                         cl::cat(category)};
  cl::opt<std::string> cpu{"mcpu", cl::desc("native, or a CPU's name"),
                           cl::init("native"), cl::value_desc("NAME"),
                           cl::cat(category)};
  cl::opt<std::string> features{"mattr", cl::desc("+feature,-feature,…"),
                                cl::value_desc("LIST"), cl::cat(category)};
  cl::list<std::string> dimensions{"dim", cl::desc("Fix a symbolic dimension"),
                                   cl::value_desc("NAME=N"), cl::cat(category)};
  cl::opt<bool> plain{"plain",
                      cl::desc("Keep attention decomposed and untiled"),
                      cl::cat(category)};
  cl::opt<bool> stats{"stats", cl::desc("Say how long each stage took"),
                      cl::cat(category)};
  cl::opt<unsigned> optLevel{
      "O",         cl::Prefix,          cl::desc("0 to 3 (default: 2)"),
      cl::init(2), cl::value_desc("N"), cl::cat(category)};
};

} // namespace

static LogicalResult fail(const llvm::Twine &message) {
  llvm::errs() << "attn-compile: error: " << message << "\n";
  return failure();
}

/// `file:line:col: error: …` with the line where there is a place,
/// `attn-compile: error: …` where there is none.
static void print(llvm::SourceMgr &sources, Diagnostic &diagnostic) {
  auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
  if (diagnostic.getSeverity() == DiagnosticSeverity::Remark)
    return;
  if (!place) {
    llvm::errs() << "attn-compile: "
                 << (diagnostic.getSeverity() == DiagnosticSeverity::Warning
                         ? "warning: "
                         : "error: ")
                 << diagnostic.str() << "\n";
    return;
  }
  SourceMgrDiagnosticHandler handler(sources,
                                     diagnostic.getLocation().getContext());
  handler.emitDiagnostic(diagnostic.getLocation(), diagnostic.str(),
                         diagnostic.getSeverity());
}

static LogicalResult readDimensions(const Options &given,
                                    CompileOptions &options) {
  for (StringRef text : given.dimensions) {
    auto [name, size] = text.rsplit('=');
    int64_t number;
    if (name.empty() || size.getAsInteger(10, number))
      return fail("expected NAME=N in --dim, got '" + text + "'");
    options.dimensions.emplace_back(name.str(), number);
  }
  return success();
}

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
      return fail("expected a file name for a shared library, got '-'");
    return Output::SharedLibrary;
  case Emit::PTX:
  case Emit::Cubin:
    return fail("expected --emit=mlir, ll, s, o or so: code for GPUs is not "
                "built in yet");
  case Emit::FromSuffix:
    break;
  }
  return fail("expected --emit, or a name for -o that ends in .mlir, .ll, .s, "
              ".o or .so, got '" +
              given.outputPath + "'");
}

static LogicalResult run(const Options &given) {
  if (given.target == Target::CUDA)
    return fail("expected --target=cpu: code for GPUs is not built in yet");
  if (given.optLevel > 3)
    return fail("expected -O0 to -O3, got -O" + llvm::Twine(given.optLevel));
  auto output = getOutput(given);
  CompileOptions options;
  options.target = {given.cpu, given.features, given.optLevel};
  options.plain = given.plain;
  options.stats = given.stats;
  if (failed(output) || failed(readDimensions(given, options)))
    return failure();

  DialectRegistry registry;
  attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { print(sources, diagnostic); });
  auto module = loadModel(given.inputPath, &context, options, &sources);
  if (failed(module))
    return failure();
  return compileToFile(**module, given.outputPath, *output, given.stage,
                       options);
}

/// LLVM's last resort where code generation meets what it cannot do.
static void reportFatal(void *, const char *reason, bool) {
  llvm::errs() << "attn-compile: error: code generation: " << reason << "\n";
  exit(1);
}

/// Runs `parse` with standard error going to a temporary file, and gives back
/// what it wrote.
static std::string captureErrors(llvm::function_ref<void()> parse) {
  std::FILE *file = std::tmpfile();
  int saved = file ? dup(STDERR_FILENO) : -1;
  if (saved < 0) {
    parse();
    return {};
  }
  dup2(fileno(file), STDERR_FILENO);
  parse();
  dup2(saved, STDERR_FILENO);
  close(saved);
  std::fseek(file, 0, SEEK_END);
  std::string text(std::max(std::ftell(file), 0L), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

/// LLVM's parser says `tool: Unknown …`; ours says `tool: error: Unknown …`.
static bool parse(int argc, char **argv) {
  bool parsed = false;
  std::string errors;
  llvm::raw_string_ostream os(errors);
  std::string others = captureErrors([&] {
    parsed = cl::ParseCommandLineOptions(
        argc, argv, "Compiles a model to a shared library\n", &os);
  });
  SmallVector<StringRef> lines;
  errors += others;
  StringRef(errors).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    line.consume_front("attn-compile: ");
    llvm::errs() << "attn-compile: error: " << line.trim() << "\n";
  }
  return parsed;
}

int main(int argc, char **argv) {
  llvm::install_fatal_error_handler(reportFatal);
  if (cl::Option *other = cl::getRegisteredOptions().lookup("stats"))
    other->removeArgument();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "attn-compile " ATTN_VERSION "\n"; });
  return !parse(argc, argv) || failed(run(options));
}
