//===- Assembler.h - ptxas, where there is one ------------------*- C++ -*-===//
//
// PTX is all that a driver needs. ptxas makes the code of one GPU ahead of
// time, and says what each kernel takes of it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_GPU_ASSEMBLER_H
#define ATTN_TARGET_GPU_ASSEMBLER_H

#include "attn/Target/Artifact/Artifact.h"

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::attn {

/// What ptxas made.
struct Cubin {
  std::string code;
  std::vector<KernelResources> kernels;
  /// That it serialized wgmma.
  std::vector<std::string> warnings;
};

/// The ptxas of the folder that $CUDA_HOME, $CUDA_PATH or $CUDA_ROOT names,
/// else that of the PATH.
std::optional<std::string> findPtxas();

/// What the log of `ptxas -v` says.
Cubin readPtxasLog(StringRef log);

/// Assembles `ptx` for `arch`, such as `sm_90a`, by the program `ptxas`.
llvm::Expected<Cubin> assemble(StringRef ptx, StringRef arch, StringRef ptxas);

} // namespace mlir::attn

#endif // ATTN_TARGET_GPU_ASSEMBLER_H
