//===- RowLoops.h - A loop over rows ----------------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWLOOPS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWLOOPS_H

#include "RowGroups.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// Elements of a block of rows: they and what is computed from them stay in the
/// first cache, and a thread that takes a block has enough to do.
inline constexpr int64_t kRowBlockElements = 8192;

/// Computes the ops of a group block of rows by block of rows.
class RowLoops {
public:
  RowLoops(RowGroup &group, RewriterBase &rewriter);

  /// Whether there is enough for more than one block.
  bool isWorthwhile() const;
  /// Puts the loop in the place of the ops.
  void replace();
  std::string describe() const;

private:
  using FoldResults = SmallVector<OpFoldResult>;

  void findResults();
  Value getOutside(Value value);
  FoldResults getLoopSizes(linalg::GenericOp op);
  Value getDestination(OpResult result);
  OpFoldResult getBlock(ArrayRef<OpFoldResult> sizes);
  void buildBlock(ValueRange position, ValueRange shared);
  Value slice(Value tensor, AffineMap map);
  Value getInit(linalg::GenericOp op, unsigned result);
  void cloneOp(linalg::GenericOp op);
  void insert(ValueRange shared);

  RowGroup &group;
  RewriterBase &b;
  Location loc;
  unsigned tiled;                // the row loop that runs in blocks
  SmallVector<OpResult> results; // used by others
  FoldResults offsets, counts;   // of the block's rows
  IRMapping mapping;             // of results to the block's
  DenseMap<Value, Value> places; // of results in the loop's outputs
};

/// Puts the elementwise ops of a block into those that read them: once, or, if
/// they are cheap, into each.
void fuseRows(Block &block, RewriterBase &rewriter);

/// Large insertions into tensors of `block` of what the caller gave copy it
/// block of rows by block of rows, those in a row of equal sizes together.
void tileCopies(Block &block, RewriterBase &rewriter);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_ROWLOOPS_H
