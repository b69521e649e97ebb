//===- Softmax.h - Online softmax -------------------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_SOFTMAX_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_SOFTMAX_H

#include "State/StateScratch.h"
#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// What kernels do between their two products, of a piece (see SplitAttend.h):
/// one vector of rows at a time.
class Softmax {
public:
  Softmax(KernelBuilder &builder, AttendOp op, const StateScratch &state)
      : b(builder), op(op), state(state) {}

  bool hasRegions() { return !op.getScore().empty() || !op.getMask().empty(); }
  /// Whether a region does. Such code stays out of functions: given pointers,
  /// LLVM could not tell what it reads from the scores that are written, and
  /// would read it again for every key.
  static bool readsMemory(AttendOp op);
  /// Head and query of a vector of rows.
  struct Positions {
    Value head, query;
  };
  /// Of the rows from `row` on, of which each head has `rowsOfHead`: lanes
  /// without a row repeat the last one, and read nothing beyond it.
  Positions getPositions(Value row, Value rowsOfHead);

  /// What is subtracted from scores: the maximum, or 0 in rows that no key
  /// reached yet, where -inf - -inf would be NaN.
  Value getFiniteMax(Value maximum);
  /// What the state of `oldMaximum` is multiplied by; an infinity in it stays.
  Value getFactor(Value oldMaximum, Value newMaximum);
  /// Stores both. Maxima pass over NaN, weights do not: a row that attends to
  /// one is not empty, and all of it is NaN (D4).
  void store(Value row, Value maximum, Value sum);

private:
  KernelBuilder &b;
  AttendOp op;
  StateScratch state;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_SOFTMAX_H
