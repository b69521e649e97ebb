//===- attn-bench.cpp - Performance, against the machine's own limits -----===//

#include "Check.h"
#include "DeviceMeasure.h"
#include "Options.h"
#include "Report.h"
#include "Sweep.h"

#include "Memory.h"
#include "attn/Driver/Messages.h"
#include "attn/Files/StandardOutput.h"
#include "attn/InitAll.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::bench;

static LogicalResult fail(const Twine &message) {
  return printError("attn-bench", message);
}

static std::vector<Case> makeSuite(StringRef name, const Sizes &sizes,
                                   ::attn::DType type) {
  if (name == "decode")
    return makeDecodeSuite(sizes, type);
  if (name == "masks")
    return makeMasksSuite(sizes, type);
  if (name == "linear")
    return makeLinearSuite(sizes, type);
  if (name == "matmul")
    return makeMatmulSuite(sizes, type);
  if (name == "models")
    return makeModelsSuite(sizes, type);
  return makePrefillSuite(sizes, type);
}

/// A file that --split-input-file reads.
static void printPrograms(ArrayRef<std::vector<Case>> suites) {
  StringRef separator;
  for (const std::vector<Case> &cases : suites) {
    for (const Case &source : cases) {
      llvm::outs() << separator << "// " << source.suite << " "
                   << ::attn::dtypeName(source.type) << ": " << source.name
                   << "\n// " << source.work
                   << (source.bound == Bound::Memory ? " B\n" : " FLOP\n")
                   << source.program.text;
      separator = "// -----\n";
    }
  }
}

static LogicalResult printPeaks(const Options &options) {
  if (!options.driver.empty()) {
    StringRef separator;
    for (const PeakProgram &program : DevicePeak::getPrograms()) {
      llvm::outs() << separator << "// " << program.name << ": " << program.work
                   << " FLOP of a warp in a turn\n"
                   << program.ptx;
      separator = "// -----\n";
    }
    return success();
  }
  auto text = Peak::getPrograms(options.compile.target);
  if (!text)
    return fail(text.message());
  llvm::outs() << *text;
  return success();
}

/// What measures compiled cases: a CPU or a GPU, beside its peaks.
using Measure = std::function<std::vector<Row>(std::vector<CompiledCase> &)>;

/// Where cases are compiled for and measured; `device` is null for the CPU.
struct Place {
  MLIRContext &context;
  std::shared_ptr<Device> device;
  Measure measure;
};

/// Compiles `source` with the schedule of each of `targets`.
static LogicalResult compileCase(const Case &source, const Options &options,
                                 ArrayRef<TargetOptions> targets,
                                 const Place &place,
                                 std::vector<CompiledCase> &compiled) {
  LogicalResult result = success();
  for (const TargetOptions &target : targets) {
    CompileOptions compile = options.compile;
    compile.target = target;
    auto one =
        compileProgram(source.program, place.context, compile, place.device);
    if (!one) {
      result = fail(source.suite + " " + source.name + ": " + one.message());
      continue;
    }
    one->source = &source;
    if (options.sweep)
      one->schedule = toString(target);
    compiled.push_back(std::move(*one));
  }
  return result;
}

/// Measures compiled cases and prints their table.
static LogicalResult runCases(std::vector<CompiledCase> &compiled,
                              const Options &options, const Place &place,
                              std::vector<Row> &rows) {
  std::vector<Row> measured = place.measure(compiled);
  if (options.sweep)
    rankSchedules(measured);
  printTable(llvm::outs(), measured);
  if (!place.device &&
      measured.size() < compiled.size() * options.measure.threads.size())
    llvm::outs() << "this code has no threads: measured on one\n";
  llvm::outs().flush();
  rows.insert(rows.end(), measured.begin(), measured.end());
  return success(llvm::all_of(
      measured, [](const Row &row) { return row.problem.empty(); }));
}

/// A table of the suite; of a sweep, one of each case.
static LogicalResult runSuite(ArrayRef<Case> cases, const Options &options,
                              const Place &place, std::vector<Row> &rows) {
  LogicalResult result = success();
  std::vector<CompiledCase> compiled;
  for (const Case &source : cases) {
    std::vector<TargetOptions> targets = {options.compile.target};
    if (options.sweep) {
      auto schedules = makeSchedules(options.compile.target, source.type);
      if (!schedules)
        return fail(schedules.message());
      targets = std::move(*schedules);
    }
    if (failed(compileCase(source, options, targets, place, compiled)))
      result = failure();
    if (!options.sweep)
      continue;
    if (failed(runCases(compiled, options, place, rows)))
      result = failure();
    compiled.clear();
  }
  if (!options.sweep && failed(runCases(compiled, options, place, rows)))
    result = failure();
  return result;
}

/// Prints the heading, with what its peaks are measured by.
static FailureOr<Measure> makeMeasure(const Options &options,
                                      const std::shared_ptr<Device> &device) {
  if (device) {
    auto made = DevicePeak::create(*device);
    if (!made)
      return fail(made.message());
    printHeading(llvm::outs(), options, *device);
    auto peak = std::make_shared<DevicePeak>(std::move(*made));
    return Measure([=](std::vector<CompiledCase> &cases) {
      return measureOnDevice(cases, *device, *peak, options.measure);
    });
  }
  auto made = Peak::create(options.compile.target);
  if (!made)
    return fail(made.message());
  printHeading(llvm::outs(), options, (*made)->getVectorBits());
  std::shared_ptr<Peak> peak = std::move(*made);
  return Measure([=](std::vector<CompiledCase> &cases) {
    return measure(cases, *peak, options.measure);
  });
}

static LogicalResult run(const Options &options) {
  if (options.printPeaks)
    return printPeaks(options);
  std::vector<std::vector<Case>> suites;
  for (const std::string &name : options.suites)
    for (::attn::DType type : options.types)
      suites.push_back(makeSuite(name, options.sizes, type));
  if (options.printPrograms) {
    printPrograms(suites);
    return success();
  }
  DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  DiagnosticPrinter printer("attn-bench", &context);
  std::shared_ptr<Device> device;
  if (!options.driver.empty()) {
    auto opened = Device::open(options.driver);
    if (!opened)
      return fail(opened.message());
    device = *opened;
  }
  LogicalResult result = success();
  if (options.check)
    for (const std::vector<Case> &cases : suites)
      if (failed(checkCases(cases, options.compile, context, device)))
        result = failure();
  if (options.checkOnly)
    return result;
  auto measure = makeMeasure(options, device);
  if (failed(measure))
    return failure();
  llvm::outs().flush();
  const Place place = {context, device, *measure};
  std::vector<Row> rows;
  for (const std::vector<Case> &cases : suites)
    if (failed(runSuite(cases, options, place, rows)))
      result = failure();
  if (!options.json.empty())
    if (HostStatus status = writeJson(options, device.get(), rows); !status)
      return fail(status.message());
  if (!options.picture.empty())
    if (HostStatus status = writePicture(options.picture, rows); !status)
      return fail(status.message());
  return result;
}

int main(int argc, char **argv) {
  checkStandardOutput("attn-bench");
  reportFatalErrors("attn-bench");
  auto options = parseOptions(argc, argv);
  if (failed(options))
    return 1;
  // A GPU's driver reserves addresses for all of its memory.
  if (options->driver.empty())
    limitMemory();
  return failed(run(*options));
}
