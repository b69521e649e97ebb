//===- ExpandedMask.h - A mask as arith and reads ---------------*- C++ -*-===//
#ifndef ATTN_ANALYSIS_EXPANDEDMASK_H
#define ATTN_ANALYSIS_EXPANDEDMASK_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::attn {

/// A copy of an attention op, outside of the program, whose mask is what
/// analyses read: ops on positions are expanded, reads are unchecked. It uses
/// values of the program, so these must outlive it.
class ExpandedMask {
public:
  explicit ExpandedMask(AttentionOp op);

  AttentionOp getOp() { return *copy; }
  /// The value of the program that is equal to `value`: itself where the copy
  /// captures it. Null for steps in between of an op on positions.
  Value getOrigin(Value value);

private:
  OwningOpRef<AttentionOp> copy;
  DenseMap<Value, Value> origins;
};

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_EXPANDEDMASK_H
