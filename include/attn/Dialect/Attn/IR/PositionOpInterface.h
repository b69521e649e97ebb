//===- PositionOpInterface.h - What ops on positions mean -------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE_H
#define ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace mlir::attn {

/// One index of a read: `position`, divided by `block` rounding down.
struct ReadIndex {
  Value position;
  int64_t block = 1;
  /// The caller has seen to it.
  bool isInRange = false;
};

/// Writes a read of `tensor`, which messages call `name`.
using ElementReader =
    function_ref<Value(OpBuilder &, Location, StringRef name, Value tensor,
                       ArrayRef<ReadIndex> indices)>;

/// A tensor.extract: for those who read the program, and do not run it.
Value readUnchecked(OpBuilder &builder, Location loc, StringRef name,
                    Value tensor, ArrayRef<ReadIndex> indices);

} // namespace mlir::attn

#include "attn/Dialect/Attn/IR/PositionOpInterface.h.inc"

namespace mlir::attn {

/// Expands the ops on positions inside of `root`, with unchecked reads.
/// `replaced` hears of each result, while it is still there.
void expandPositionOps(
    Operation *root,
    function_ref<void(Value result, Value expanded)> replaced = {});

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_POSITIONOPINTERFACE_H
