//===- LoopPlan.h - Which loop of an op runs in vectors ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPPLAN_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPPLAN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <string>

namespace mlir::attn {

/// A linalg op on memrefs of which one loop runs a vector at a time.
struct LoopPlan {
  linalg::LinalgOp op;
  unsigned vectorLoop;
  FloatType element; // of which registers hold as many as there are lanes
  /// By result: what is combined with what was there before, and the op that
  /// does it; none where all loops are parallel.
  SmallVector<Value> terms;
  SmallVector<Operation *> combiners;
  /// Operands over whose elements the vector loop strides: they lie side by
  /// side along `crossLoop`, and are transposed before.
  SmallVector<OpOperand *> across;
  unsigned crossLoop = 0;

  bool isReduction() const { return !combiners.empty(); }
  bool isCross(unsigned loop) const {
    return !across.empty() && loop == crossLoop;
  }
  bool isReduced(unsigned loop) const {
    return linalg::LinalgOp(op).getIteratorTypesArray()[loop] ==
           utils::IteratorType::reduction;
  }
};

/// Whether `map` moves with `loop`.
bool moves(AffineMap map, unsigned loop);

/// Fills in `plan`, or says what is in the way.
std::string planLoops(linalg::LinalgOp op, LoopPlan &plan);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_LOOPS_LOOPPLAN_H
