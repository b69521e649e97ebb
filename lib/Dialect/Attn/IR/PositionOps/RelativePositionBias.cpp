//===- RelativePositionBias.cpp - T5's bias of the distance ---------------===//
#include "PositionOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// The thresholds are a constant of the program.
static constexpr int64_t maxBuckets = 1 << 16;

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

//===----------------------------------------------------------------------===//
// The op
//===----------------------------------------------------------------------===//

/// s + table[bucket(j - (i + offset)), h] (D18).
Value RelativePositionBiasOp::expand(OpBuilder &builder, ElementReader read) {
  Location loc = getLoc();
  int64_t count = getTable().getType().getDimSize(0);
  int64_t perSide = getBidirectional() ? count / 2 : count;
  Buckets buckets{perSide, perSide / 2, static_cast<int64_t>(getMaxDistance())};
  Value distance = getDistance(builder, loc, getQuery(), getKey(), getOffset());
  ReadIndex row{getBucket(builder, loc, buckets, getBidirectional(), distance),
                /*block=*/1, /*isInRange=*/true};
  Value bias = read(builder, loc, "table", getTable(), {row, {getHead()}});
  bias = convertFloat(builder, loc, bias, getScore().getType());
  return arith::AddFOp::create(builder, loc, getScore(), bias);
}

LogicalResult RelativePositionBiasOp::verify() {
  int64_t buckets = cast<RankedTensorType>(getTable().getType()).getDimSize(0);
  if (ShapedType::isDynamic(buckets))
    return emitOpError(
        "expected table dimension 0 (bucket) to be static, got ?");
  if (buckets > maxBuckets)
    return emitOpError("expected at most ")
           << maxBuckets << " buckets, got " << buckets;
  int64_t perSide = getBidirectional() ? buckets / 2 : buckets;
  if (perSide < 2 || (getBidirectional() && buckets % 2))
    return emitOpError("expected table dimension 0 (bucket) to be ")
           << (getBidirectional() ? "even and at least 4" : "at least 2")
           << ", got " << buckets;
  int64_t exact = perSide / 2, distance = getMaxDistance();
  if (distance <= exact)
    return emitOpError("expected max_distance above the ")
           << exact << " exact buckets, got " << distance;
  return success();
}
