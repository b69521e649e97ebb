//===- KnownTypes.h - Sizes behind tensor.cast ------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUN_KNOWNTYPES_H
#define ATTN_LIB_RUN_KNOWNTYPES_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {

/// The type of a tensor. Where a dimension was fixed after the fact, a cast to
/// the type that its user was written for stands between; then the cast's
/// source's type.
inline RankedTensorType getKnownType(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto cast = value.getDefiningOp<tensor::CastOp>();
  if (!cast || type.hasStaticShape())
    return type;
  auto source = dyn_cast<RankedTensorType>(cast.getSource().getType());
  return source ? source : type;
}

} // namespace mlir::attn

#endif // ATTN_LIB_RUN_KNOWNTYPES_H
