//===- Comparing.cpp - Outputs against what they should be ----------------===//

#include "Comparing.h"
#include "Diagnostics.h"

#include "attn/Interpreter/Interpreter.h"
#include "attn/Reference/Compare.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::attn::run {

bool printComparison(StringRef name, const Tensor &actual,
                     const Tensor &expected, ::attn::Tolerance tolerance) {
  const ::attn::Comparison result =
      ::attn::compare(actual, expected, tolerance);
  llvm::outs() << name << " " << actual.typeString() << ": "
               << result.summary();
  if (::attn::isFloat(expected.dtype()))
    llvm::outs() << llvm::format(" (rtol %g, atol %g)", tolerance.relative,
                                 tolerance.absolute);
  llvm::outs() << "\n";
  return result.agree;
}

::attn::Tolerance adjust(::attn::Tolerance tolerance, const Options &options) {
  return {options.rtol.value_or(tolerance.relative),
          options.atol.value_or(tolerance.absolute)};
}

static ::attn::Tolerance getTolerance(::attn::DType type,
                                      const Options &options) {
  return adjust(options.compile.target.exp == ExpAccuracy::Fast
                    ? ::attn::fastExpTolerance(type)
                    : ::attn::defaultTolerance(type),
                options);
}

/// What the outputs should be, and who says so.
static FailureOr<std::vector<Tensor>>
runReference(Session &session, const std::vector<Tensor> &inputs) {
  func::FuncOp function = session.getSource();
  if (auto obstacle = findUninterpretable(function)) {
    llvm::outs() << "reference: plain lowering (no oracle for '" << *obstacle
                 << "')\n";
    return session.runPlain(inputs);
  }
  llvm::outs() << "reference: oracle\n";
  return interpret(function, inputs);
}

LogicalResult compareWithReference(Session &session,
                                   const std::vector<Tensor> &inputs,
                                   const std::vector<Tensor> &outputs) {
  auto expected = runReference(session, inputs);
  if (failed(expected))
    return failure();
  bool agree = true;
  for (auto [n, output] : llvm::enumerate(outputs)) {
    const Tensor &wanted = (*expected)[n];
    agree &=
        printComparison(session.getSignature().outputs[n].name, output, wanted,
                        getTolerance(wanted.dtype(), session.getOptions()));
  }
  return success(agree);
}

} // namespace mlir::attn::run
