//===- PositionOps.cpp - Ops on positions as arith ------------------------===//
#include "attn/Dialect/Attn/Utils/PositionOps.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
struct ExpandPositionOp : OpInterfaceRewritePattern<PositionOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(PositionOpInterface op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, op.expand(rewriter, createGuardedRead));
    return success();
  }
};
} // namespace

void attn::populatePositionOpPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandPositionOp>(patterns.getContext());
}
