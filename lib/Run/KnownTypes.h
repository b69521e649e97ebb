//===- KnownTypes.h - Sizes behind tensor.cast ------------------*- C++ -*-===//

#ifndef ATTN_LIB_RUN_KNOWNTYPES_H
#define ATTN_LIB_RUN_KNOWNTYPES_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {

/// The type of a tensor (of a memref, that of a tensor like it), with the sizes
/// that the types of what it was cast from tell: where a dimension was fixed
/// after the fact, a cast back to the type that its user was written for stands
/// between.
inline RankedTensorType getKnownType(Value value) {
  auto type = cast<ShapedType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  while (auto op = value.getDefiningOp<tensor::CastOp>()) {
    value = op.getSource();
    auto source = dyn_cast<RankedTensorType>(value.getType());
    if (!source)
      break;
    for (auto [size, known] : llvm::zip_equal(shape, source.getShape()))
      if (ShapedType::isDynamic(size))
        size = known;
  }
  return RankedTensorType::get(shape, type.getElementType());
}

} // namespace mlir::attn

#endif // ATTN_LIB_RUN_KNOWNTYPES_H
