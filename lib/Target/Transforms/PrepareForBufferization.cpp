//===- PrepareForBufferization.cpp - Decompose what upstream cannot lower -===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_PREPAREFORBUFFERIZATION
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Ops such as linalg.softmax say themselves what they consist of.
struct DecomposeAggregatedOp
    : OpInterfaceRewritePattern<linalg::AggregatedOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(linalg::AggregatedOpInterface op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (failed(parts))
      return rewriter.notifyMatchFailure(op, "expected a decomposition");
    rewriter.replaceOp(op, *parts);
    return success();
  }
};

/// Bufferization compares each slice with each other one.
struct DecomposeSmallConcat : OpRewritePattern<tensor::ConcatOp> {
  static constexpr unsigned kMaxInputs = 16;
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInputs().size() > kMaxInputs)
      return rewriter.notifyMatchFailure(op, "expected at most 16 tensors");
    FailureOr<SmallVector<Value>> parts = op.decomposeOperation(rewriter);
    if (failed(parts))
      return rewriter.notifyMatchFailure(op, "expected a decomposition");
    rewriter.replaceOp(op, *parts);
    return success();
  }
};

struct PrepareForBufferization
    : attn::impl::PrepareForBufferizationBase<PrepareForBufferization> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DecomposeAggregatedOp, DecomposeSmallConcat>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
