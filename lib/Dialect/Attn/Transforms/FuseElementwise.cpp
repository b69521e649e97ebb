//===- FuseElementwise.cpp - attn-fuse-elementwise ------------------------===//
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

/// LLVM compares each tensor of a loop with each other one.
static constexpr int64_t kMaxOperands = 32;

static bool hasFewOperands(linalg::GenericOp producer,
                           linalg::GenericOp consumer) {
  return producer->getNumOperands() + consumer->getNumOperands() <=
         kMaxOperands;
}

/// Whether fusing computes each element of the producer once.
static bool doesNoWorkTwice(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  return producer && consumer && producer->hasOneUse() &&
         hasFewOperands(producer, consumer) &&
         producer.getNumParallelLoops() == producer.getNumLoops() &&
         consumer.getNumParallelLoops() == consumer.getNumLoops() &&
         producer.getNumLoops() == consumer.getNumLoops();
}

namespace {
struct FuseElementwise : attn::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, doesNoWorkTwice);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
