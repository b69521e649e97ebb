//===- ResolveSizes.cpp - Sizes by the values that they are known to be ---===//

#include "attn/Target/Transforms/KnownSizes.h"

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RESOLVESIZES
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

struct UseKnownSize : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<int64_t> index = op.getConstantIndex();
    Value tensor = op.getSource();
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    // One that is out of range is not executed, or undefined.
    if (!index || !type || *index < 0 || *index >= type.getRank())
      return failure();
    if (OpFoldResult known = findKnownSize(tensor, *index)) {
      rewriter.replaceOp(
          op, getValueOrCreateConstantIndexOp(rewriter, op.getLoc(), known));
      return success();
    }
    if (tensor == op.getSource())
      return failure();
    rewriter.replaceOpWithNewOp<tensor::DimOp>(op, tensor, *index);
    return success();
  }
};

struct ResolveSizes : attn::impl::ResolveSizesBase<ResolveSizes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<UseKnownSize>(&getContext());
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
