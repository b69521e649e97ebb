//===- AttnToLinalg.cpp - convert-attn-to-linalg --------------------------===//
#include "Patterns.h"
#include "attn/Analysis/TilingPolicy.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "attn/Dialect/Attn/Utils/PositionOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTATTNTOLINALG
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct ConvertAttnToLinalg
    : attn::impl::ConvertAttnToLinalgBase<ConvertAttnToLinalg> {
  using ConvertAttnToLinalgBase::ConvertAttnToLinalgBase;

  void runOnOperation() override {
    // Inside attention, while an op's positions still tell their ranges.
    guardReadsInRegions(getOperation());
    RewritePatternSet positions(&getContext());
    populatePositionOpPatterns(positions);
    if (failed(applyPatternsGreedily(getOperation(), std::move(positions))))
      return signalPassFailure();

    std::optional<int64_t> keptFeatures;
    if (keepAttend) {
      keptFeatures = TilingPolicy::get(getOperation())->getMostFeatures();
      checkSizesOfKept(getOperation(), *keptFeatures);
    }
    keepStatesOfTensors(getOperation(), keptFeatures);
    RewritePatternSet patterns(&getContext());
    populateAttentionPatterns(patterns, keepAttend);
    populateStatePatterns(patterns);
    populateAttendPatterns(patterns, keptFeatures);
    populateEncodingPatterns(patterns);
    populateLinearAttentionPatterns(patterns, keepAttend);
    populateCacheUpdatePatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }
};
} // namespace
