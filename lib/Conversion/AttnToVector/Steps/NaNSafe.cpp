//===- NaNSafe.cpp - Products with values that are not finite -------------===//
#include "Steps/NaNSafe.h"

using namespace mlir;
using namespace mlir::attn;

/// `value`, as a scalar or a vector as `like` is.
static Value constantLike(KernelBuilder &b, double value, Value like) {
  return isa<VectorType>(like.getType()) ? b.splat(value) : b.scalar(value);
}

static Value isZero(KernelBuilder &b, Value weight) {
  return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, weight,
                               constantLike(b, 0, weight));
}

Value attn::getNaNSafeWeight(KernelBuilder &b, Value weight, Value score) {
  double infinity = std::numeric_limits<double>::infinity();
  double least = b.element.isF64() ? std::numeric_limits<double>::denorm_min()
                                   : std::numeric_limits<float>::denorm_min();
  Value isHidden = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, score,
                                         constantLike(b, -infinity, score));
  Value attended = arith::SelectOp::create(
      b, isZero(b, weight), constantLike(b, least, weight), weight);
  return arith::SelectOp::create(b, isHidden, constantLike(b, 0, weight),
                                 attended);
}

Value attn::addNaNSafe(KernelBuilder &b, Value weight, Value value, Value sum) {
  Value added = b.multiplyAdd(b.broadcast(weight), value, sum);
  return arith::SelectOp::create(b, isZero(b, weight), sum, added);
}

Value attn::areFinite(KernelBuilder &b, ArrayRef<Value> sums) {
  Value all = b.splat(0);
  for (Value sum : sums)
    all = b.multiplyAdd(sum, b.splat(0), all);
  Value isFinite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, all, all);
  return vector::ReductionOp::create(b, vector::CombiningKind::AND, isFinite);
}
