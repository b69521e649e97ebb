//===- Softmax.h - Online softmax with queries in lanes ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_SOFTMAX_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_SOFTMAX_H

#include "KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// A state as kernels keep it: one head, queries in lanes, room for whole
/// vectors of them.
struct StateScratch {
  Value acc; // [value features][rows]
  Value max; // [rows]
  Value sum; // [rows]
};

/// What every kernel does between its two products: one vector of queries at a
/// time, of an op with one batch and one head of each.
class Softmax {
public:
  Softmax(KernelBuilder &builder, AttendInPlaceOp op, const StateScratch &state)
      : b(builder), op(op), state(state) {}

  bool hasRegions() { return !op.getScore().empty() || !op.getMask().empty(); }
  /// Positions of the queries from `row` on, of which the op has `numRows`:
  /// lanes without a query repeat the last one, and read nothing beyond it.
  Value getQueries(Value row, Value numRows);
  /// `score` after the score region; -inf where the mask hides the pair.
  Value applyRegions(Value score, Value queries, Value key);

  /// What is subtracted from scores: the maximum, or 0 in rows that no key
  /// reached yet, where -inf - -inf would be NaN.
  Value getReference(Value maximum);
  /// What the state of `oldMaximum` is multiplied by.
  Value getFactor(Value oldMaximum, Value reference);
  /// Stores both. Maxima pass over NaN, weights do not: a row that attends to
  /// one is not empty, and all of it is NaN (D4).
  void store(Value row, Value maximum, Value sum);

private:
  KernelBuilder &b;
  AttendInPlaceOp op;
  StateScratch state;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_SOFTMAX_H
