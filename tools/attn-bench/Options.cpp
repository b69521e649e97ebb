//===- Options.cpp - The command line of attn-bench -----------------------===//

#include "Options.h"

#include "attn/Driver/CommandLine.h"
#include "attn/Run/DeviceOption.h"

#include <cmath>
#include <cstdlib>

namespace mlir::attn::bench {

namespace cl = llvm::cl;
using ::attn::DType;

namespace {

/// Lists are read by ourselves, so that errors say what was expected.
struct CommandLine : CompileCommandLine {
  CommandLine()
      : CompileCommandLine("attn-bench",
                           "Measures attention against the machine's own "
                           "limits, in the same run") {
    dimensions.setDescription("Head sizes of Q and K");
    dimensions.setValueStr("D,…");
  }

  cl::opt<std::string> suite{
      "suite", cl::init("all"), cl::value_desc("NAME,…"),
      cl::desc(
          "prefill, decode, masks, linear, matmul, models or all (default: "
          "all)"),
      cl::cat(category)};
  cl::opt<std::string> types{"dtype", cl::init("f32"), cl::value_desc("T,…"),
                             cl::desc("f32, f64, bf16, f16 (default: f32)"),
                             cl::cat(category)};
  cl::opt<std::string> sequences{"seq", cl::value_desc("S,…"),
                                 cl::desc("Keys, and queries unless given"),
                                 cl::cat(category)};
  cl::opt<std::string> queries{"queries", cl::value_desc("S,…"),
                               cl::desc("Queries, where not as many as keys"),
                               cl::cat(category)};
  cl::opt<int64_t> valueDim{"value-dim", cl::value_desc("D"),
                            cl::desc("Head size of V, where not that of K"),
                            cl::cat(category)};
  cl::opt<int64_t> batch{"batch", cl::value_desc("B"), cl::desc("Batch size"),
                         cl::cat(category)};
  cl::opt<int64_t> heads{"heads", cl::value_desc("H"), cl::desc("Query heads"),
                         cl::cat(category)};
  cl::opt<int64_t> kvHeads{"kv-heads", cl::value_desc("H"),
                           cl::desc("Heads of K and V; they divide --heads"),
                           cl::cat(category)};
  cl::opt<bool> causal{"causal",
                       cl::desc("Prefill: only causal; --causal=false: only "
                                "full (default: both)"),
                       cl::cat(category)};
  cl::opt<std::string> tile{"tile", cl::init("64x64"), cl::value_desc("QxK"),
                            cl::desc("Tiles to count the empty ones of, for "
                                     "masks (default: 64x64)"),
                            cl::cat(category)};
  cl::opt<std::string> rows{"rows", cl::value_desc("M,…"),
                            cl::desc("Rows of products of matrices"),
                            cl::cat(category)};
  cl::opt<std::string> products{
      "product", cl::value_desc("NxK,…"),
      cl::desc("Columns and inner sizes of products of matrices"),
      cl::cat(category)};
  cl::opt<std::string> layouts{
      "layout", cl::value_desc("nt,…"),
      cl::desc("Operands of products, each as it is (n) or transposed (t)"),
      cl::cat(category)};
  cl::opt<bool> quick{"quick", cl::desc("Few and small sizes, short runs"),
                      cl::cat(category)};
  cl::opt<std::string> threads{"threads", cl::value_desc("N,…"), cl::init("1"),
                               cl::desc("Numbers of threads (default: 1)"),
                               cl::cat(category)};
  cl::opt<double> seconds{"seconds", cl::init(1), cl::value_desc("X"),
                          cl::desc("About so long for each case, and at least "
                                   "three rounds (default: 1)"),
                          cl::cat(category)};
  cl::opt<ClockKind> clock{
      "clock", cl::desc("What time is"), cl::init(ClockKind::Wall),
      cl::values(clEnumValN(ClockKind::Wall, "wall", "by the clock (default)"),
                 clEnumValN(ClockKind::CPU, "cpu",
                            "processor time by thread, for machines that "
                            "others use as well")),
      cl::cat(category)};
  DeviceOption device{category};
  cl::opt<bool> check{"check",
                      cl::desc("First compare each case, on a smaller size, "
                               "with the oracle"),
                      cl::cat(category)};
  cl::opt<bool> checkOnly{"check-only", cl::desc("The same, and no timing"),
                          cl::cat(category)};
  cl::opt<bool> printPrograms{
      "print-programs", cl::desc("Print the cases as MLIR and do nothing else"),
      cl::cat(category)};
  cl::opt<bool> printPeaks{
      "print-peaks",
      cl::desc("Print the kernels that reach the peaks and do nothing else"),
      cl::cat(category)};
  cl::opt<bool> sweep{
      "sweep",
      cl::desc("Each case under the schedules that suit the machine, the "
               "fastest first; what --tile-query and the like say stays"),
      cl::cat(category)};
  cl::opt<std::string> json{"json", cl::value_desc("FILE"),
                            cl::desc("Also write the results as JSON"),
                            cl::cat(category)};
  cl::opt<std::string> picture{
      "picture", cl::value_desc("FILE.png"),
      cl::desc("Also draw the shares of the peak as bars"), cl::cat(category)};
};

} // namespace

/// "a,b" -> {a, b}; nothing of nothing.
static SmallVector<StringRef> split(StringRef text) {
  SmallVector<StringRef> parts;
  if (!text.empty())
    text.split(parts, ',');
  return parts;
}

static LogicalResult readSizes(const CommandLine &given, StringRef option,
                               StringRef text, std::vector<int64_t> &sizes) {
  for (StringRef part : split(text)) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 1 || size > (1 << 24))
      return given.fail("expected sizes from 1 to 16777216 in " + option +
                        ", got '" + part + "'");
    sizes.push_back(size);
  }
  return success();
}

