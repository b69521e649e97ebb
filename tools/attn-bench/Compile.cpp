//===- Compile.cpp - A case as machine code, and its inputs ---------------===//

#include "Kernels.h"
#include "Measure.h"

#include "attn/Files/TemporaryFolder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Parser/Parser.h"

#include <chrono>
#include <sys/mman.h>

namespace mlir::attn::bench {

using ::attn::fail;

/// The same contents each time.
static void fillWeights(ModuleOp module, const Program &program) {
  uint64_t seed = 0;
  module.walk([&](arith::ConstantOp op) {
    auto weights = dyn_cast<DenseResourceElementsAttr>(op.getValue());
    if (!weights)
      return;
    DenseResourceElementsHandle handle = weights.getRawHandle();
    Tensor tensor(::attn::DType::f32, weights.getType().getShape().vec());
    program.fill(handle.getKey().str(), tensor, ++seed);
    ArrayRef<char> bytes(static_cast<const char *>(tensor.data()),
                         tensor.sizeInBytes());
    handle.getResource()->setBlob(
        HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, /*align=*/64));
  });
}

OwningOpRef<ModuleOp> parseProgram(const Program &program,
                                   MLIRContext &context) {
  auto module = parseSourceString<ModuleOp>(program.text, &context);
  if (module)
    fillWeights(*module, program);
  return module;
}

HostResult<CompiledCase> compileProgram(const Program &program,
                                        MLIRContext &context,
                                        const CompileOptions &options,
                                        std::shared_ptr<Device> device) {
  auto folder = TemporaryFolder::create("attn-bench");
  if (!folder)
    return fail(llvm::toString(folder.takeError()));
  const std::string path = folder->file("case.so");
  const auto start = std::chrono::steady_clock::now();
  OwningOpRef<ModuleOp> module = parseProgram(program, context);
  if (!module || failed(compileToSharedLibrary(*module, path, options)))
    return fail("expected a case that compiles");
  CompiledCase compiled;
  compiled.compileSeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  HostResult<LoadedArtifact> artifact = LoadedArtifact::load(path);
  if (!artifact)
    return artifact.error();
  compiled.artifact = std::move(*artifact);
  HostResult<LoadedFunction> function = compiled.artifact.function("main");
  if (!function)
    return function.error();
  compiled.function = *function;
  compiled.function.useDevice(std::move(device));
  return compiled;
}

/// Asks for large pages, as far as the system gives them, so that reading K and
/// V is not about page tables.
static void useLargePages(Tensor &tensor) {
  constexpr uintptr_t page = uintptr_t(2) << 20;
  const uintptr_t start =
      llvm::alignTo(reinterpret_cast<uintptr_t>(tensor.data()), page);
  const uintptr_t end = llvm::alignDown(
      reinterpret_cast<uintptr_t>(tensor.data()) + tensor.sizeInBytes(), page);
  if (start >= end)
    return;
  void *const pages = reinterpret_cast<void *>(start);
#ifdef MADV_HUGEPAGE
  madvise(pages, end - start, MADV_HUGEPAGE);
#endif
  constexpr int collapse = 25; // MADV_COLLAPSE, which C libraries lack
  madvise(pages, end - start, collapse);
}

HostResult<std::vector<Tensor>> makeInputs(const CompiledCase &compiled,
                                           const Program &program,
                                           uint64_t seed) {
  std::vector<Tensor> inputs;
  for (const TensorSignature &input : compiled.function.signature().inputs) {
    ::attn::Shape shape;
    for (const Dimension &dimension : input.shape)
      shape.push_back(dimension.size);
    HostResult<Tensor> tensor =
        Tensor::create(*::attn::parseDType(input.dtype), shape);
    if (!tensor)
      return fail("input '", input.name, "': ", tensor.message());
    program.fill(input.name, *tensor, seed * 16 + inputs.size());
    useLargePages(*tensor);
    inputs.push_back(std::move(*tensor));
  }
  return inputs;
}

} // namespace mlir::attn::bench
