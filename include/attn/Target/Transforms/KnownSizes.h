//===- KnownSizes.h - Sizes of tensors, from where they were made -*- C++ -*-=//

#ifndef ATTN_TARGET_TRANSFORMS_KNOWNSIZES_H
#define ATTN_TARGET_TRANSFORMS_KNOWNSIZES_H

#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/Value.h"

namespace mlir::attn {

/// The tensor, computed earlier, that has the size of `tensor` along `d`, which
/// becomes the dimension there; null if none is known.
Value findShaping(Value tensor, int64_t &d);

/// The size of `tensor` along `d`, if it is a number or a value that is there.
/// Otherwise both go as far up as the size does: through ops that write into a
/// tensor, loops that carry one of the same sizes, and casts.
OpFoldResult findKnownSize(Value &tensor, int64_t &d);

/// Whether both are the same number, value, or size of the same tensor.
bool isSameSize(OpFoldResult lhs, OpFoldResult rhs);

} // namespace mlir::attn

#endif // ATTN_TARGET_TRANSFORMS_KNOWNSIZES_H
