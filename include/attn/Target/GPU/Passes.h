//===- Passes.h - Kernels for GPUs and the host code around them -*- C++
//-*-===//

#ifndef ATTN_TARGET_GPU_PASSES_H
#define ATTN_TARGET_GPU_PASSES_H

#include "attn/Dialect/Attn/Transforms/Precision.h"

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Target/GPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Target/GPU/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_TARGET_GPU_PASSES_H
