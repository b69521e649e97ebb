//===- AttnTiles.h - What ops on tiles of others share ------------*- C++
//-*-===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNTILES_H
#define ATTN_DIALECT_ATTN_IR_ATTNTILES_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// A part of a tensor: offsets and sizes by dimension.
struct Slice {
  SmallVector<OpFoldResult> offsets, sizes;

  void add(OpFoldResult offset, OpFoldResult size);
  /// Of a canonical slice: the dimensions in the order of `layout`, which may
  /// lack the last ones.
  Slice inLayout(ArrayRef<int64_t> layout) const;
};

Value extractSlice(OpBuilder &builder, Location loc, Value tensor,
                   const Slice &slice);

/// Makes the positions of a region's block, its last four arguments, count from
/// `origins`; those of null, and those without an origin, stay.
void shiftPositions(OpBuilder &builder, Block &block, ArrayRef<Value> origins);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNTILES_H
