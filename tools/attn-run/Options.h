//===- Options.h - The command line of attn-run -----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_OPTIONS_H
#define ATTN_TOOLS_ATTN_RUN_OPTIONS_H

#include "attn/Driver/Driver.h"
#include "attn/Run/Inputs.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::attn::run {

/// What the user asked for, checked as far as that needs no model.
struct Options {
  std::string model;
  std::string function;
  /// A file that has the function compiled, or is to have it.
  std::string library;
  /// Without `dimensions` where the model is a shared library.
  CompileOptions compile;

  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  bool randomInputs = false;
  RandomOptions random;

  std::string onnxTest;
  bool compareReference = false;
  std::vector<std::string> expected;
  std::optional<double> rtol, atol;

  std::optional<double> benchmarkSeconds;
  unsigned threads = 0;

  /// The CUDA driver that code for GPUs runs on.
  std::string driver;

  std::string weights;
  std::optional<unsigned> attention;

  bool isArtifact() const;
};

/// Reads the command line. Errors are printed. Does not return for --help,
/// --version and --print-target.
FailureOr<Options> parseOptions(int argc, char **argv);

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_OPTIONS_H
