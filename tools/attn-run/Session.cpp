//===- Session.cpp - A model that is ready to run -------------------------===//

#include "Session.h"
#include "Diagnostics.h"

#include "attn/Files/TemporaryFolder.h"
#include "attn/InitAll.h"
#include "attn/Run/AttentionWeights.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

#include <chrono>

namespace mlir::attn::run {

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  attn::registerAllDialects(registry);
  return registry;
}

Session::Session(const Options &options)
    : options(options),
      context(makeRegistry(), MLIRContext::Threading::DISABLED),
      printer("attn-run", &context) {}

func::FuncOp Session::getSource() {
  return module ? getFunctionOf(*module) : func::FuncOp();
}

LogicalResult Session::openModel() {
  auto loaded = loadModel(options.model, &context, options.compile,
                          &printer.getSources());
  if (failed(loaded))
    return failure();
  module = std::move(*loaded);
  auto signatures = getSignatures(*module);
  if (failed(signatures))
    return failure();
  HostResult<const FunctionSignature *> chosen =
      chooseFunction(*signatures, options.function);
  if (!chosen)
    return fail(chosen);
  signature = **chosen;
  // What is not run need not be compiled.
  for (auto other : module->getOps<func::FuncOp>())
    if (other.isPublic() && other.getName() != signature.name)
      other.setPrivate();
  if (options.weights.empty())
    return success();
  auto added = addAttentionWeights(getSource(), options.attention);
  if (failed(added))
    return failure();
  numWeights = *added;
  auto extended = attn::getSignature(getSource());
  if (failed(extended))
    return failure();
  signature = std::move(*extended);
  return success();
}

FailureOr<LoadedFunction> Session::find(const LoadedArtifact &in,
                                        StringRef name) {
  HostResult<LoadedFunction> found = in.function(name.str());
  if (!found)
    return fail(found);
  if (!in.isForGPU())
    return *found;
  if (!device) {
    auto opened = Device::open(options.driver);
    if (!opened)
      return fail(opened);
    device = *opened;
  }
  found->useDevice(device);
  return *found;
}

FailureOr<LoadedArtifact> Session::load(const std::string &path) {
  HostResult<LoadedArtifact> loaded = LoadedArtifact::load(path);
  if (!loaded)
    return fail(loaded);
  return std::move(*loaded);
}

LogicalResult Session::openArtifact() {
  const auto start = std::chrono::steady_clock::now();
  auto loaded = load(options.model);
  loadSeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (failed(loaded))
    return failure();
  artifact = std::move(*loaded);
  auto found = find(*artifact, options.function);
  if (failed(found))
    return failure();
  function = *found;
  signature = function->signature();
  return success();
}

LogicalResult Session::open() {
  return options.isArtifact() ? openArtifact() : openModel();
}

LogicalResult Session::compileTo(const std::string &path,
                                 const CompileOptions &compileOptions) {
  OwningOpRef<ModuleOp> copy = module->clone();
  return compileToSharedLibrary(*copy, path, compileOptions);
}

FailureOr<LoadedArtifact>
Session::compile(const CompileOptions &compileOptions) {
  auto folder = TemporaryFolder::create("attn-run");
  if (!folder)
    return fail(llvm::toString(folder.takeError()));
  const std::string path = folder->file("model.so");
  if (failed(compileTo(path, compileOptions)))
    return failure();
  // The files may go: a library that is open stays.
  return load(path);
}

/// The file of --library, which is made where there is none.
FailureOr<LoadedArtifact> Session::openLibrary() {
  if (!llvm::sys::fs::exists(options.library) &&
      failed(compileTo(options.library, options.compile)))
    return failure();
  auto loaded = load(options.library);
  if (failed(loaded))
    return failure();
  const bool wantsGPU = !options.compile.gpuArch.empty();
  if (loaded->isForGPU() == wantsGPU)
    return loaded;
  auto name = [](bool isGPU) { return isGPU ? "cuda" : "cpu"; };
  return fail(llvm::Twine("expected --target=") + name(loaded->isForGPU()) +
              " with the library '" + options.library +
              "', got --target=" + name(wantsGPU));
}

/// Whether a tensor may be both, where the one knows more of its sizes.
static bool areAlike(const TensorSignature &a, const TensorSignature &b) {
  return a.name == b.name && a.dtype == b.dtype &&
         llvm::equal(a.shape, b.shape, [](const auto &a, const auto &b) {
           return a.isDynamic() || b.isDynamic() || a.size == b.size;
         });
}

/// "x f32 [2, n], y f32 [n]"
static std::string toString(ArrayRef<TensorSignature> tensors) {
  auto texts = llvm::map_range(tensors, [](const TensorSignature &tensor) {
    return tensor.name + " " + attn::toString(tensor);
  });
  return llvm::join(texts, ", ");
}

/// Whether the library's function takes and gives what the model's does.
LogicalResult Session::checkLibrary() const {
  auto check = [&](StringRef kind, ArrayRef<TensorSignature> expected,
                   ArrayRef<TensorSignature> got) -> LogicalResult {
    if (llvm::equal(expected, got, areAlike))
      return success();
    return fail("expected the model's " + kind + " of '" + signature.name +
                "' in --library (" + toString(expected) + "), got " +
                toString(got));
  };
  const FunctionSignature &compiled = function->signature();
  return success(
      succeeded(check("inputs", signature.inputs, compiled.inputs)) &&
      succeeded(check("outputs", signature.outputs, compiled.outputs)));
}

LogicalResult Session::build() {
  if (function)
    return success();
  const bool isKept = !options.library.empty();
  auto compiled = isKept ? openLibrary() : compile(options.compile);
  if (failed(compiled))
    return failure();
  artifact = std::move(*compiled);
  auto found = find(*artifact, signature.name);
  if (failed(found))
    return failure();
  function = *found;
  return isKept ? checkLibrary() : success();
}

OwningOpRef<ModuleOp> Session::specialize(const std::vector<Shape> &shapes) {
  if (!module)
    return {};
  std::map<std::string, int64_t> sizes;
  for (auto [input, shape] : llvm::zip_equal(getSignature().inputs, shapes))
    for (auto [dimension, size] : llvm::zip_equal(input.shape, shape))
      if (dimension.isDynamic())
        sizes[dimension.name] = size;
  // That some model cannot be fixed is no error of the user's.
  ScopedDiagnosticHandler silence(&context,
                                  [](Diagnostic &) { return success(); });
  OwningOpRef<ModuleOp> copy = module->clone();
  std::vector<std::pair<std::string, int64_t>> list(sizes.begin(), sizes.end());
  if (failed(fixDimensions(*copy, list)))
    return {};
  return copy;
}

FailureOr<std::vector<Tensor>>
Session::runPlain(const std::vector<Tensor> &inputs) {
  CompileOptions plain = options.compile;
  plain.plain = true;
  plain.gpuArch.clear();
  plain.passes.clear();
  auto compiled = compile(plain);
  if (failed(compiled))
    return failure();
  auto found = find(*compiled, signature.name);
  if (failed(found))
    return failure();
  HostResult<std::vector<Tensor>> outputs = found->run(inputs);
  if (!outputs)
    return fail(outputs);
  return std::move(*outputs);
}

} // namespace mlir::attn::run
