//===- Options.h - The command line of attn-bench ---------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_OPTIONS_H
#define ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_OPTIONS_H

#include "Measure.h"
#include "Suites.h"
#include "attn/Driver/Driver.h"

namespace mlir::attn::bench {

/// What the user asked for.
struct Options {
  std::vector<std::string> suites; // prefill, decode, masks, linear
  std::vector<::attn::DType> types;
  Sizes sizes;
  MeasureOptions measure;
  bool cpuClock = false;
  CompileOptions compile;
  /// Compare each case with the oracle first; then measure, or not.
  bool check = false, checkOnly = false;
  /// Print the programs instead of running anything.
  bool printPrograms = false;
  /// The same of the kernels that reach the peaks.
  bool printPeaks = false;
  /// Measure each case under many schedules.
  bool sweep = false;
  std::string json, picture;
  /// Of the GPU to measure on; empty: on this CPU.
  std::string driver;
};

/// Reads the command line. Errors are printed. Does not return for --help,
/// --version and --print-target.
FailureOr<Options> parseOptions(int argc, char **argv);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_TOOLS_ATTN_BENCH_OPTIONS_H
