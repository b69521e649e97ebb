//===- RingCopies.h - Rows of memory into a tile ----------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_RINGCOPIES_H
#define ATTN_LIB_CONVERSION_TILETONVVM_RINGCOPIES_H

#include "LaneBuilder.h"
#include "attn/Dialect/Tile/IR/Tile.h"

namespace mlir::attn::tile {

/// A warp copies the rows of `source` that `op` publishes to `tile`; what the
/// tile has besides becomes 0. By cp.async where rows are pieces of 16 bytes.
void copyRows(LaneBuilder &lane, Value source, DenseI64ArrayAttr layout,
              PublishOp op, TileType type, Value tile);

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_RINGCOPIES_H
