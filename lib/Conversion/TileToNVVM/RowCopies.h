//===- RowCopies.h - Rows of memory into a tile -----------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_ROWCOPIES_H
#define ATTN_LIB_CONVERSION_TILETONVVM_ROWCOPIES_H

#include "LaneBuilder.h"
#include "attn/Dialect/Tile/IR/Tile.h"

#include <functional>

namespace mlir::attn::tile {

/// Rows of `memory`, which lie in its dimensions of batches, heads and
/// sequences.
struct RowSource {
  struct Position {
    Value batch, head, sequence;
  };

  Value memory;
  DenseI64ArrayAttr layout;
  /// How many rows there are.
  Value count;
  /// Whether rows are of several heads.
  bool hasHeads;
  /// Of a row that there is.
  std::function<Position(Value row)> locate;
};

/// A warp copies `count` rows from `first` on to the same rows of `tile`; those
/// that there are not, and columns behind the features, become 0. By cp.async
/// where rows are pieces of 16 bytes.
void copyRows(LaneBuilder &lane, const RowSource &source, Value first,
              int64_t count, TileType type, Value tile);

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_ROWCOPIES_H
