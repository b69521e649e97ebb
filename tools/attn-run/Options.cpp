//===- Options.cpp - The command line of attn-run -------------------------===//

#include "Options.h"
#include "Diagnostics.h"

#include "attn/Driver/CommandLine.h"
#include "attn/Run/DeviceOption.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <cstdlib>

namespace mlir::attn::run {

namespace cl = llvm::cl;

namespace {

enum class Comparand { None, Reference };

/// The options as LLVM's parser fills them.
struct CommandLine : CompileCommandLine {
  using CompileCommandLine::CompileCommandLine;

  cl::opt<std::string> model{cl::Positional,
                             cl::desc("MODEL.{mlir,mlirbc,onnx,so}"),
                             cl::cat(category)};
  cl::opt<std::string> function{
      "function", cl::desc("The function to run (default: the only, or main)"),
      cl::value_desc("NAME"), cl::cat(category)};
  cl::opt<std::string> library{
      "library",
      cl::desc("The model compiled: run this shared library, and write it "
               "where there is none yet"),
      cl::value_desc("FILE.so"), cl::cat(category)};

  cl::list<std::string> inputs{
      "input",
      cl::desc("An input, .npy or .pb; once for each in order, or by name"),
      cl::value_desc("[NAME=]FILE"), cl::cat(category)};
  cl::opt<bool> randomInputs{
      "random-inputs", cl::desc("Make up the inputs that no file is given for"),
      cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::init(0), cl::value_desc("N"),
                         cl::desc("Of the random inputs (default: 0)"),
                         cl::cat(category)};
  cl::opt<bool> keepDynamic{
      "keep-dynamic",
      cl::desc("Let --dim size random inputs only: compile for any size"),
      cl::cat(category)};
  cl::list<std::string> ranges{
      "range",
      cl::desc("Random values of an input, both ends included (default for "
               "integers: valid for their use, else 0:9)"),
      cl::value_desc("NAME=LO:HI"), cl::cat(category)};
  cl::list<std::string> outputs{
      "output", cl::desc("Write an output as .npy; in order, or by name"),
      cl::value_desc("[NAME=]FILE"), cl::cat(category)};

  cl::opt<std::string> onnxTest{
      "onnx-test",
      cl::desc("Run DIR/test_data_set_*: inputs from input_*.pb, compared "
               "with output_*.pb"),
      cl::value_desc("DIR"), cl::cat(category)};
  cl::opt<Comparand> compare{
      "compare", cl::desc("Compare the outputs"), cl::init(Comparand::None),
      cl::values(clEnumValN(Comparand::Reference, "reference",
                            "with the oracle, or the plain lowering where "
                            "the oracle lacks an op")),
      cl::cat(category)};
  cl::list<std::string> expected{
      "expected",
      cl::desc("Write what --compare expects of an output as .npy; in order, "
               "or by name"),
      cl::value_desc("[NAME=]FILE"), cl::cat(category)};
  cl::opt<double> rtol{"rtol", cl::value_desc("X"),
                       cl::desc("Relative tolerance (default: by dtype)"),
                       cl::cat(category)};
  cl::opt<double> atol{"atol", cl::value_desc("X"),
                       cl::desc("Absolute tolerance (default: by dtype)"),
                       cl::cat(category)};

  cl::opt<std::string> benchmark{
      "benchmark", cl::ValueOptional, cl::value_desc("SECONDS"),
      cl::desc("Time repeated runs (default: for 1 second)"),
      cl::cat(category)};
  DeviceOption device{category};
  cl::opt<unsigned> threads{"threads", cl::init(0), cl::value_desc("N"),
                            cl::desc("Threads to run on (default: OpenMP's)"),
                            cl::cat(category)};

