//===- Comparing.cpp - Outputs against what they should be ----------------===//

#include "Comparing.h"
#include "Diagnostics.h"

#include "attn/Interpreter/Interpreter.h"
#include "attn/Reference/Compare.h"
#include "attn/Run/Files.h"
#include "attn/Run/Flops.h"

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

/// What the weights of a model of f32 were rounded to, or nothing.
static std::optional<::attn::DType> getNarrow(Precision precision) {
  switch (precision) {
  case Precision::F32:
    return std::nullopt;
  case Precision::BF16:
    return ::attn::DType::bf16;
  case Precision::F16:
    return ::attn::DType::f16;
  }
  llvm_unreachable("every precision is listed");
}

static ::attn::Tolerance getTolerance(::attn::DType type, Session &session) {
  const Options &options = session.getOptions();
  const auto narrow = getNarrow(options.compile.precision);
  if (narrow && type == ::attn::DType::f32)
    return adjust(::attn::modelTolerance(
                      *narrow, countProducts(session.getSource()).products),
                  options);
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

/// To the files of --expected.
static LogicalResult writeExpected(const Session &session,
                                   const std::vector<Tensor> &expected) {
  auto paths = assignFiles(session.getOptions().expected,
                           session.getSignature().outputs, "--expected");
  if (!paths)
    return fail(paths);
  for (auto [path, tensor] : llvm::zip_equal(*paths, expected)) {
    if (path.empty())
      continue;
    if (auto status = writeTensor(path, tensor); !status)
      return fail(status);
  }
  return success();
}

LogicalResult compareWithReference(Session &session,
                                   const std::vector<Tensor> &inputs,
                                   const std::vector<Tensor> &outputs) {
  auto expected = runReference(session, inputs);
  if (failed(expected) || failed(writeExpected(session, *expected)))
    return failure();
  bool agree = true;
  for (auto [n, output] : llvm::enumerate(outputs)) {
    const Tensor &wanted = (*expected)[n];
    agree &= printComparison(session.getSignature().outputs[n].name, output,
                             wanted, getTolerance(wanted.dtype(), session));
  }
  return success(agree);
}

} // namespace mlir::attn::run
