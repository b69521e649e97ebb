//===- AttnPacked.h - Constants in the order of their use -------*- C++ -*-===//
//
// Apart from the other attributes: few files know of panels.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNPACKED_H
#define ATTN_DIALECT_ATTN_IR_ATTNPACKED_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpImplementation.h"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnPackedAttrs.h.inc"

namespace mlir::attn {

/// Whether an operand of a product is in panels, [P, K, C] or [P, D, C, 2], as
/// #attn.packed is.
inline bool isPacked(Value matrix) {
  const int64_t rank = cast<ShapedType>(matrix.getType()).getRank();
  return rank == 3 || rank == 4;
}

/// Whether it is in panels of pairs, [P, D, C, 2].
inline bool isPackedInPairs(Value matrix) {
  return cast<ShapedType>(matrix.getType()).getRank() == 4;
}

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNPACKED_H
