//===- BlockBounds.h - Bounds of captured tensors by blocks -----*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H
#define ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H

#include "Emitted.h"

namespace mlir::attn {

/// The smallest and the largest element of each block of a tensor of integers
/// (i1: and, or). Dimension d of the tables has ceil(size / blocks[d])
/// elements.
struct BlockTable {
  Value tensor;
  SmallVector<int64_t> blocks;
  Value low, high; // null before `prepare`

  bool isTensorItself() const {
    return llvm::all_of(blocks, [](int64_t block) { return block == 1; });
  }
  void build(OpBuilder &builder, Location loc);
};

/// What a read of a tensor at intervals needs.
class BlockTables {
public:
  /// The elements of `tensor` at `indices`, as `low` and `high` of its element
  /// type; nothing is known where that would take many reads.
  EmittedNumber read(EmittedArith &arith, OpBuilder &builder, Location loc,
                     Value tensor, ArrayRef<EmittedNumber> indices);

  void build(OpBuilder &builder, Location loc);
  /// While this is on, unknown tables are built where they are first read.
  bool collects = false;

private:
  BlockTable *getTable(OpBuilder &builder, Location loc, Value tensor,
                       ArrayRef<int64_t> blocks);
  SmallVector<BlockTable, 4> tables;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H
