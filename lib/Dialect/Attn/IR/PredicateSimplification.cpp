//===- PredicateSimplification.cpp - Laws of causal and window masks ------===//
// Masks that several sources contribute to (a model's own, an exporter's, a
// cache's) repeat themselves. These patterns join them where they meet in an
// arith.andi.
//===----------------------------------------------------------------------===//
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

/// The constant offset of a predicate, 0 when absent; nullopt when it is not
/// known.
static std::optional<int64_t> getConstantOffset(Value offset) {
  if (!offset)
    return 0;
  APInt constant;
  if (matchPattern(offset, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

/// -1 (no bound) is the larger one.
static int64_t tighter(int64_t a, int64_t b) {
  return a < 0 ? b : b < 0 ? a : std::min(a, b);
}

namespace {

/// andi(causal o1, causal o2) -> causal min(o1, o2), for constant offsets.
struct JoinCausal : OpRewritePattern<arith::AndIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AndIOp op,
                                PatternRewriter &rewriter) const override {
    auto lhs = op.getLhs().getDefiningOp<CausalOp>();
    auto rhs = op.getRhs().getDefiningOp<CausalOp>();
    if (!lhs || !rhs || lhs.getQuery() != rhs.getQuery() ||
        lhs.getKey() != rhs.getKey())
      return rewriter.notifyMatchFailure(
          op, "expected two causal masks of one pair");
    auto left = getConstantOffset(lhs.getOffset());
    auto right = getConstantOffset(rhs.getOffset());
    if (lhs.getOffset() != rhs.getOffset() && (!left || !right))
      return rewriter.notifyMatchFailure(op, "expected offsets that compare");
    bool first = lhs.getOffset() == rhs.getOffset() || *left <= *right;
    rewriter.replaceOp(op, first ? lhs : rhs);
    return success();
  }
};

/// andi(window, window) with one offset -> window with the tighter bounds.
struct JoinWindows : OpRewritePattern<arith::AndIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AndIOp op,
                                PatternRewriter &rewriter) const override {
    auto lhs = op.getLhs().getDefiningOp<WindowOp>();
    auto rhs = op.getRhs().getDefiningOp<WindowOp>();
    if (!lhs || !rhs || lhs.getQuery() != rhs.getQuery() ||
        lhs.getKey() != rhs.getKey() || lhs.getOffset() != rhs.getOffset())
      return rewriter.notifyMatchFailure(
          op, "expected two windows of one pair and offset");
    rewriter.replaceOpWithNewOp<WindowOp>(
        op, lhs.getQuery(), lhs.getKey(), lhs.getOffset(),
        tighter(lhs.getLeft(), rhs.getLeft()),
        tighter(lhs.getRight(), rhs.getRight()));
    return success();
  }
};

/// andi(causal, window) with one offset -> window with right = 0.
struct JoinCausalAndWindow : OpRewritePattern<arith::AndIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AndIOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    if (lhs.getDefiningOp<WindowOp>())
      std::swap(lhs, rhs);
    auto causal = lhs.getDefiningOp<CausalOp>();
    auto window = rhs.getDefiningOp<WindowOp>();
    if (!causal || !window || causal.getQuery() != window.getQuery() ||
        causal.getKey() != window.getKey() ||
        causal.getOffset() != window.getOffset())
      return rewriter.notifyMatchFailure(
          op, "expected causal and window of one offset");
    rewriter.replaceOpWithNewOp<WindowOp>(op, window.getQuery(),
                                          window.getKey(), window.getOffset(),
                                          window.getLeft(), 0);
    return success();
  }
};

/// offset 0 -> no offset.
template <typename Predicate>
struct DropZeroOffset : OpRewritePattern<Predicate> {
  using OpRewritePattern<Predicate>::OpRewritePattern;
  LogicalResult matchAndRewrite(Predicate op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOffset() || !matchPattern(op.getOffset(), m_Zero()))
      return rewriter.notifyMatchFailure(op, "expected an offset of 0");
    rewriter.modifyOpInPlace(op, [&] { op.getOffsetMutable().clear(); });
    return success();
  }
};

} // namespace

void CausalOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<JoinCausal, JoinCausalAndWindow, DropZeroOffset<CausalOp>>(
      context);
}

void WindowOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<JoinWindows, DropZeroOffset<WindowOp>>(context);
}
