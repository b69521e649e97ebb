//===- Repeats.h - What a sequence repeats ----------------------*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_LAYERS_REPEATS_H
#define ATTN_LIB_TARGET_TRANSFORMS_LAYERS_REPEATS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::attn {

/// Items that are there more than once: `length` from `start` on, each of which
/// equals the one `period` items further on, where that one is among them. Or
/// `length` is `period`, and equal ones come later, not in a row.
struct Repeat {
  size_t start, period, length;
  /// Of one period.
  size_t weight;

  size_t count() const { return length / period; }
  bool isInARow() const { return count() > 1; }
  /// The weight that is left out where each period but one is.
  size_t saved() const { return weight * (isInARow() ? count() - 1 : 1); }
};

/// The repeats of `keys` that save at least `smallest`, those that save the
/// most first. Takes time quadratic in the number of keys.
llvm::SmallVector<Repeat> findRepeats(llvm::ArrayRef<size_t> keys,
                                      llvm::ArrayRef<size_t> weights,
                                      size_t smallest);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_LAYERS_REPEATS_H
