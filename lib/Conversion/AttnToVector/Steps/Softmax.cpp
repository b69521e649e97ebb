//===- Softmax.cpp - Online softmax ---------------------------------------===//
#include "Steps/Softmax.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

bool Softmax::readsMemory(AttendOp op) {
  auto reads = [](memref::LoadOp) { return WalkResult::interrupt(); };
  return op.getScore().walk(reads).wasInterrupted() ||
         op.getMask().walk(reads).wasInterrupted();
}

Softmax::Positions Softmax::getPositions(Value row, Value rowsOfHead) {
  int64_t heads = cast<MemRefType>(op.getAcc().getType()).getDimSize(Head);
  VectorType indices = b.vector.clone(b.getIndexType());
  Value lane = arith::AddIOp::create(b, vector::StepOp::create(b, indices),
                                     b.broadcast(row));
  Value rows = arith::MulIOp::create(b, rowsOfHead, b.index(heads));
  Value last = b.broadcast(arith::SubIOp::create(b, rows, b.index(1)));
  lane = arith::MinSIOp::create(b, lane, last);
  if (heads == 1)
    return {b.index(0), lane};
  // Vectors have no division by what is not constant.
  Value head = b.broadcast(b.index(0)), query = lane;
  for (int64_t n = 1; n < heads; ++n) {
    Value first = b.broadcast(arith::MulIOp::create(b, rowsOfHead, b.index(n)));
    Value isInHead =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sge, lane, first);
    head = arith::SelectOp::create(b, isInHead, b.broadcast(b.index(n)), head);
    query = arith::SelectOp::create(
        b, isInHead, arith::SubIOp::create(b, lane, first), query);
  }
  return {head, query};
}

Value Softmax::getFiniteMax(Value maximum) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Value isEmpty =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, maximum, none);
  return arith::SelectOp::create(b, isEmpty, b.splat(0), maximum);
}

/// More than 0 where there was a key: 0 times an infinity of its value would be
/// NaN.
Value Softmax::getFactor(Value oldMaximum, Value newMaximum) {
  double infinity = std::numeric_limits<double>::infinity();
  double least = b.element.isF64() ? std::numeric_limits<double>::denorm_min()
                                   : std::numeric_limits<float>::denorm_min();
  Value factor =
      b.exponential(arith::SubFOp::create(b, oldMaximum, newMaximum));
  Value isEmpty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                        oldMaximum, b.splat(-infinity));
  return arith::SelectOp::create(b, isEmpty, factor,
                                 b.maximum(b.splat(least), factor));
}

void Softmax::store(Value row, Value maximum, Value sum) {
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, sum, sum);
  b.store(arith::SelectOp::create(b, isNaN, sum, maximum), state.max, row);
  b.store(sum, state.sum, row);
}
