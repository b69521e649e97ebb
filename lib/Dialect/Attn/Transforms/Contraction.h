//===- Contraction.h - The loops of a dense product -------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTION_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTION_H

#include "attn/Analysis/TilingPolicy.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>
#include <string>

namespace mlir::attn {

/// An op that sums products of two operands, as products of matrices: three of
/// its loops are rows, columns and what is summed over; the rest run around.
struct Contraction {
  linalg::LinalgOp op;
  OpOperand *lhs, *rhs; // columns are rhs's
  std::optional<unsigned> row;
  unsigned column, inner;
  /// rhs in panels, or null, and whether it was rounded: see packWeights.
  Value panels = nullptr;
  bool isRounded = false;

  OpOperand &init() const { return *linalg::LinalgOp(op).getDpsInitOperand(0); }
  AffineMap getMap(OpOperand *operand) const {
    return linalg::LinalgOp(op).getMatchingIndexingMap(operand);
  }
  /// Static, or dynamic.
  int64_t getSize(unsigned loop) const;
  int64_t getRows() const { return row ? getSize(*row) : 1; }
  /// Whether few rows of lhs are multiplied by rows of rhs, as they lie.
  bool readsRowsOfRhs() const;
};

/// Whether `op` multiplies floats of two operands and sums, whatever its loops.
bool isSumOfProducts(linalg::LinalgOp op);

/// Finds the loops of such an op, or says what is in the way.
std::string findLoops(linalg::LinalgOp op, Contraction &contraction);

/// Reads the inputs of transposes instead of their results, where rows of these
/// inputs are rows or columns of a matrix: the product does the rest.
void foldTransposes(Contraction &contraction, RewriterBase &rewriter);

/// The elementwise ops on the product, each on the result of the one before and
/// its only user.
SmallVector<linalg::GenericOp> findFollowers(const Contraction &contraction);

/// Makes one dimension of `dims` of the result, in the product and what follows
/// it. Gives how many these are, or 0 where they are not side by side.
size_t mergeDims(Contraction &contraction, const ReassociationIndices &dims,
                 RewriterBase &rewriter);

/// Makes rows of one matrix of batches that read rhs alike, in the product and
/// what follows it: rhs is then read once for all of them. Gives how many
/// dimensions became one, or 0.
size_t mergeRows(Contraction &contraction, RewriterBase &rewriter);

/// Makes parts of a long sum that few rows of lhs are multiplied for, and a sum
/// of the parts: threads share rows of rhs then, which are read from end to
/// end, not pieces of them. Gives how many parts these are, 1 where it stays
/// whole.
int64_t divideSum(Contraction &contraction, RewriterBase &rewriter);

/// Packs constant matrices that are read by products alone, and element by
/// element, at compile time (#attn.packed), in panels as the policy has them.
/// Those of f32 are rounded to `narrow`, unless that is null.
void packWeights(MutableArrayRef<Contraction> contractions,
                 const TilingPolicy &policy, Type narrow,
                 RewriterBase &rewriter);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_CONTRACTION_H
