//===- Patches.h - What windows of an operand meet --------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_PATCHES_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_PATCHES_H

#include "Contraction.h"

namespace mlir::attn {

/// An operand that copies elements of `op`'s input, each as often as windows
/// meet it, with dimensions of the copy as one of the operand. Products copy a
/// block of it at a time.
struct Patches {
  linalg::GenericOp op;
  SmallVector<ReassociationIndices> groups;

  /// What `operand` is, if it is that.
  static std::optional<Patches> find(Value operand);

  Value getData();
  AffineMap getMap();
  /// Of the copy.
  SmallVector<OpFoldResult> getSizes();
  /// Erases the copy, if it is read for nothing but sizes.
  void erase(RewriterBase &rewriter);
};

/// Whether one of two operands is read by sums of loops, as windows are.
bool hasWindows(linalg::LinalgOp op);

/// Makes products of matrices of sums of products over windows, as convolutions
/// are: of kernels and patches. Says what is in the way, or finds the loops.
std::string gatherPatches(linalg::LinalgOp op, Contraction &contraction,
                          RewriterBase &rewriter);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_PATCHES_H
