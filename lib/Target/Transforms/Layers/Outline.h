//===- Outline.h - Equal segments as calls of one function ------*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_LAYERS_OUTLINE_H
#define ATTN_LIB_TARGET_TRANSFORMS_LAYERS_OUTLINE_H

#include "Segment.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Moves `segments`, which are equivalent and in order, into one private
/// function behind `caller` and calls it instead of each. What flows in becomes
/// arguments, but for constants that all segments share.
func::FuncOp outline(ArrayRef<Segment> segments, func::FuncOp caller,
                     SymbolTable &symbols);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_LAYERS_OUTLINE_H
