//===- GPUOptions.h - The GPU that kernels are made for ---------*- C++ -*-===//

#ifndef ATTN_TARGET_GPU_GPUOPTIONS_H
#define ATTN_TARGET_GPU_GPUOPTIONS_H

#include "attn/Target/GPU/Assembler.h"

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace mlir::attn {

/// The constants of a compiled module that hold its PTX, a cubin (empty where
/// there is none), the names of its kernels, and the bytes of shared memory
/// that the launches of each ask for.
inline constexpr llvm::StringLiteral kPTXName = "attn_rt_gpu_ptx";
inline constexpr llvm::StringLiteral kCubinName = "attn_rt_gpu_cubin";
inline constexpr llvm::StringLiteral kKernelNamesName = "attn_rt_gpu_kernels";
inline constexpr llvm::StringLiteral kSharedBytesName = "attn_rt_gpu_shared";

/// The PTX of a compiled module; empty for a CPU.
StringRef getPTX(ModuleOp module);

/// Makes the LLVM target machine for `arch`, such as `sm_80` or `sm_90a`. One
/// that LLVM does not know, or that is older than sm_80, is an error. The PTX
/// is of `version` (81 is 8.1), or newer where the GPU needs that.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createGPUTargetMachine(llvm::StringRef arch, unsigned version = 80);

/// Puts `cubin` beside the PTX of a compiled module.
void embedCubin(ModuleOp module, const Cubin &cubin);

/// What the code of a compiled module asks for; nothing for a CPU.
std::optional<GPUDescription>
describeGPU(ModuleOp module, const std::optional<Cubin> &cubin = {});

} // namespace mlir::attn

#endif // ATTN_TARGET_GPU_GPUOPTIONS_H
