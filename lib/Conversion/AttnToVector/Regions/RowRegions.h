//===- RowRegions.h - Regions of kernels with queries in lanes --*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_ROWREGIONS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_ROWREGIONS_H

#include "Regions/RegionReads.h"
#include "Steps/Softmax.h"

namespace mlir::attn {

/// The score and mask regions of a piece (see SplitAttend.h), applied to some
/// vectors of rows and a block of keys.
class RowRegions {
public:
  /// At most `maxKeys` by `maxRows` scores at once.
  RowRegions(KernelBuilder &builder, AttendOp op, Softmax &softmax,
             int64_t maxKeys, int64_t maxRows);
  RowRegions(const RowRegions &) = delete;

  /// Rows from `first` on, `vectors` of them full, and keys of the op.
  struct Tile {
    Value firstRow, rowsOfHead;
    int64_t vectors;
    RegionReads::Keys keys;
  };
  /// Emits what comes before a loop over the keys of a tile: what does not
  /// depend on them, and reads of all of them.
  void begin(const Tile &tile);
  /// Whether a row attends to key `key` of the tile.
  Value isAttended(Value key);
  /// The scores of key `key` of the tile's block, one vector for each of rows:
  /// -inf where the mask hides the pair.
  Values apply(Value key, Values scores);
  /// The scores of vector `vector` of rows, and apart from them whether each
  /// pair attends; null: all do. Vectors of a key are applied in order.
  std::pair<Value, Value> apply(Value key, int64_t vector, Value value);

private:
  struct Part {
    Region *region;
    std::optional<RegionReads> reads;
    std::optional<RegionDependence> keys;
    std::vector<RegionVectorizer> rows;  // by vectors: what no key changes
    std::vector<RegionVectorizer> ofKey; // by vectors: of the last key
  };
  Part makePart(Region &region);
  void begin(Part &part, const Tile &tile);
  RegionVectorizer bindRows(Region &region, const Softmax::Positions &rows);
  Value applyPart(Part &part, Value key, int64_t vector, Value score);

  KernelBuilder &b;
  AttendOp op;
  Softmax &softmax;
  int64_t maxKeys, maxRows;
  Part score, mask;
  Value firstKey; // of the tile
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_ROWREGIONS_H
