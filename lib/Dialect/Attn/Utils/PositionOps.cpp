//===- PositionOps.cpp - Predicates on positions as arith -----------------===//
#include "attn/Dialect/Attn/Utils/PositionOps.h"
#include "ScoreModifiers.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::addOffset(OpBuilder &builder, Location loc, Value query,
                      Value offset) {
  return offset ? arith::AddIOp::create(builder, loc, query, offset) : query;
}

static Value compare(OpBuilder &builder, Location loc,
                     arith::CmpIPredicate predicate, Value lhs, Value rhs) {
  return arith::CmpIOp::create(builder, loc, predicate, lhs, rhs);
}

namespace {

/// j <= i + offset (D8).
struct ExpandCausal : OpRewritePattern<CausalOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CausalOp op,
                                PatternRewriter &rewriter) const override {
    Value position =
        addOffset(rewriter, op.getLoc(), op.getQuery(), op.getOffset());
    rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, arith::CmpIPredicate::sle,
                                               op.getKey(), position);
    return success();
  }
};

/// p - left <= j <= p + right, -1 for no bound (D9). Distances are compared,
/// not sums: a bound may be near the largest integer.
struct ExpandWindow : OpRewritePattern<WindowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(WindowOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value position = addOffset(rewriter, loc, op.getQuery(), op.getOffset());
    Value inside = arith::ConstantIntOp::create(rewriter, loc, true, 1);
    auto require = [&](Value from, Value to, int64_t bound) {
      if (bound < 0)
        return;
      Value distance = arith::SubIOp::create(rewriter, loc, from, to);
      Value near = compare(rewriter, loc, arith::CmpIPredicate::sle, distance,
                           constantIndex(rewriter, loc, bound));
      inside = rewriter.createOrFold<arith::AndIOp>(loc, near, inside);
    };
    require(position, op.getKey(), op.getLeft());
    require(op.getKey(), position, op.getRight());
    rewriter.replaceOp(op, inside);
    return success();
  }
};

/// j < length (D17).
struct ExpandPrefix : OpRewritePattern<PrefixOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PrefixOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, arith::CmpIPredicate::slt,
                                               op.getKey(), op.getLength());
    return success();
  }
};

/// query_segments[b, i] == key_segments[b, j] (D17).
struct ExpandSameSegment : OpRewritePattern<SameSegmentOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SameSegmentOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    ReadIndex batch{op.getBatch()};
    Value query =
        createGuardedRead(rewriter, loc, "query_segments",
                          op.getQuerySegments(), {batch, {op.getQuery()}});
    Value key = createGuardedRead(rewriter, loc, "key_segments",
                                  op.getKeySegments(), {batch, {op.getKey()}});
    rewriter.replaceOp(
        op, compare(rewriter, loc, arith::CmpIPredicate::eq, query, key));
    return success();
  }
};

/// table[b, h, i floordiv query_block, j floordiv key_block] (D17).
struct ExpandBlockSparse : OpRewritePattern<BlockSparseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BlockSparseOp op,
                                PatternRewriter &rewriter) const override {
    ReadIndex query{op.getQuery(), static_cast<int64_t>(op.getQueryBlock())};
    ReadIndex key{op.getKey(), static_cast<int64_t>(op.getKeyBlock())};
    rewriter.replaceOp(
        op, createGuardedRead(rewriter, op.getLoc(), "table", op.getTable(),
                              {{op.getBatch()}, {op.getHead()}, query, key}));
    return success();
  }
};

} // namespace

void attn::populatePositionOpPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandCausal, ExpandWindow, ExpandPrefix, ExpandSameSegment,
               ExpandBlockSparse>(patterns.getContext());
  populateScoreModifierPatterns(patterns);
}
