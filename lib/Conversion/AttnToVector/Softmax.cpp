//===- Softmax.cpp - Online softmax with queries in lanes -----------------===//
#include "Softmax.h"
#include "RegionVectorizer.h"

using namespace mlir;
using namespace mlir::attn;

Value Softmax::getQueries(Value row, Value numRows) {
  VectorType indices = b.vector.clone(b.getIndexType());
  Value last = b.broadcast(arith::SubIOp::create(b, numRows, b.index(1)));
  Value lane = arith::AddIOp::create(b, vector::StepOp::create(b, indices),
                                     b.broadcast(row));
  return arith::MinSIOp::create(b, lane, last);
}

Value Softmax::applyRegions(Value score, Value queries, Value key) {
  Value zero = b.index(0);
  if (!op.getScore().empty())
    score = b.broadcast(RegionVectorizer(b).inlineRegion(
        op.getScore(), {score, zero, zero, queries, key})[0]);
  if (op.getMask().empty())
    return score;
  Value attends = RegionVectorizer(b).inlineRegion(
      op.getMask(), {zero, zero, queries, key})[0];
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  return arith::SelectOp::create(b, attends, score, none);
}

Value Softmax::getReference(Value maximum) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Value isEmpty =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, none);
  return arith::SelectOp::create(b, isEmpty, b.splat(0), maximum);
}

Value Softmax::getFactor(Value oldMaximum, Value reference) {
  return b.exponential(arith::SubFOp::create(b, oldMaximum, reference));
}

void Softmax::store(Value row, Value maximum, Value sum) {
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, sum, sum);
  b.store(arith::SelectOp::create(b, isNaN, sum, maximum), state.max, row);
  b.store(sum, state.sum, row);
}
