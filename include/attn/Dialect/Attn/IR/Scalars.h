//===- Scalars.h - Constants and conversions of scalars ---------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_IR_SCALARS_H
#define ATTN_DIALECT_ATTN_IR_SCALARS_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// f16, bf16, f32 or f64 to any other of them.
Value convertFloat(OpBuilder &builder, Location loc, Value value, Type type);

/// An integer or index as `index`, and as f64.
Value toIndex(OpBuilder &builder, Location loc, Value value);
Value toF64(OpBuilder &builder, Location loc, Value value);

Value constantIndex(OpBuilder &builder, Location loc, int64_t value);
Value constantFloat(OpBuilder &builder, Location loc, Type type, double value);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_SCALARS_H
