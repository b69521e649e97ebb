//===- RegionSimplification.h - Regions that do nothing ---------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_REGIONSIMPLIFICATION_H
#define ATTN_LIB_DIALECT_ATTN_IR_REGIONSIMPLIFICATION_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/Matchers.h"

namespace mlir::attn {

/// Whether every pair is masked, or none: `value` is what the mask yields.
inline bool yieldsAlways(Region &mask, bool value) {
  if (mask.empty())
    return value;
  Value yielded = mask.front().getTerminator()->getOperand(0);
  return value ? matchPattern(yielded, m_One())
               : matchPattern(yielded, m_Zero());
}

/// mask { yield true } -> no mask region.
template <typename OpTy> struct EraseConstantTrueMask : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getMask().empty() || !yieldsAlways(op.getMask(), true))
      return rewriter.notifyMatchFailure(op,
                                         "expected a mask that is always true");
    rewriter.modifyOpInPlace(op, [&] { op.getMask().getBlocks().clear(); });
    return success();
  }
};

/// score { yield %s } -> no score region; prob likewise.
template <typename OpTy> struct EraseIdentityRegions : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    for (Region &region : op->getRegions()) {
      if (region.empty() || &region == &op.getMask())
        continue;
      Operation *yield = region.front().getTerminator();
      if (yield->getNumOperands() != 1 ||
          yield->getOperand(0) != region.getArgument(0))
        continue;
      rewriter.modifyOpInPlace(op, [&] { region.getBlocks().clear(); });
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "expected a region that yields its argument");
  }
};

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_REGIONSIMPLIFICATION_H
