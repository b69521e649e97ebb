//===- ShapeChecks.h - Checks of sizes before one op ------------*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_SHAPECHECKS_H
#define ATTN_LIB_TARGET_TRANSFORMS_SHAPECHECKS_H

#include "attn/Target/Transforms/KnownSizes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {

/// Inserts checks before one op.
class Checks {
public:
  explicit Checks(Operation *op) : op(op), builder(op), loc(op->getLoc()) {}

  /// The size of a dimension, taken from where the tensor was made.
  OpFoldResult getDim(Value tensor, int64_t d);

  Value toValue(OpFoldResult size);
  Value constant(int64_t value);
  /// expr(operands), composed and folded.
  Value apply(AffineMap expr, ArrayRef<OpFoldResult> operands);
  Value compare(arith::CmpIPredicate predicate, Value lhs, Value rhs);
  Value both(Value lhs, Value rhs);
  Value either(Value lhs, Value rhs);

  /// Asserts `condition` where it is not known; the op's name stands before
  /// the message.
  void require(Value condition, const Twine &message);
  void requireEqual(OpFoldResult lhs, OpFoldResult rhs, const Twine &message);
  /// 0 <= value <= limit, by one unsigned comparison where the limit is a size.
  void requireWithin(Value value, Value limit, const Twine &message);

  Operation *op;
  OpBuilder builder;
  Location loc;
};

/// What each op assumes of sizes that its verifier cannot see.
void insertShapeChecks(linalg::LinalgOp op);
void insertShapeChecks(tensor::CastOp op);
void insertShapeChecks(tensor::ExtractSliceOp op);
void insertShapeChecks(tensor::InsertSliceOp op);
void insertShapeChecks(tensor::ExpandShapeOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_SHAPECHECKS_H
