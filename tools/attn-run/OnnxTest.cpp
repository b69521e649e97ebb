//===- OnnxTest.cpp - Models against ONNX's test data ---------------------===//
//
// A test is a folder test_data_set_N with input_K.pb and output_K.pb, where K
// counts the graph's inputs and outputs.
//
//===----------------------------------------------------------------------===//

#include "Comparing.h"
#include "Diagnostics.h"

#include "attn/Run/Files.h"
#include "attn/Run/Flops.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>

namespace mlir::attn::run {

/// The folders test_data_set_*, by number.
static FailureOr<std::vector<std::string>> findDataSets(StringRef folder) {
  std::vector<std::pair<unsigned, std::string>> found;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(folder, error), end;
       it != end && !error; it.increment(error)) {
    StringRef name = llvm::sys::path::filename(it->path());
    unsigned number;
    if (name.consume_front("test_data_set_") && !name.getAsInteger(10, number))
      found.emplace_back(number, it->path());
  }
  if (error)
    return fail("'" + folder + "': " + error.message());
  if (found.empty())
    return fail("expected folders test_data_set_* in '" + folder +
                "', got none");
  llvm::sort(found);
  std::vector<std::string> paths;
  for (auto &[number, path] : found)
    paths.push_back(std::move(path));
  return paths;
}

static std::string fileOf(StringRef folder, StringRef kind, size_t k) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, kind + "_" + llvm::Twine(k) + ".pb");
  return std::string(path);
}

/// Reads KIND_0.pb and so on, exactly one for each of `tensors`.
static FailureOr<std::vector<Tensor>>
readAll(StringRef folder, StringRef kind,
        const std::vector<TensorSignature> &tensors) {
  std::vector<Tensor> result;
  for (auto [k, tensor] : llvm::enumerate(tensors)) {
    const std::string path = fileOf(folder, kind, k);
    if (!llvm::sys::fs::exists(path))
      return fail("expected '" + path + "' for " + kind + " '" + tensor.name +
                  "' (" + toString(tensor) + "), got no such file");
    HostResult<Tensor> read = readTensor(path);
    if (!read)
      return fail(read);
    result.push_back(std::move(*read));
  }
  const std::string surplus = fileOf(folder, kind, tensors.size());
  if (llvm::sys::fs::exists(surplus))
    return fail("expected " + llvm::Twine(tensors.size()) + " " + kind +
                "s as the model has, got '" + surplus + "' too");
  return result;
}

/// The tolerances of a test, for one operator or for a model.
using ToleranceOf = llvm::function_ref<::attn::Tolerance(::attn::DType)>;

static LogicalResult runDataSet(Session &session, StringRef folder,
                                ToleranceOf tolerance) {
  const FunctionSignature &signature = session.getSignature();
  auto inputs = readAll(folder, "input", signature.inputs);
  if (failed(inputs))
    return failure();
  auto expected = readAll(folder, "output", signature.outputs);
  if (failed(expected))
    return failure();
  HostResult<std::vector<Tensor>> outputs = session.getFunction().run(*inputs);
  if (!outputs)
    return fail(outputs);
  bool agree = true;
  const std::string prefix = (llvm::sys::path::filename(folder) + " ").str();
  for (auto [n, output] : llvm::enumerate(*outputs)) {
    const Tensor &wanted = (*expected)[n];
    agree &= printComparison(
        prefix + signature.outputs[n].name, output, wanted,
        adjust(tolerance(wanted.dtype()), session.getOptions()));
  }
  if (session.getOptions().compareReference &&
      failed(compareWithReference(session, *inputs, *outputs)))
    return failure();
  return success(agree);
}

static ::attn::Tolerance looser(::attn::Tolerance x, ::attn::Tolerance y) {
  return {std::max(x.relative, y.relative), std::max(x.absolute, y.absolute)};
}

/// Twelve layers' worth, for a library, which does not tell.
static constexpr ProductCount unknownProducts{100, 100};

static ProductCount countAndPrintProducts(Session &session) {
  func::FuncOp source = session.getSource();
  const ProductCount count = source ? countProducts(source) : unknownProducts;
  llvm::outs() << "tolerance: ";
  if (count.operators <= 1)
    llvm::outs() << "of one operator, as ONNX's tests have it\n";
  else
    llvm::outs() << "of a model of " << count.products << " matrix products"
                 << (source ? "" : ", as nothing is known of a library's")
                 << "\n";
  return count;
}

LogicalResult runOnnxTests(Session &session) {
  auto folders = findDataSets(session.getOptions().onnxTest);
  if (failed(folders))
    return failure();
  const ProductCount count = countAndPrintProducts(session);
  const bool fastExp =
      session.getOptions().compile.target.exp == ExpAccuracy::Fast;
  auto tolerance = [&](::attn::DType type) {
    if (count.operators <= 1)
      return ::attn::onnxTestTolerance(type);
    const ::attn::Tolerance model =
        ::attn::modelTolerance(type, count.products);
    return fastExp ? looser(model, ::attn::fastExpTolerance(type)) : model;
  };
  LogicalResult result = success();
  for (const std::string &folder : *folders)
    if (failed(runDataSet(session, folder, tolerance)))
      result = failure();
  return result;
}

} // namespace mlir::attn::run
