//===- Passes.h - Instructions of x86-64 ------------------------*- C++ -*-===//

#ifndef ATTN_TARGET_X86_PASSES_H
#define ATTN_TARGET_X86_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Target/X86/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Target/X86/Passes.h.inc"

} // namespace mlir::attn

#endif // ATTN_TARGET_X86_PASSES_H
