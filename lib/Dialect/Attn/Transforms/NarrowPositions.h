//===- NarrowPositions.h - Positions in 32 bits -----------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_NARROWPOSITIONS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_NARROWPOSITIONS_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Computes in 32 bits what the regions of `op` compare, and what they make
/// numbers of, where it follows from the op's static sizes, and the constants,
/// that every value on the way fits. A vector has twice as many such integers
/// as it has of 64 bits, which AVX2 neither makes numbers of nor divides.
///
///     %d = arith.subi %i, %j : index
///     %m = arith.cmpi sle, %d, %c7 : index
///     // becomes
///     %x = arith.index_cast %i : index to i32
///     %y = arith.index_cast %j : index to i32
///     %d = arith.subi %x, %y : i32
///     %m = arith.cmpi sle, %d, %c7_i32 : i32
void narrowPositions(AttentionOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_NARROWPOSITIONS_H
