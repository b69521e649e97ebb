//===- Operands.h - Query, key and value as tensors -------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OPERANDS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OPERANDS_H

#include "Scores.h"
#include <array>

namespace mlir::attn::recognize {

/// Canonical dimensions (batch, head, sequence, feature) as positions.
using Dims = std::array<Expr, 4>;

/// A tensor whose dimensions are the canonical ones in some order: `dims[p]` is
/// that of dimension p, -1 for one of size 1 that stands for none. Dimensions
/// of size 1 may be missing.
struct OperandView {
  Value tensor;
  SmallVector<int64_t> dims;
  /// Neighboring dimensions of the tensor that are one of `dims`.
  SmallVector<ReassociationIndices> groups;
  /// Query heads that share one of the tensor's heads: neighbors, or, where
  /// they are tiled, those that are the same modulo the number of the tensor's
  /// heads.
  int64_t group = 1;
  bool tiled = false;
  /// Taken out on the way: element = factor * tensor[...].
  double factor = 1;
};

/// The tensors from which `element`, at positions `dims`, could be read, from
/// the one that the graph reads to those further up. May be empty.
std::vector<OperandView> findViews(TensorReader &reader, Expr element,
                                   const Dims &dims);

/// `view` with four dimensions, and its layout.
struct Operand {
  Value tensor;
  SmallVector<int64_t> layout;
};
Operand makeOperand(OpBuilder &builder, Location loc, const OperandView &view);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_OPERANDS_H
