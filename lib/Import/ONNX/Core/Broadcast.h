//===- Broadcast.h - Operands that repeat along dimensions ------*- C++ -*-===//
//===----------------------------------------------------------------------===//
//
// A dimension broadcasts where its size is 1. Whether it is may show only when
// the code runs: sizes are then chosen and checked there, and a position is
// multiplied by 0 or 1 to read it. What is static, or provably equal, is read
// by affine maps.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_BROADCAST_H
#define ATTN_LIB_IMPORT_ONNX_CORE_BROADCAST_H

#include "Core/Emit.h"

namespace mlir::attn::onnx {

/// Sizes that are equal or one of which is 1: an error for constants that are
/// not, else a cf.assert. Dimension `d` of `x`, and `e` of `y`.
LogicalResult requireBroadcast(Node &n, const Operand &x, int64_t d,
                               const Operand &y, int64_t e);
/// Right aligned, every dimension of `operand` must be 1 or the one of
/// `target`, which does not grow.
LogicalResult requireBroadcastTo(Node &n, const Operand &operand,
                                 const Operand &target);

/// What loops over sizes that `operand` broadcasts to read of it.
class BroadcastReader {
public:
  BroadcastReader(Node &n, const Operand &operand, const Sizes &loops);

  /// True where `map` says what is read.
  bool isAffine() const;
  /// From the loops to the operand's position.
  AffineMap map(OpBuilder &b) const;
  /// The element, where `isAffine` or not.
  Value read(ScalarBuilder &s, ValueRange loops) const;

private:
  enum class Access { First, Loop, Stepped };
  struct Dim {
    Access access;
    Value step;
  };

  Value tensor;
  int64_t rank, shift;
  SmallVector<Dim> dims;
};

/// `operand` itself where its sizes are provably those of `loops`, else a copy
/// of these sizes. They have been checked.
Operand repeatTo(Node &n, const Operand &operand, const Sizes &loops);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_BROADCAST_H
