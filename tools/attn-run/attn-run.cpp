//===- attn-run.cpp - Compile or load, run on real tensors, compare, time -===//

#include "Comparing.h"
#include "Diagnostics.h"
#include "Options.h"
#include "Session.h"

#include "attn/Run/Files.h"
#include "attn/Run/Report.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::run;
using Tensors = std::vector<::attn::Tensor>;

static FailureOr<std::vector<std::optional<::attn::Tensor>>>
readInputs(const Options &options, const FunctionSignature &signature) {
  auto paths = assignFiles(options.inputs, signature.inputs, "--input");
  if (!paths)
    return run::fail(paths);
  std::vector<std::optional<::attn::Tensor>> read(signature.inputs.size());
  for (auto [n, path] : llvm::enumerate(*paths)) {
    if (path.empty()) {
      if (options.randomInputs)
        continue;
      return run::fail("expected --input for '" + signature.inputs[n].name +
                       "' (" + toString(signature.inputs[n]) +
                       "), or --random-inputs, got neither");
    }
    auto tensor = readTensor(path);
    if (!tensor)
      return run::fail(tensor);
    read[n] = std::move(*tensor);
  }
  return read;
}

static LogicalResult checkRanges(const Options &options,
                                 const FunctionSignature &signature) {
  for (const auto &[name, range] : options.random.ranges)
    if (llvm::none_of(signature.inputs,
                      [&](const auto &input) { return input.name == name; }))
      return run::fail("expected the name of an input of '" + signature.name +
                       "' in --range, got '" + name + "'");
  return success();
}

static FailureOr<Tensors> makeInputs(Session &session) {
  const Options &options = session.getOptions();
  const FunctionSignature &signature = session.getSignature();
  if (failed(checkRanges(options, signature)))
    return failure();
  auto read = readInputs(options, signature);
  if (failed(read))
    return failure();
  // The model's dimensions of these names are fixed already.
  std::map<std::string, int64_t> sizes;
  if (options.compile.dimensions.empty())
    sizes = options.random.dimensions;
  auto shapes = resolveShapes(signature, *read, sizes);
  if (!shapes)
    return run::fail(shapes);
  Tensors inputs;
  for (auto [n, tensor] : llvm::enumerate(*read)) {
    if (tensor) {
      inputs.push_back(std::move(*tensor));
      continue;
    }
    auto random = makeRandom(signature.inputs[n], n, (*shapes)[n],
                             options.random, std::nullopt);
    if (!random)
      return run::fail(random);
    inputs.push_back(std::move(*random));
  }
  return inputs;
}

static LogicalResult deliver(const Options &options,
                             const FunctionSignature &signature,
                             const Tensors &outputs) {
  auto paths = assignFiles(options.outputs, signature.outputs, "--output");
  if (!paths)
    return run::fail(paths);
  for (auto [n, output] : llvm::enumerate(outputs)) {
    const std::string &path = (*paths)[n];
    if (path.empty()) {
      printTensor(llvm::outs(), signature.outputs[n].name, output);
      continue;
    }
    if (auto status = writeTensor(path, output); !status)
      return run::fail(status);
  }
  return success();
}

static LogicalResult runModel(const Options &options) {
  // Read by the OpenMP runtime when an artifact brings it in.
  if (options.threads)
    setenv("OMP_NUM_THREADS", std::to_string(options.threads).c_str(), 1);
  Session session(options);
  if (failed(session.prepare()))
    return failure();
  if (!options.onnxTest.empty())
    return runOnnxTests(session);
  auto inputs = makeInputs(session);
  if (failed(inputs))
    return failure();
  auto outputs = session.getFunction().run(*inputs);
  if (!outputs)
    return run::fail(outputs);
  if (failed(deliver(options, session.getSignature(), *outputs)))
    return failure();
  if (options.compareReference)
    return compareWithReference(session, *inputs, *outputs);
  return success();
}

/// LLVM's last resort where code generation meets what it cannot do.
static void reportFatal(void *, const char *reason, bool) {
  (void)run::fail("code generation: " + llvm::Twine(reason));
  exit(1);
}

int main(int argc, char **argv) {
  llvm::install_fatal_error_handler(reportFatal);
  auto options = parseOptions(argc, argv);
  return failed(options) || failed(runModel(*options));
}
