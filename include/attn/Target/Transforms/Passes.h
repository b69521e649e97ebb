//===- Passes.h - What every target needs -----------------------*- C++ -*-===//

#ifndef ATTN_TARGET_TRANSFORMS_PASSES_H
#define ATTN_TARGET_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Target/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Target/Transforms/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_TARGET_TRANSFORMS_PASSES_H
