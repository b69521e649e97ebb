//===- Comparing.h - Outputs against what they should be --------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_COMPARING_H
#define ATTN_TOOLS_ATTN_RUN_COMPARING_H

#include "Session.h"

#include "attn/Reference/Tolerances.h"

namespace mlir::attn::run {

/// Prints one line: `NAME: agree: …` or `NAME: differ: …`, and the tolerance.
/// Returns whether they agree.
bool printComparison(StringRef name, const Tensor &actual,
                     const Tensor &expected, ::attn::Tolerance tolerance);

/// `--rtol` and `--atol` in place of what a table says.
::attn::Tolerance adjust(::attn::Tolerance tolerance, const Options &options);

/// Runs all `test_data_set_*` of --onnx-test. Fails when an output is not what
/// the test says.
LogicalResult runOnnxTests(Session &session);

/// Compares outputs with the oracle on the same inputs; what it gives goes to
/// the files of --expected.
LogicalResult compareWithReference(Session &session,
                                   const std::vector<Tensor> &inputs,
                                   const std::vector<Tensor> &outputs);

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_COMPARING_H
