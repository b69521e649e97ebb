//===- Segment.h - Ops in a row, and what equal ones are --------*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_LAYERS_SEGMENT_H
#define ATTN_LIB_TARGET_TRANSFORMS_LAYERS_SEGMENT_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseSet.h"

namespace mlir::attn {

/// Ops of one block in order, such as those of a layer of a model.
class Segment {
public:
  explicit Segment(ArrayRef<Operation *> ops);

  ArrayRef<Operation *> getOps() const { return ops; }
  /// Whether `value` is computed here, be it in a region.
  bool isInside(Value value) const;
  /// Whether another op than ours uses `value`.
  bool isUsedOutside(Value value) const;
  /// All operands, with those in regions, in order.
  SmallVector<OpOperand *> getOperands() const;

private:
  bool contains(Operation *op) const;

  SmallVector<Operation *> ops;
  llvm::DenseSet<Operation *> members;
};

/// All operands of `op`, with those in its regions, in order.
void getOperands(Operation *op, SmallVectorImpl<OpOperand *> &operands);

/// A number that ops with the same effect on the same operands have in common:
/// of all but the operands' values.
size_t getKey(Operation *op);

/// Whether two segments do the same, but for what flows in from outside.
bool isEquivalent(const Segment &lhs, const Segment &rhs);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_LAYERS_SEGMENT_H
