//===- GuardedReads.h - Reads of captured tensors, in bounds --------------===//
// Regions read tensors at positions. D21: an index out of range is an error of
// the run, and nothing is read there.
//===----------------------------------------------------------------------===//
#ifndef ATTN_DIALECT_ATTN_UTILS_GUARDEDREADS_H
#define ATTN_DIALECT_ATTN_UTILS_GUARDEDREADS_H

#include "attn/Dialect/Attn/IR/PositionOpInterface.h"

namespace mlir::attn {

/// `tensor` at `indices`. An index that is a position of an enclosing attention
/// op, read on every pair, is checked once, before that op: the tensor must
/// cover all positions. Any other index that may be out of range is checked
/// where it is read. Where a check fails and does not leave the call, the read
/// is skipped and its value is 0.
Value createGuardedRead(OpBuilder &builder, Location loc, StringRef name,
                        Value tensor, ArrayRef<ReadIndex> indices);

/// Says of a read, a slice or an insertion that its indices were proved or
/// checked.
void markAsInBounds(Operation *op);
bool isInBounds(Operation *op);

/// Says of an op that it has a result for all its operands, or was checked.
void markAsDefined(Operation *op);
bool isDefined(Operation *op);

/// Guards each tensor.extract in a region of an attention op below `root` that
/// is not marked as in bounds.
void guardReadsInRegions(Operation *root);

/// The same for all others below `root`.
void guardReadsOutsideRegions(Operation *root);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_UTILS_GUARDEDREADS_H
