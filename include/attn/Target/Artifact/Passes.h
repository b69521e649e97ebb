//===- Passes.h - From functions on tensors to an artifact ------*- C++ -*-===//

#ifndef ATTN_TARGET_ARTIFACT_PASSES_H
#define ATTN_TARGET_ARTIFACT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Target/Artifact/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Target/Artifact/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_TARGET_ARTIFACT_PASSES_H
