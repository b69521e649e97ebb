//===- attn-run.cpp - Compile or load, run on real tensors, compare, time -===//

#include "Comparing.h"
#include "Diagnostics.h"
#include "Options.h"
#include "Session.h"
#include "Weights.h"

#include "attn/Files/StandardOutput.h"
#include "attn/Run/Benchmark.h"
#include "attn/Run/Files.h"
#include "attn/Run/Flops.h"
#include "attn/Run/IntegerRanges.h"
#include "attn/Run/Report.h"

#include "llvm/Support/Format.h"
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
  for (const auto &[name, range] : options.random.ranges) {
    auto isNamed = [&, &name = name](const TensorSignature &input) {
      return input.name == name;
    };
    if (llvm::none_of(signature.inputs, isNamed))
      return run::fail("expected the name of an input of '" + signature.name +
                       "' in --range, got '" + name + "'");
  }
  return success();
}

/// What integers of each input are good for; nothing for a shared library.
static std::vector<std::optional<NumberRange>>
findUsualRanges(Session &session, const std::vector<::attn::Shape> &shapes) {
  OwningOpRef<ModuleOp> model = session.specialize(shapes);
  if (!model)
    return std::vector<std::optional<NumberRange>>(shapes.size());
  return inferIntegerRanges(session.getFunctionOf(*model));
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
  std::vector<std::optional<NumberRange>> usual;
  if (options.randomInputs)
    usual = findUsualRanges(session, *shapes);
  Tensors inputs;
  for (auto [n, tensor] : llvm::enumerate(*read)) {
    if (tensor) {
      inputs.push_back(std::move(*tensor));
      continue;
    }
    auto random = makeRandom(signature.inputs[n], n, (*shapes)[n],
                             options.random, usual[n]);
    if (!random)
      return run::fail(random);
    inputs.push_back(std::move(*random));
  }
  return inputs;
}

/// The outputs without the weights, which --weights asked for.
static std::vector<TensorSignature> getOwnOutputs(const Session &session) {
  std::vector<TensorSignature> outputs = session.getSignature().outputs;
  outputs.resize(outputs.size() - session.getNumWeights());
  return outputs;
}

/// Finds what is wrong with --output and --expected before any time is spent.
static LogicalResult checkOutputs(const Session &session) {
  const Options &options = session.getOptions();
  auto paths = assignFiles(options.outputs, getOwnOutputs(session), "--output");
  if (!paths)
    return run::fail(paths);
  auto expected = assignFiles(options.expected, session.getSignature().outputs,
                              "--expected");
  return expected ? success() : run::fail(expected);
}

/// Writes or reports the function's own outputs.
static LogicalResult deliver(const Session &session, const Tensors &outputs) {
  const std::vector<TensorSignature> described = getOwnOutputs(session);
  auto paths = assignFiles(session.getOptions().outputs, described, "--output");
  if (!paths)
    return run::fail(paths);
  for (auto [n, description] : llvm::enumerate(described)) {
    const std::string &path = (*paths)[n];
    if (path.empty()) {
      printTensor(llvm::outs(), description.name, outputs[n]);
      continue;
    }
    if (auto status = writeTensor(path, outputs[n]); !status)
      return run::fail(status);
  }
  return success();
}

/// Writes the outputs that are attention weights: the last ones.
static LogicalResult deliverWeights(const Session &session,
                                    const Tensors &outputs) {
  const size_t first = outputs.size() - session.getNumWeights();
  std::vector<std::string> names;
  for (size_t n = first; n < outputs.size(); ++n)
    names.push_back(session.getSignature().outputs[n].name);
  return writeWeights(session.getOptions().weights, names,
                      Tensors(outputs.begin() + first, outputs.end()));
}

static void printTiming(const Timing &timing, std::optional<double> flops) {
  auto milliseconds = [](double seconds) {
    return llvm::format("%.4g ms", seconds * 1e3);
  };
  auto mebibytes = [](int64_t bytes) {
    return llvm::format("%.1f MiB", double(bytes) / (1 << 20));
  };
  llvm::outs() << "time: median " << milliseconds(timing.median) << ", from "
               << milliseconds(timing.low) << " (10 %) to "
               << milliseconds(timing.high) << " (90 %), " << timing.runs
               << " runs\n";
  if (flops)
    llvm::outs() << "rate: "
                 << llvm::format("%.4g GFLOP/s (%.4g MFLOP a run)",
                                 *flops / timing.median * 1e-9, *flops * 1e-6)
                 << "\n";
  if (timing.peakBytes)
    llvm::outs() << "memory: " << mebibytes(timing.peakBytes) << " at peak, "
                 << mebibytes(timing.addedBytes) << " of it for the runs\n";
}

static LogicalResult runBenchmark(Session &session, const Tensors &inputs,
                                  Tensors &outputs) {
  std::vector<::attn::Shape> shapes;
  for (const ::attn::Tensor &input : inputs)
    shapes.push_back(input.shape());
  if (std::optional<double> seconds = session.getLoadSeconds())
    llvm::outs() << "load: " << llvm::format("%.4g ms\n", *seconds * 1e3);
  std::optional<double> flops;
  if (OwningOpRef<ModuleOp> model = session.specialize(shapes))
    flops = countFlops(session.getFunctionOf(*model));
  auto timing =
      benchmark([&] { return session.getFunction().runInto(inputs, outputs); },
                *session.getOptions().benchmarkSeconds);
  if (!timing)
    return run::fail(timing);
  printTiming(*timing, flops);
  return success();
}

static LogicalResult runModel(const Options &options) {
  // Read by the OpenMP runtime when an artifact brings it in.
  if (options.threads)
    setenv("OMP_NUM_THREADS", std::to_string(options.threads).c_str(), 1);
  Session session(options);
  if (failed(session.open()))
    return failure();
  if (!options.onnxTest.empty())
    return failed(session.build()) ? failure() : runOnnxTests(session);
  auto inputs = makeInputs(session);
  if (failed(inputs) || failed(checkOutputs(session)) ||
      failed(session.build()))
    return failure();
  auto outputs = session.getFunction().run(*inputs);
  if (!outputs)
    return run::fail(outputs);
  if (failed(deliver(session, *outputs)))
    return failure();
  if (!options.weights.empty() && failed(deliverWeights(session, *outputs)))
    return failure();
  LogicalResult agree = success();
  if (options.compareReference)
    agree = compareWithReference(session, *inputs, *outputs);
  if (options.benchmarkSeconds &&
      failed(runBenchmark(session, *inputs, *outputs)))
    return failure();
  return agree;
}

int main(int argc, char **argv) {
  checkStandardOutput("attn-run");
  reportFatalErrors("attn-run");
  auto options = parseOptions(argc, argv);
  return failed(options) || failed(runModel(*options));
}
