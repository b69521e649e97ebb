//===- Hoist.h - What many use, as early as can be --------------*- C++ -*-===//

#ifndef ATTN_LIB_TARGET_TRANSFORMS_LAYERS_HOIST_H
#define ATTN_LIB_TARGET_TRANSFORMS_LAYERS_HOIST_H

#include <cstddef>

namespace mlir {
class Block;
} // namespace mlir

namespace mlir::attn {

/// Moves ops of `block` with more than one user, what these alone need,
/// reshapes, and checks up to where their operands are known: what the first
/// layer computes for all is then no part of it. What equal ops read that are
/// `smallest` ops apart, as those of layers are, comes before the rest, of
/// which loops stay where they are. Nothing but numbers and reshapes move above
/// a check, which may be what makes it safe.
void hoistShared(Block &block, size_t smallest);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_TRANSFORMS_LAYERS_HOIST_H
