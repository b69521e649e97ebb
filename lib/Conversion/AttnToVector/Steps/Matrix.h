//===- Matrix.h - Operands as matrices --------------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_MATRIX_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_MATRIX_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace mlir::attn {

/// The [sequence][feature] matrix of a head of an operand with one batch.
Value getMatrix(OpBuilder &builder, Location loc, Value operand,
                ArrayRef<int64_t> layout, int64_t head = 0);

/// Whether elements that follow in dimension `dim` lie side by side.
bool hasUnitStride(MemRefType type, int64_t dim);
/// The same of the last one.
inline bool hasUnitStride(MemRefType type) {
  return hasUnitStride(type, type.getRank() - 1);
}

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_MATRIX_H
