//===- StateLaws.cpp - The laws of attention states -----------------------===//
// Of D12: the empty state is the identity of a merge, no keys change nothing,
// and a state that is empty in the end gives D2's row. That attending into an
// empty state and merging is attending into the other one is a law as well, but
// no simplification: split keys are merged on purpose.
//===----------------------------------------------------------------------===//
#include "RegionSimplification.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

/// Whether (acc, max, sum) is that of an attn.init_state.
static bool isEmptyState(ValueRange state) {
  auto init = state[0].getDefiningOp<InitStateOp>();
  return init && ValueRange(init.getResults()) == state;
}

namespace {

/// merge(empty, x) -> x and merge(x, empty) -> x (D12).
struct MergeWithEmptyState : OpRewritePattern<MergeStatesOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MergeStatesOp op,
                                PatternRewriter &rewriter) const override {
    ValueRange operands = op->getOperands();
    ValueRange lhs = operands.take_front(3), rhs = operands.drop_front(3);
    if (!isEmptyState(lhs) && !isEmptyState(rhs))
      return rewriter.notifyMatchFailure(op, "expected an empty state");
    rewriter.replaceOp(op, isEmptyState(lhs) ? rhs : lhs);
    return success();
  }
};

/// attend(no keys, x) -> x, and where the mask lets no key pass.
struct AttendToNothing : OpRewritePattern<AttendOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttendOp op,
                                PatternRewriter &rewriter) const override {
    const int64_t dim =
        getTensorDim(getLayout(op.getKeyLayoutAttr(), 4), Sequence);
    const int64_t keys =
        cast<ShapedType>(op.getKey().getType()).getDimSize(dim);
    if (keys != 0 && !yieldsAlways(op.getMask(), false))
      return rewriter.notifyMatchFailure(
          op, "expected no keys, or a mask that is always false");
    if (op.isOnTensors())
      rewriter.replaceOp(op, op.getWritten());
    else
      rewriter.eraseOp(op);
    return success();
  }
};

/// finalize(empty) -> 0 and -inf (D2). A sink would still count.
struct FinalizeEmptyState : OpRewritePattern<FinalizeStateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FinalizeStateOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getSink() || !isEmptyState({op.getAcc(), op.getMax(), op.getSum()}))
      return rewriter.notifyMatchFailure(op,
                                         "expected an empty state and no sink");
    ReifiedRankedShapedTypeDims shapes;
    if (failed(op.reifyResultShapes(rewriter, shapes)))
      return failure();
    SmallVector<Value> results;
    for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes)) {
      const double start = result == op.getOutput()
                               ? 0
                               : -std::numeric_limits<double>::infinity();
      Type element = getElementTypeOrSelf(result.getType());
      Value scalar = arith::ConstantOp::create(
          rewriter, op.getLoc(), rewriter.getFloatAttr(element, start));
      Value empty =
          tensor::EmptyOp::create(rewriter, op.getLoc(), shape, element);
      results.push_back(
          linalg::FillOp::create(rewriter, op.getLoc(), scalar, empty)
              .getResult(0));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void MergeStatesOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                MLIRContext *context) {
  patterns.add<MergeWithEmptyState>(context);
}

void AttendOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<AttendToNothing, EraseConstantTrueMask<AttendOp>,
               EraseIdentityRegions<AttendOp>>(context);
}

void FinalizeStateOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                  MLIRContext *context) {
  patterns.add<FinalizeEmptyState>(context);
}
