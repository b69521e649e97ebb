//===- RegionReads.h - Reads of pairs, a block of them at once --*- C++ -*-===//
// With queries in lanes, table[.., i, j] takes one read for each lane, of
// elements that lie far apart. But those of following keys lie side by side:
// for a block of keys and a vector of queries they are read as vectors along
// the keys, transposed in registers, and kept in scratch.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONREADS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONREADS_H

#include "Regions/RegionDependence.h"
#include "Regions/RegionVectorizer.h"

namespace mlir::attn {

/// The read `op` of a region at some keys, for a vector of rows.
class RegionReads {
public:
  /// The arguments of `region` that are vectors or the key.
  RegionReads(KernelBuilder &builder, Region &region, ArrayRef<Value> inLanes,
              Value key);

  bool empty() const { return reads.empty(); }
  /// Reads of another region of the op, at the same indices, are taken from
  /// `other`, which fills first and stays where it is.
  void shareWith(const RegionReads &other);
  /// A block of keys of the op.
  struct Keys {
    Value first, size;
  };
  /// Reads ahead for the vector of rows whose positions `rows` knows, into
  /// column `column` of the scratch of `keys` (at most) by `columns`.
  void fill(const RegionVectorizer &rows, const Keys &keys, Value column,
            int64_t maxKeys, int64_t columns);
  /// Defines the reads as what was read ahead for key `key` of the block.
  void define(RegionVectorizer &vectorizer, Value key, Value column);

private:
  struct Read {
    memref::LoadOp op;
    std::optional<KeyStep> step; // else it changes seldom
    Value scratch;               // [keys][columns]
    const Read *other = nullptr; // whose scratch this is
  };
  void find(memref::LoadOp op, const RegionDependence &lanes);
  void fillAlongKeys(const Read &read, const RegionVectorizer &rows,
                     const Keys &keys, Value column);
  void fillWhereChanged(const Read &read, const RegionVectorizer &rows,
                        const Keys &keys, Value column);
  void readElements(const Read &read, const RegionVectorizer &rows,
                    const Keys &keys, Value from, Value to, Value column);
  void readVectors(const Read &read, RegionVectorizer rows, Value lowest,
                   Value start, Value column);
  Values getIndices(const Read &read, RegionVectorizer &rows, Value key);
  Value readLanes(const Read &read, RegionVectorizer rows, Value key);

  KernelBuilder &b;
  Region &region;
  Value key;
  RegionDependence keys;
  SmallVector<Read> reads;
};

/// With keys in lanes, elements of following keys fill a vector: defines the
/// reads of a region whose last index moves with the key. `lanes` knows all
/// positions, the key as a vector; `firstKey` is that of lane 0. Unless
/// `isWhole`, the last lanes may repeat a key, and lanes are read one by one.
void defineKeyReads(KernelBuilder &b, Region &region, RegionVectorizer &lanes,
                    Value firstKey, Value isWhole);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_REGIONS_REGIONREADS_H
