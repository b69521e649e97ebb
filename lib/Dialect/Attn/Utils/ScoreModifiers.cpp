//===- ScoreModifiers.cpp - Score modifiers as arith and math -------------===//
#include "ScoreModifiers.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// j - (i + offset).
static Value getDistance(OpBuilder &builder, Location loc, Value query,
                         Value key, Value offset) {
  Value position = addOffset(builder, loc, query, offset);
  return arith::SubIOp::create(builder, loc, key, position);
}

static Value negate(OpBuilder &builder, Location loc, Value value) {
  return arith::SubIOp::create(builder, loc, constantIndex(builder, loc, 0),
                               value);
}

static Value absolute(OpBuilder &builder, Location loc, Value value) {
  return arith::MaxSIOp::create(builder, loc, value,
                                negate(builder, loc, value));
}

//===----------------------------------------------------------------------===//
// T5 buckets (D18)
//===----------------------------------------------------------------------===//

namespace {
struct Buckets {
  int64_t perSide; // n
  int64_t exact;   // e: distances below it have a bucket each
  int64_t maxDistance;
};
} // namespace

/// The smallest distance of bucket exact + step: the smallest integer r with
/// log(r/e) / log(max/e) * (n - e) >= step.
static int64_t getThreshold(const Buckets &buckets, int64_t step) {
  long double e = buckets.exact;
  long double r = e * std::pow(buckets.maxDistance / e,
                               static_cast<long double>(step) /
                                   (buckets.perSide - buckets.exact));
  // Thresholds that are integers (e = 8, max = 128, n = 16) must stay so.
  long double nearest = std::round(r);
  bool isInteger = std::fabs(r - nearest) <= 1e-15L * r;
  return static_cast<int64_t>(isInteger ? nearest : std::ceil(r));
}

/// How many of the thresholds are at most `distance`.
static Value countThresholds(OpBuilder &builder, Location loc,
                             ArrayRef<int64_t> thresholds, Value distance) {
  Value zero = constantIndex(builder, loc, 0),
        one = constantIndex(builder, loc, 1);
  if (thresholds.empty())
    return zero;
  auto type = RankedTensorType::get(static_cast<int64_t>(thresholds.size()),
                                    builder.getI64Type());
  Value table = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, thresholds));
  Value end = constantIndex(builder, loc, thresholds.size());
  auto loop = scf::ForOp::create(
      builder, loc, zero, end, one, zero,
      [&](OpBuilder &b, Location l, Value k, ValueRange count) {
        Value threshold =
            toIndex(b, l, tensor::ExtractOp::create(b, l, table, k));
        Value reached = arith::CmpIOp::create(b, l, arith::CmpIPredicate::sge,
                                              distance, threshold);
        Value more = arith::AddIOp::create(b, l, count[0], one);
        scf::YieldOp::create(
            b, l,
            arith::SelectOp::create(b, l, reached, more, count[0]).getResult());
      });
  return loop.getResult(0);
}

/// base + (r if r < e, else min(n - 1, e + the logarithmic step of r)).
static Value getBucket(OpBuilder &builder, Location loc, const Buckets &buckets,
                       bool bidirectional, Value r) {
  Value zero = constantIndex(builder, loc, 0), base = zero;
  if (bidirectional) {
    Value ahead =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt, r, zero);
    base = arith::SelectOp::create(builder, loc, ahead,
                                   constantIndex(builder, loc, buckets.perSide),
                                   zero);
    r = absolute(builder, loc, r);
  } else {
    r = arith::MaxSIOp::create(builder, loc, negate(builder, loc, r), zero);
  }
  SmallVector<int64_t> thresholds;
  for (int64_t k = 1; k < buckets.perSide - buckets.exact; ++k)
    thresholds.push_back(getThreshold(buckets, k));
  Value exact = constantIndex(builder, loc, buckets.exact);
  Value far = arith::AddIOp::create(
      builder, loc, exact, countThresholds(builder, loc, thresholds, r));
  Value isExact =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, r, exact);
  Value inSide = arith::SelectOp::create(builder, loc, isExact, r, far);
  return arith::AddIOp::create(builder, loc, base, inSide);
}

namespace {

/// cap * tanh(s / cap) (D7).
struct ExpandSoftcap : OpRewritePattern<SoftcapOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SoftcapOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value cap = constantFloat(rewriter, loc, op.getScore().getType(),
                              op.getCap().convertToDouble());
    Value ratio = arith::DivFOp::create(rewriter, loc, op.getScore(), cap);
    Value bounded = math::TanhOp::create(rewriter, loc, ratio);
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, cap, bounded);
    return success();
  }
};

/// s + slopes[h] * (j - (i + offset)), or s - slopes[h] * |i + offset - j|
/// (D10).
struct ExpandAlibi : OpRewritePattern<AlibiOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AlibiOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = op.getScore().getType();
    Value distance =
        getDistance(rewriter, loc, op.getQuery(), op.getKey(), op.getOffset());
    if (op.getAbsolute())
      distance = negate(rewriter, loc, absolute(rewriter, loc, distance));
    Value integer = arith::IndexCastOp::create(rewriter, loc,
                                               rewriter.getI64Type(), distance);
    Value real = arith::SIToFPOp::create(rewriter, loc, type, integer);
    Value slope = createGuardedRead(rewriter, loc, "slopes", op.getSlopes(),
                                    {{op.getHead()}});
    slope = convertFloat(rewriter, loc, slope, type);
    Value bias = arith::MulFOp::create(rewriter, loc, slope, real);
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, op.getScore(), bias);
    return success();
  }
};

/// s + table[bucket(j - (i + offset)), h] (D18).
struct ExpandRelativePositionBias : OpRewritePattern<RelativePositionBiasOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RelativePositionBiasOp op,
                                PatternRewriter &rewriter) const override {
    // The thresholds are a constant of the program.
    constexpr int64_t maxBuckets = 1 << 16;
    int64_t count = op.getTable().getType().getDimSize(0);
    if (count > maxBuckets)
      return op.emitOpError("expected at most ")
             << maxBuckets << " buckets, got " << count;
    Location loc = op.getLoc();
    int64_t perSide = op.getBidirectional() ? count / 2 : count;
    Buckets buckets{perSide, perSide / 2,
                    static_cast<int64_t>(op.getMaxDistance())};
    Value distance =
        getDistance(rewriter, loc, op.getQuery(), op.getKey(), op.getOffset());
    Value bucket =
        getBucket(rewriter, loc, buckets, op.getBidirectional(), distance);
    Value bias = readBias(rewriter, op, bucket);
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, op.getScore(), bias);
    return success();
  }

  static Value readBias(PatternRewriter &rewriter, RelativePositionBiasOp op,
                        Value bucket) {
    ReadIndex row{bucket, /*block=*/1, /*isInRange=*/true};
    Value bias = createGuardedRead(rewriter, op.getLoc(), "table",
                                   op.getTable(), {row, {op.getHead()}});
    return convertFloat(rewriter, op.getLoc(), bias, op.getScore().getType());
  }
};

} // namespace

void attn::populateScoreModifierPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandSoftcap, ExpandAlibi, ExpandRelativePositionBias>(
      patterns.getContext());
}
