//===- Check.cpp - Whether cases compute what they should -----------------===//

#include "Check.h"

#include "Measure.h"
#include "Recurrence.h"
#include "attn/Driver/Messages.h"
#include "attn/Interpreter/Interpreter.h"
#include "attn/Reference/Compare.h"

#include "llvm/Support/raw_ostream.h"

namespace mlir::attn::bench {

static LogicalResult fail(const Case &source, const Twine &message) {
  return printError("attn-bench", "check of " + source.suite + " " +
                                      source.name + ": " + message);
}

/// The oracle's outputs for these inputs.
static FailureOr<std::vector<Tensor>> interpretProgram(const Case &source,
                                                       ArrayRef<Tensor> inputs,
                                                       MLIRContext &context) {
  OwningOpRef<ModuleOp> module = parseProgram(source.small, context);
  if (!module)
    return failure();
  auto function = module->lookupSymbol<func::FuncOp>("main");
  if (auto obstacle = findUninterpretable(function))
    return fail(source,
                "expected ops that the oracle knows, got '" + *obstacle + "'");
  return interpret(function, inputs);
}

/// Prints one line and says whether they agree.
static bool report(const Case &source, StringRef what, const Tensor &actual,
                   const Tensor &expected, ExpAccuracy exp) {
  const ::attn::Comparison result = ::attn::compare(
      actual, expected,
      exp == ExpAccuracy::Fast ? ::attn::fastExpTolerance(expected.dtype())
                               : ::attn::defaultTolerance(expected.dtype()));
  llvm::outs() << "check " << source.suite << " "
               << ::attn::dtypeName(source.type) << " " << source.name << what
               << ", as " << actual.typeString() << ": " << result.summary()
               << "\n";
  return result.agree;
}

/// The yardsticks must compute the same.
static bool checkRecurrence(const Case &source, const CompileOptions &options,
                            const std::vector<Tensor> &inputs,
                            const Tensor &expected) {
  auto recurrence = Recurrence::create(options.target, *source.smallRecurrence);
  // Sizes that do not fit the vectors have no yardstick.
  if (!recurrence)
    return true;
  bool agree = true;
  for (auto [order, name] :
       {std::pair(Recurrence::Order::Sequential, " (sequential)"),
        std::pair(Recurrence::Order::Blocked, " (in L1)")}) {
    Tensor output(expected.dtype(), expected.shape());
    (*recurrence)->run(inputs, output, order, 1, ThreadTeam::find());
    agree &= report(source, name, output, expected, ExpAccuracy::Exact);
  }
  return agree;
}

static LogicalResult checkCase(const Case &source,
                               const CompileOptions &options,
                               MLIRContext &context,
                               std::shared_ptr<Device> device) {
  const bool isOnGPU = device != nullptr;
  auto compiled =
      compileProgram(source.small, context, options, std::move(device));
  if (!compiled)
    return fail(source, compiled.message());
  auto inputs = makeInputs(*compiled, source.small, /*seed=*/1);
  if (!inputs)
    return fail(source, inputs.message());
  auto outputs = compiled->function.run(*inputs);
  if (!outputs)
    return fail(source, outputs.message());
  auto expected = interpretProgram(source, *inputs, context);
  if (failed(expected))
    return failure();
  bool agree = true;
  for (auto [actual, wanted] : llvm::zip_equal(*outputs, *expected))
    agree &= report(source, "", actual, wanted, options.target.exp);
  if (source.smallRecurrence && !isOnGPU)
    agree &= checkRecurrence(source, options, *inputs, expected->front());
  return success(agree);
}

LogicalResult checkCases(ArrayRef<Case> cases, const CompileOptions &options,
                         MLIRContext &context, std::shared_ptr<Device> device) {
  LogicalResult agree = success();
  for (const Case &source : cases)
    if (failed(checkCase(source, options, context, device)))
      agree = failure();
  llvm::outs().flush();
  return agree;
}

} // namespace mlir::attn::bench
