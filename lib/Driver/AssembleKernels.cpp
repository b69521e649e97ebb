//===- AssembleKernels.cpp - The step from PTX to a cubin -----------------===//

#include "AssembleKernels.h"

#include "attn/Target/GPU/GPUOptions.h"

using namespace mlir;
using namespace mlir::attn;

/// What makes the kernels slower than they need be, as sentences.
static std::vector<std::string> getLosses(const Cubin &cubin) {
  std::vector<std::string> losses;
  for (const KernelResources &kernel : cubin.kernels)
    if (kernel.spilledBytes)
      losses.push_back("expected no spilled registers in kernel '" +
                       kernel.name + "', got " +
                       std::to_string(kernel.spilledBytes) + " bytes at " +
                       std::to_string(kernel.registers) + " registers");
  for (const std::string &warning : cubin.warnings)
    losses.push_back("expected wgmma that overlaps, got: " + warning);
  return losses;
}

static LogicalResult report(Location loc, const Cubin &cubin, bool isStrict) {
  const std::vector<std::string> losses = getLosses(cubin);
  for (const std::string &loss : losses)
    isStrict ? mlir::emitError(loc, loss) : mlir::emitWarning(loc, loss);
  return success(losses.empty() || !isStrict);
}

FailureOr<std::optional<Cubin>>
attn::assembleKernels(ModuleOp module, const CompileOptions &options) {
  const StringRef ptx = getPTX(module);
  if (ptx.empty() || options.ptxas.empty())
    return std::optional<Cubin>();
  const Location loc = UnknownLoc::get(module.getContext());
  llvm::Expected<Cubin> cubin = assemble(ptx, options.gpuArch, options.ptxas);
  if (!cubin)
    return mlir::emitError(loc, llvm::toString(cubin.takeError()));
  if (failed(report(loc, *cubin, options.strictPtxas)))
    return failure();
  embedCubin(module, *cubin);
  return std::optional<Cubin>(std::move(*cubin));
}
