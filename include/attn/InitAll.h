//===- InitAll.h - The one place that registers everything ------*- C++ -*-===//
// For tools and for people who embed the project. Registration has no effect
// but on the registry and the global pass table.
//===----------------------------------------------------------------------===//
#ifndef ATTN_INITALL_H
#define ATTN_INITALL_H

#include "attn/Analysis/Passes.h"
#include "attn/Conversion/Passes.h"
#include "attn/Conversion/Tile/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/InitAllDialects.h"
#include "attn/Pipelines/Pipelines.h"
#include "attn/Target/Artifact/Passes.h"
#include "attn/Target/GPU/Passes.h"
#include "attn/Target/Transforms/Passes.h"
#include "attn/Target/X86/Passes.h"

namespace mlir::attn {

/// The passes and pipelines of this project; upstream's are
/// mlir::registerAllPasses.
inline void registerAllPasses() {
  registerAttnAnalysisPasses();
  registerAttnArtifactPasses();
  registerAttnConversionPasses();
  registerAttnGPUPasses();
  registerAttnTargetTransformsPasses();
  registerAttnTilePasses();
  registerAttnTransformsPasses();
  registerAttnX86Passes();
  registerPipelines();
}

} // namespace mlir::attn

#endif // ATTN_INITALL_H
