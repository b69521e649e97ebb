//===- attn-bench.cpp - Performance, against the machine's own limits -----===//

#include "Check.h"
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
                   << "\n"
                   << source.program.text;
      separator = "// -----\n";
    }
  }
}

static LogicalResult printPeaks(const TargetOptions &target) {
  auto text = Peak::getPrograms(target);
  if (!text)
    return fail(text.message());
  llvm::outs() << *text;
  return success();
}

/// Compiles `source` with the schedule of each of `targets`.
static LogicalResult compileCase(const Case &source, const Options &options,
                                 ArrayRef<TargetOptions> targets,
                                 MLIRContext &context,
                                 std::vector<CompiledCase> &compiled) {
  LogicalResult result = success();
  for (const TargetOptions &target : targets) {
    CompileOptions compile = options.compile;
    compile.target = target;
    auto one = compileProgram(source.program, context, compile);
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
                              const Options &options, Peak &peak,
                              std::vector<Row> &rows) {
  std::vector<Row> measured = measure(compiled, peak, options.measure);
  if (options.sweep)
    rankSchedules(measured);
  printTable(llvm::outs(), measured);
  if (measured.size() < compiled.size() * options.measure.threads.size())
    llvm::outs() << "this code has no threads: measured on one\n";
  llvm::outs().flush();
  rows.insert(rows.end(), measured.begin(), measured.end());
  return success(llvm::all_of(
      measured, [](const Row &row) { return row.problem.empty(); }));
}

/// A table of the suite; of a sweep, one of each case.
static LogicalResult runSuite(ArrayRef<Case> cases, const Options &options,
                              MLIRContext &context, Peak &peak,
                              std::vector<Row> &rows) {
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
    if (failed(compileCase(source, options, targets, context, compiled)))
      result = failure();
    if (!options.sweep)
      continue;
    if (failed(runCases(compiled, options, peak, rows)))
      result = failure();
    compiled.clear();
  }
  if (!options.sweep && failed(runCases(compiled, options, peak, rows)))
    result = failure();
  return result;
}

static LogicalResult run(const Options &options) {
  if (options.printPeaks)
    return printPeaks(options.compile.target);
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
  LogicalResult result = success();
  if (options.check)
    for (const std::vector<Case> &cases : suites)
      if (failed(checkCases(cases, options.compile, context)))
        result = failure();
  if (options.checkOnly)
    return result;
  auto peak = Peak::create(options.compile.target);
  if (!peak)
    return fail(peak.message());
  printHeading(llvm::outs(), options, (*peak)->getVectorBits());
  llvm::outs().flush();
  std::vector<Row> rows;
  for (const std::vector<Case> &cases : suites)
    if (failed(runSuite(cases, options, context, **peak, rows)))
      result = failure();
  if (!options.json.empty())
    if (HostStatus status = writeJson(options, rows); !status)
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
  limitMemory();
  return failed(run(*options));
}