static LogicalResult readSize(const CommandLine &given,
                              const cl::opt<int64_t> &option,
                              std::optional<int64_t> &size) {
  if (!option.getNumOccurrences())
    return success();
  size = option;
  if (*size >= 1 && *size <= (1 << 16))
    return success();
  return given.fail("expected a size from 1 to 65536 in --" + option.ArgStr +
                    ", got " + Twine(*size));
}

static LogicalResult readHeads(const CommandLine &given, Sizes &sizes) {
  if (failed(readSize(given, given.heads, sizes.heads)) ||
      failed(readSize(given, given.kvHeads, sizes.kvHeads)))
    return failure();
  if (sizes.kvHeads && !sizes.heads)
    return given.fail("expected --heads with --kv-heads, got none");
  if (sizes.kvHeads && *sizes.heads % *sizes.kvHeads)
    return given.fail("expected --heads to be a multiple of --kv-heads, got " +
                      Twine(*sizes.heads) + " and " + Twine(*sizes.kvHeads));
  return success();
}

static LogicalResult readTile(const CommandLine &given, Sizes &sizes) {
  auto [queries, keys] = StringRef(given.tile).split('x');
  auto read = [](StringRef text, int64_t &size) {
    return !text.getAsInteger(10, size) && size >= 1 && size <= (1 << 20);
  };
  if (read(queries, sizes.tileQueries) && read(keys, sizes.tileKeys))
    return success();
  return given.fail("expected QxK in --tile, got '" + given.tile + "'");
}

static LogicalResult readProducts(const CommandLine &given, Sizes &sizes) {
  auto read = [](StringRef text, int64_t &size) {
    return !text.getAsInteger(10, size) && size >= 1 && size <= (1 << 24);
  };
  for (StringRef part : split(given.products)) {
    auto [columns, inner] = part.split('x');
    auto &product = sizes.products.emplace_back();
    if (!read(columns, product.first) || !read(inner, product.second))
      return given.fail("expected NxK in --product, got '" + part + "'");
  }
  for (StringRef part : split(given.layouts)) {
    if (part.size() != 2 || part.find_first_not_of("nt") != StringRef::npos)
      return given.fail("expected nn, nt, tn or tt in --layout, got '" + part +
                        "'");
    sizes.layouts.push_back(part.str());
  }
  return readSizes(given, "--rows", given.rows, sizes.rows);
}

