//===- TileFallback.h - Attention where tiles are denied --------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_TILEFALLBACK_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_TILEFALLBACK_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Emits a call of the runtime that tells whether there are tiles.
Value createHasTiles(OpBuilder &builder, Location loc);

/// Machines may lack tiles of AMX, and systems may deny them. The body of each
/// parallel loop with ops in `onTiles` becomes a branch between itself and a
/// copy, as the runtime tells; so does an op that is in no such loop. Returns
/// the copies of `onTiles`, which are for vectors.
///
/// Code for tiles must be in functions of its own: LLVM gives the tiles back
/// where a function ends, whatever path has led there.
SmallVector<Operation *> addTileFallback(ArrayRef<Operation *> onTiles);

/// What few calls run is kept small: half of the registers hold enough
/// accumulators to keep multiply-adds from waiting, with half of the code.
CPUTargetAttr getForFallback(CPUTargetAttr target);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_TILEFALLBACK_H
