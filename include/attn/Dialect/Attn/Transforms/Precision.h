//===- Precision.h - What a model of f32 is computed in ---------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PRECISION_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_PRECISION_H

namespace mlir::attn {

/// Of the constant matrices that products read. Sums are f32.
enum class Precision { F32, BF16, F16 };

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PRECISION_H
