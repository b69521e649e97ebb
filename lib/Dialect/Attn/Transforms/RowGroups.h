//===- RowGroups.h - Ops that can run row by row ----------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWGROUPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWGROUPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// Ops of one block, in order, whose first `numRows` loops run over the same
/// rows: of what one of them computes, the others read the same row alone.
struct RowGroup {
  SmallVector<linalg::GenericOp> ops;
  unsigned numRows;

  bool contains(Operation *op) const {
    return llvm::is_contained(ops, dyn_cast<linalg::GenericOp>(op));
  }
  /// Whether `value` is a result of one of them.
  bool defines(Value value) const {
    return value.getDefiningOp() && contains(value.getDefiningOp());
  }
  /// The one with most loops, of which rows are the first.
  linalg::GenericOp getWidest() const;
};

SmallVector<RowGroup> findRowGroups(Block &block);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWGROUPS_H