static LogicalResult readSizes(const CommandLine &given, Sizes &sizes) {
  for (const std::string &text : given.dimensions)
    if (failed(readSizes(given, "--dim", text, sizes.features)))
      return failure();
  if (given.causal.getNumOccurrences())
    sizes.causal = given.causal;
  sizes.quick = given.quick;
  return success(
      succeeded(readSizes(given, "--seq", given.sequences, sizes.sequences)) &&
      succeeded(readSizes(given, "--queries", given.queries, sizes.queries)) &&
      succeeded(readSize(given, given.valueDim, sizes.valueFeatures)) &&
      succeeded(readSize(given, given.batch, sizes.batch)) &&
      succeeded(readHeads(given, sizes)) &&
      succeeded(readProducts(given, sizes)) &&
      succeeded(readTile(given, sizes)));
}

static LogicalResult readSuites(const CommandLine &given, Options &options) {
  const std::vector<std::string> known = {"prefill", "decode", "masks",
                                          "linear",  "matmul", "models"};
  for (StringRef name : split(given.suite)) {
    if (name == "all")
      llvm::append_range(options.suites, known);
    else if (llvm::is_contained(known, name))
      options.suites.push_back(name.str());
    else
      return given.fail("expected prefill, decode, masks, linear, matmul, "
                        "models or all in --suite, got '" +
                        name + "'");
  }
  return success();
}

static LogicalResult readTypes(const CommandLine &given, Options &options) {
  for (StringRef name : split(given.types)) {
    const std::optional<DType> type = ::attn::parseDType(name.str());
    if (!type || !::attn::isFloat(*type))
      return given.fail("expected f32, f64, bf16 or f16 in --dtype, got '" +
                        name + "'");
    options.types.push_back(*type);
  }
  return success();
}

static LogicalResult readMeasure(const CommandLine &given, Options &options) {
  std::vector<int64_t> threads;
  if (failed(readSizes(given, "--threads", given.threads, threads)))
    return failure();
  for (int64_t count : threads) {
    if (count > 1024)
      return given.fail("expected at most 1024 in --threads, got " +
                        Twine(count));
    options.measure.threads.push_back(unsigned(count));
  }
  if (!std::isfinite(given.seconds) || given.seconds < 0)
    return given.fail("expected a number of at least 0 in --seconds, got " +
                      std::to_string(given.seconds));
  options.measure.seconds = given.seconds;
  if (given.quick && !given.seconds.getNumOccurrences())
    options.measure.seconds = 0.1;
  options.measure.clock = Clock(given.clock);
  options.cpuClock = given.clock == ClockKind::CPU;
  return success();
}

static LogicalResult readDevice(const CommandLine &given, Options &options) {
  if (given.target != CompileCommandLine::Target::CUDA) {
    if (given.device.isGiven())
      return given.fail("expected --target=cuda with --device, got "
                        "--target=cpu");
    return success();
  }
  if (given.clock == ClockKind::CPU)
    return given.fail("expected --clock=wall with --target=cuda, where events "
                      "tell the time, got --clock=cpu");
  auto driver = given.device.findDriver();
  if (!driver)
    return given.fail(driver.message());
  options.driver = *driver;
  if (given.device.isInterpreter())
    options.compile.ptxas.clear();
  return success();
}

FailureOr<Options> parseOptions(int argc, char **argv) {
  CommandLine given;
  Options options;
  if (failed(given.parse(argc, argv)) || failed(readSuites(given, options)) ||
      failed(readTypes(given, options)) ||
      failed(readSizes(given, options.sizes)) ||
      failed(readMeasure(given, options)))
    return failure();
  // Here --dim is no NAME=N.
  given.dimensions.clear();
  auto compile = given.getCompileOptions();
  if (failed(compile))
    return failure();
  if (given.printsTarget)
    std::exit(failed(given.printTarget(*compile)));
  options.compile = *compile;
  if (failed(readDevice(given, options)))
    return failure();
  options.measure.target = compile->target;
  options.checkOnly = given.checkOnly;
  options.check = given.check || given.checkOnly;
  options.printPrograms = given.printPrograms;
  options.printPeaks = given.printPeaks;
  options.sweep = given.sweep;
  if (options.sweep && options.compile.plain)
    return given.fail("expected no --plain with --sweep, got both");
  if (options.sweep && !options.driver.empty())
    return given.fail("expected --target=cpu with --sweep, got "
                      "--target=cuda");
  options.json = given.json;
  options.picture = given.picture;
  return options;
}

} // namespace mlir::attn::bench