  cl::opt<std::string> weights{
      "weights",
      cl::desc("Write the attention weights as a picture or an array"),
      cl::value_desc("FILE.png|FILE.npy"), cl::cat(category)};
  cl::opt<unsigned> attention{
      "attention", cl::value_desc("K"),
      cl::desc("Weights of the K-th attention only, counted from 0"),
      cl::cat(category)};
};

} // namespace

bool Options::isArtifact() const {
  return llvm::sys::path::extension(model) == ".so";
}

/// Where the model stays as dynamic as it is, --dim is for random inputs only.
static LogicalResult readCompileOptions(const CommandLine &given,
                                        Options &options) {
  if (given.device.isGiven() && !options.isArtifact() &&
      given.target == CompileCommandLine::Target::CPU)
    return fail("expected --target=cuda with --device, got --target=cpu");
  auto compile = given.getCompileOptions();
  if (failed(compile))
    return failure();
  options.compile = std::move(*compile);
  if (given.device.isInterpreter())
    options.compile.ptxas.clear();
  auto &dimensions = options.compile.dimensions;
  options.random.dimensions.insert(dimensions.begin(), dimensions.end());
  if (options.isArtifact() || given.keepDynamic)
    dimensions.clear();
  return success();
}

static LogicalResult readRanges(const CommandLine &given, Options &options) {
  for (StringRef text : given.ranges) {
    auto [name, range] = text.rsplit('=');
    auto [low, high] = range.split(':');
    NumberRange values;
    if (name.empty() || low.getAsInteger(10, values.low) ||
        high.getAsInteger(10, values.high))
      return fail("expected NAME=LO:HI in --range, got '" + text + "'");
    if (values.low > values.high)
      return fail("expected LO of at most HI in --range, got '" + text + "'");
    options.random.ranges[name.str()] = values;
  }
  return success();
}

static LogicalResult readTolerances(const CommandLine &given,
                                    Options &options) {
  auto read = [](const cl::opt<double> &from, std::optional<double> &to) {
    if (from.getNumOccurrences())
      to = from;
    if (!to || (std::isfinite(*to) && *to >= 0))
      return success();
    return fail("expected a number of at least 0 in --" + from.ArgStr +
                ", got " + std::to_string(*to));
  };
  return success(succeeded(read(given.rtol, options.rtol)) &&
                 succeeded(read(given.atol, options.atol)));
}

static LogicalResult readBenchmark(const CommandLine &given, Options &options) {
  if (!given.benchmark.getNumOccurrences())
    return success();
  double seconds = 1;
  if (!given.benchmark.empty() &&
      (StringRef(given.benchmark).getAsDouble(seconds) ||
       !std::isfinite(seconds) || seconds < 0))
    return fail("expected a number of seconds in --benchmark, got '" +
                given.benchmark + "'");
  options.benchmarkSeconds = seconds;
  return success();
}

static LogicalResult readWeights(const CommandLine &given, Options &options) {
  options.weights = given.weights;
  if (given.attention.getNumOccurrences())
    options.attention = given.attention;
  if (options.weights.empty())
    return options.attention
               ? fail("expected --weights=FILE with --attention, got none")
               : success();
  const StringRef suffix = llvm::sys::path::extension(options.weights);
  if (suffix != ".png" && suffix != ".npy")
    return fail("expected a file that ends in .png or .npy in --weights, got "
                "'" +
                options.weights + "'");
  return success();
}

/// Options that say nothing together.
static LogicalResult checkTogether(const Options &options) {
  const bool wantsInputs = options.randomInputs || !options.inputs.empty();
  if (!options.onnxTest.empty() && wantsInputs)
    return fail("expected either --onnx-test or --input and --random-inputs, "
                "got both");
  if (!options.onnxTest.empty() &&
      (!options.outputs.empty() || !options.expected.empty() ||
       !options.weights.empty() || options.benchmarkSeconds))
    return fail("expected --onnx-test without --output, --expected, --weights "
                "and --benchmark, got both");
  if (!options.library.empty() && !options.weights.empty())
    return fail("expected --library without --weights, got both");
  if (!options.expected.empty() && !options.compareReference)
    return fail("expected --compare=reference with --expected, got none");
  if (!options.random.ranges.empty() && !options.randomInputs)
    return fail("expected --random-inputs with --range, got none");
  if (!options.isArtifact())
    return success();
  if (!options.compile.entry.empty())
    return fail("expected a model with --entry, got the shared library '" +
                options.model + "'");
  if (!options.library.empty())
    return fail("expected a model with --library, got the shared library '" +
                options.model + "'");
  if (options.compareReference)
    return fail("expected a model with --compare=reference, got the shared "
                "library '" +
                options.model + "'");
  if (!options.weights.empty())
    return fail("expected a model with --weights, got the shared library '" +
                options.model + "'");
  return success();
}

static FailureOr<Options> read(const CommandLine &given) {
  Options options;
  options.model = given.model;
  options.function = given.function;
  options.library = given.library;
  options.inputs.assign(given.inputs.begin(), given.inputs.end());
  options.outputs.assign(given.outputs.begin(), given.outputs.end());
  options.randomInputs = given.randomInputs;
  options.random.seed = given.seed;
  options.onnxTest = given.onnxTest;
  options.compareReference = given.compare == Comparand::Reference;
  options.expected.assign(given.expected.begin(), given.expected.end());
  options.threads = given.threads;
  auto driver = given.device.findDriver();
  if (!driver)
    return fail(driver.message());
  options.driver = *driver;
  if (given.threads.getNumOccurrences() && given.threads == 0)
    return fail("expected at least 1 in --threads, got 0");
  if (failed(readCompileOptions(given, options)))
    return failure();
  if (given.printsTarget)
    std::exit(failed(given.printTarget(options.compile)));
  if (options.model.empty())
    return fail("expected a model, got none");
  if (failed(readRanges(given, options)) ||
      failed(readTolerances(given, options)) ||
      failed(readBenchmark(given, options)) ||
      failed(readWeights(given, options)) || failed(checkTogether(options)))
    return failure();
  return options;
}

FailureOr<Options> parseOptions(int argc, char **argv) {
  CommandLine given("attn-run", "Compiles or loads a model, runs it, reports");
  if (failed(given.parse(argc, argv)))
    return failure();
  return read(given);
}

} // namespace mlir::attn::run
