//===- Options.cpp - The command line of attn-run -------------------------===//

#include "Options.h"
#include "Diagnostics.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

namespace mlir::attn::run {

namespace cl = llvm::cl;

namespace {

enum class Target { CPU, CUDA };
enum class Comparand { None, Reference };

/// The options as LLVM's parser fills them. Made in a function, after options
/// of LLVM's own that have the same names are removed.
struct CommandLine {
  cl::OptionCategory category{"attn-run options"};

  cl::opt<std::string> model{cl::Positional, cl::Required,
                             cl::desc("MODEL.{mlir,mlirbc,onnx,so}"),
                             cl::cat(category)};
  cl::opt<std::string> function{
      "function", cl::desc("The function to run (default: the only, or main)"),
      cl::value_desc("NAME"), cl::cat(category)};

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
  cl::list<std::string> dimensions{
      "dim", cl::desc("The size of a symbolic dimension (argN.D if unnamed)"),
      cl::value_desc("NAME=N"), cl::cat(category)};
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
  cl::opt<bool> plain{"plain",
                      cl::desc("Keep attention decomposed and untiled"),
                      cl::cat(category)};
  cl::opt<bool> stats{
      "stats", cl::desc("Say what the passes did and how long stages took"),
      cl::cat(category)};
  cl::opt<unsigned> optLevel{
      "O",         cl::Prefix,          cl::desc("0 to 3 (default: 2)"),
      cl::init(2), cl::value_desc("N"), cl::cat(category)};
};

} // namespace

bool Options::isArtifact() const {
  return llvm::sys::path::extension(model) == ".so";
}

static LogicalResult readDimensions(const CommandLine &given,
                                    Options &options) {
  for (StringRef text : given.dimensions) {
    auto [name, size] = text.rsplit('=');
    int64_t number;
    if (name.empty() || size.getAsInteger(10, number) || number < 0)
      return fail("expected NAME=N in --dim, got '" + text + "'");
    auto [it, isNew] = options.random.dimensions.insert({name.str(), number});
    if (!isNew && it->second != number)
      return fail("expected one size for dimension '" + name + "', got " +
                  llvm::Twine(it->second) + " and " + llvm::Twine(number));
  }
  if (options.isArtifact() || given.keepDynamic)
    return success();
  for (const auto &[name, size] : options.random.dimensions)
    options.compile.dimensions.emplace_back(name, size);
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
      (!options.outputs.empty() || !options.weights.empty() ||
       options.benchmarkSeconds))
    return fail("expected --onnx-test without --output, --weights and "
                "--benchmark, got both");
  if (!options.random.ranges.empty() && !options.randomInputs)
    return fail("expected --random-inputs with --range, got none");
  if (options.compile.target.optLevel > 3)
    return fail("expected -O0 to -O3, got -O" +
                llvm::Twine(options.compile.target.optLevel));
  if (!options.isArtifact())
    return success();
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
  if (given.target == Target::CUDA)
    return fail("expected --target=cpu: code for GPUs is not built in yet");
  Options options;
  options.model = given.model;
  options.function = given.function;
  options.compile.target = {given.cpu, given.features, given.optLevel};
  options.compile.plain = given.plain;
  options.compile.stats = given.stats;
  options.inputs.assign(given.inputs.begin(), given.inputs.end());
  options.outputs.assign(given.outputs.begin(), given.outputs.end());
  options.randomInputs = given.randomInputs;
  options.random.seed = given.seed;
  options.onnxTest = given.onnxTest;
  options.compareReference = given.compare == Comparand::Reference;
  options.threads = given.threads;
  if (given.threads.getNumOccurrences() && given.threads == 0)
    return fail("expected at least 1 in --threads, got 0");
  if (failed(readDimensions(given, options)) ||
      failed(readRanges(given, options)) ||
      failed(readTolerances(given, options)) ||
      failed(readBenchmark(given, options)) ||
      failed(readWeights(given, options)) || failed(checkTogether(options)))
    return failure();
  return options;
}

FailureOr<Options> parseOptions(int argc, char **argv) {
  // LLVM's shared library brings options of its own by these names.
  for (StringRef name : {"stats", "threads"})
    if (cl::Option *other = cl::getRegisteredOptions().lookup(name))
      other->removeArgument();
  CommandLine given;
  cl::HideUnrelatedOptions(given.category);
  cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "attn-run " ATTN_VERSION "\n"; });
  std::string errors;
  llvm::raw_string_ostream os(errors);
  if (cl::ParseCommandLineOptions(
          argc, argv, "Compiles or loads a model, runs it, and reports\n", &os))
    return read(given);
  StringRef text(errors);
  text.consume_front("attn-run: ");
  text = text.trim();
  // LLVM has said itself what is wrong with a value.
  return text.empty() ? failure() : fail(text);
}

} // namespace mlir::attn::run
