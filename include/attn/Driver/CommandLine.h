//===- CommandLine.h - Options that the tools share -------------*- C++ -*-===//
//
// A tool derives its options from CompileCommandLine, which has those of every
// tool that compiles a model, and parses them:
//
//   struct Options : CompileCommandLine {
//     using CompileCommandLine::CompileCommandLine;
//     cl::opt<bool> loud{"loud", cl::desc("Say more"), cl::cat(category)};
//   };
//   Options options("attn-x", "Does x");
//   if (failed(options.parse(argc, argv))) …
//
// Errors are printed as attn/Driver/Messages.h says.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DRIVER_COMMANDLINE_H
#define ATTN_DRIVER_COMMANDLINE_H

#include "attn/Dialect/Attn/Transforms/Recognize.h"
#include "attn/Driver/Driver.h"

#include "llvm/Support/CommandLine.h"

namespace mlir::attn {

/// What every tool has: its name, its version, and one form of errors.
class ToolCommandLine {
public:
  /// Takes away options of LLVM's own that are called like one of ours, so
  /// this comes before any option is made.
  ToolCommandLine(StringRef tool, StringRef overview);

  /// Does not return for --help and --version.
  LogicalResult parse(int argc, char **argv);

  /// Prints `TOOL: error: MESSAGE`.
  LogicalResult fail(const Twine &message) const;

protected:
  std::string tool, overview, categoryName;
  llvm::cl::OptionCategory category;
};

/// How a model is compiled.
struct CompileCommandLine : ToolCommandLine {
  enum class Target { CPU, CUDA };

  using ToolCommandLine::ToolCommandLine;

  llvm::cl::opt<Target> target{
      "target", llvm::cl::desc("Where it runs (default: cpu)"),
      llvm::cl::init(Target::CPU),
      llvm::cl::values(clEnumValN(Target::CPU, "cpu", "this CPU"),
                       clEnumValN(Target::CUDA, "cuda", "a GPU")),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> gpuArch{
      "gpu-arch",
      llvm::cl::desc("The oldest GPU that it runs on (default: sm_80)"),
      llvm::cl::init("sm_80"), llvm::cl::value_desc("sm_N"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> ptxas{
      "ptxas",
      llvm::cl::desc("ptxas, which makes a cubin beside the PTX (default: "
                     "auto, that of CUDA_HOME, CUDA_PATH, CUDA_ROOT or the "
                     "PATH, if any); none: PTX alone"),
      llvm::cl::init("auto"), llvm::cl::value_desc("FILE"),
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> strictPtxas{
      "strict-ptxas",
      llvm::cl::desc("Fail where ptxas spills registers or serializes wgmma"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> cpu{
      "mcpu", llvm::cl::desc("native, or a CPU's name"),
      llvm::cl::init("native"), llvm::cl::value_desc("NAME"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> features{
      "mattr", llvm::cl::desc("+feature,-feature,…"),
      llvm::cl::value_desc("LIST"), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> tileQuery{
      "tile-query",
      llvm::cl::desc("Queries of a tile of attention (default: by the target)"),
      llvm::cl::value_desc("N"), llvm::cl::cat(category)};
  llvm::cl::opt<int64_t> tileKey{
      "tile-key",
      llvm::cl::desc("Keys of a tile of attention (default: by the target)"),
      llvm::cl::value_desc("N"), llvm::cl::cat(category)};
  llvm::cl::list<std::string> schedule{
      "schedule",
      llvm::cl::desc("What else attention goes by (default: by the target): "
                     "unmasked-keys=N, panel-keys=N, packing=shared|own, "
                     "stages=1|3"),
      llvm::cl::value_desc("NAME=VALUE,…"), llvm::cl::CommaSeparated,
      llvm::cl::cat(category)};
  llvm::cl::opt<ExpAccuracy> exp{
      "exp",
      llvm::cl::desc("Largest relative error of exp in tiled attention's "
                     "softmax (default: auto)"),
      llvm::cl::init(ExpAccuracy::Auto),
      llvm::cl::values(
          clEnumValN(ExpAccuracy::Exact, "exact", "2e-7 (1e-15 in f64)"),
          clEnumValN(ExpAccuracy::Fast, "fast", "1e-4"),
          clEnumValN(ExpAccuracy::Auto, "auto",
                     "fast where weights are rounded to bf16, else exact")),
      llvm::cl::cat(category)};
  llvm::cl::opt<Precision> precision{
      "precision",
      llvm::cl::desc("What the weights of a model of f32 are stored in; "
                     "products sum up in f32 (default: f32)"),
      llvm::cl::init(Precision::F32),
      llvm::cl::values(
          clEnumValN(Precision::F32, "f32", "what the model says"),
          clEnumValN(Precision::BF16, "bf16", "half as large, 8 bits"),
          clEnumValN(Precision::F16, "f16", "half as large, 11 bits")),
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> printsTarget{
      "print-target",
      llvm::cl::desc("Print what code is fitted to, and do nothing else"),
      llvm::cl::cat(category)};
  llvm::cl::list<std::string> dimensions{
      "dim",
      llvm::cl::desc("The size of a symbolic dimension (argN.D if unnamed)"),
      llvm::cl::value_desc("NAME=N"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> entry{
      "entry",
      llvm::cl::desc("The C function's name (default: main's after the model's "
                     "file, others' their own); of several functions, main's, "
                     "and others' begin with NAME_"),
      llvm::cl::value_desc("NAME"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> plain{
      "plain", llvm::cl::desc("Keep attention decomposed and untiled"),
      llvm::cl::cat(category)};
  const std::string noRecognizeHelp =
      "Leave attention, or one kind of rewrite (" + getRecognizedKinds() +
      "), as the graph has it";
  llvm::cl::list<std::string> noRecognize{
      "no-recognize", llvm::cl::desc(noRecognizeHelp),
      llvm::cl::value_desc("KIND"), llvm::cl::ValueOptional,
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> staticCaches{
      "static-caches",
      llvm::cl::desc("Give caches a capacity, and update them in place; how "
                     "much they hold is one more input"),
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> noOutlineLayers{
      "no-outline-layers",
      llvm::cl::desc("Compile each of the layers that a model repeats"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> passes{
      "passes", llvm::cl::desc("Passes to run on the graph before lowering"),
      llvm::cl::value_desc("PIPELINE"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> emulateAMX{
      "emulate-amx",
      llvm::cl::desc("Make code for AMX that runs, slowly, without it"),
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> verifyEach{
      "verify-each",
      llvm::cl::desc("Verify the module after each pass, not each stage"),
      llvm::cl::cat(category)};
  llvm::cl::opt<bool> stats{"stats",
                            llvm::cl::desc("Say how long each stage took"),
                            llvm::cl::cat(category)};
  llvm::cl::opt<unsigned> optLevel{"O",
                                   llvm::cl::Prefix,
                                   llvm::cl::desc("0 to 3 (default: 2; 1 for "
                                                  "the host code of a GPU)"),
                                   llvm::cl::init(2),
                                   llvm::cl::value_desc("N"),
                                   llvm::cl::cat(category)};

  /// Prints the target's description, as --print-target asks for.
  LogicalResult printTarget(const CompileOptions &options) const;

  /// What was asked for. A target that is not there, a level above 3, a
  /// tile size out of range, a dimension that is no NAME=N or has two sizes, is
  /// an error.
  FailureOr<CompileOptions> getCompileOptions() const;
};

} // namespace mlir::attn

#endif // ATTN_DRIVER_COMMANDLINE_H
