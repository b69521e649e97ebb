//===- Passes.h - Passes that show what analyses find -----------*- C++ -*-===//
#ifndef ATTN_ANALYSIS_PASSES_H
#define ATTN_ANALYSIS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

#define GEN_PASS_DECL
#include "attn/Analysis/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "attn/Analysis/Passes.h.inc"

/// Declares --mask-picture, which attn-print-mask-analysis reads. For tools,
/// before they read their command line.
void registerMaskPictureOption();

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_PASSES_H
