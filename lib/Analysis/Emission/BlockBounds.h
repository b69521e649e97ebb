//===- BlockBounds.h - Bounds of captured tensors by blocks -----*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H
#define ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H

#include "Emitted.h"

namespace mlir::attn {

/// The smallest and the largest element of each block of a tensor of integers
/// (i1: and, or); with a test, whether all and whether some elements pass it.
/// Dimension d of the tables has ceil(size / blocks[d]) elements.
struct BlockTable {
  Value tensor;
  /// A comparison of an element (a tensor.extract) with a constant, or null.
  arith::CmpFOp test;
  SmallVector<int64_t> blocks;
  Value low, high; // null before `prepare`

  bool isTensorItself() const {
    return llvm::all_of(blocks, [](int64_t block) { return block == 1; });
  }
  void build(OpBuilder &builder, Location loc);
  /// An element of the tensor itself, or what the test says of it.
  Value load(OpBuilder &builder, Location loc, ValueRange indices) const;
};

/// Of two integers, signed; of two i1, and and or.
Value getSmaller(OpBuilder &builder, Location loc, Value a, Value b);
Value getLarger(OpBuilder &builder, Location loc, Value a, Value b);

/// What a read of a tensor at intervals needs.
class BlockTables {
public:
  struct Request {
    Value tensor;
    ArrayRef<EmittedInterval> indices;
    arith::CmpFOp test; // or null
    bool servesOnePair; // each element is of one head, query and key
  };
  /// The elements at the indices, as `low` and `high` of their type (i1 with a
  /// test); nothing is known where that would take many reads, or a pass over a
  /// tensor that is about as long as applying the mask.
  EmittedInterval read(EmittedArith &arith, OpBuilder &builder, Location loc,
                       const Request &request);

  void build(OpBuilder &builder, Location loc);
  /// While this is on, unknown tables are built where they are first read. When
  /// it ends, they wait to be built where they are wanted.
  void setCollecting(bool on);

  /// Null where the table was not known before the loops.
  BlockTable *getTable(OpBuilder &builder, Location loc, const Request &request,
                       ArrayRef<int64_t> blocks);

private:
  SmallVector<BlockTable, 4> tables;
  bool collects = false;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_BLOCKBOUNDS_H
