//===- UndefinedOps.h - Ops whose result MLIR leaves undefined --*- C++ -*-===//

#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_UNDEFINEDOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_UNDEFINEDOPS_H

#include "mlir/Analysis/DataFlowFramework.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"

namespace mlir::attn {

/// What is known of integers. Positions of attention are taken to be from 0 to
/// 2^48: tiles reach past the end of a tensor, where their values are dropped
/// but their arithmetic is done.
class IntegerRanges {
public:
  explicit IntegerRanges(Operation *root);

  /// All numbers of the type where nothing is known.
  ConstantIntRanges get(Value value) const;

private:
  DataFlowSolver solver;
};

/// What must hold where an op runs; the call fails otherwise.
struct OpCheck {
  Operation *op;
  Value holds;
  std::string message;
};

/// Whether `op` can be undefined whatever is known of its operands.
bool canBeUndefined(Operation *op);

/// Gives `op` a result for all operands: the one of docs/Spec.md, or where that
/// says that the call fails, any; what must hold then comes into `checks`. Ops
/// that were made are written down in `made`, in order.
void defineOp(Operation *op, const IntegerRanges &ranges,
              SmallVectorImpl<OpCheck> &checks,
              SmallVectorImpl<Operation *> &made);

/// Takes from `op` what it promises about its operands.
void dropPromises(Operation *op);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_UNDEFINEDOPS_H
