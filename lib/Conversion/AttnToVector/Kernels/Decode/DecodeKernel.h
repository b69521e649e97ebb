//===- DecodeKernel.h - attend for decode -----------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H

#include "Kernels/PieceKernel.h"
#include "Regions/KeyRegions.h"

namespace mlir::attn {

/// The code of a piece whose rows, of known number, would leave most lanes of a
/// vector empty, and whose features lie side by side: features in lanes, so
/// that each key and each value is loaded once, as a vector, for all rows.
///
/// Keys may be read in several places at once (DecodePlaces.cpp): then those of
/// a block are `size` keys of each place, from its `first` on, and their scores
/// lie place by place.
class DecodeKernel : public PieceKernel {
public:
  DecodeKernel(AttendOp op, const StateScratch &state, KernelContext &context);

private:
  /// What a vector of features is, the last one maybe not a whole one.
  struct Columns {
    Value first;
    int64_t size;
  };
  using KeyBlock = RegionReads::Keys;

  MemRefType getPackedType() override;
  StringRef getPackName() override;
  void packQuery(Value from, Value into) override;
  void allocate() override;
  void emitLoop() override;
  void emitKeys(Value first) override;

  /// Rows of queries.
  struct Rows {
    int64_t first, size;
  };
  void multiplyQueryKey(const KeyBlock &block);
  void emitProducts(const KeyBlock &block, Value key, bool isTail);
  void multiplyColumns(ArrayRef<Value> keys, const Columns &columns,
                       int64_t firstRow, Values &sums);
  /// The sum of all lanes of each of a power of two of `vectors`, as many lanes
  /// apart in one vector as there are for each.
  Value sumLanes(Values vectors);

  void applyRegions(const KeyBlock &block);
  void updateMaxima();
  void exponentiate(const KeyBlock &block);
  void updateSums();

  // DecodePlaces.cpp
  bool hasPlaces() const { return shape.places > 1; }
  int64_t keysOfPlace() const { return keysAtOnce / shape.places; }
  /// At a key, or the first of a vector of keys, of a place; scores lie in
  /// `slot` and those that follow.
  using SlotBody = function_ref<Values(Value place, Value key, Value slot,
                                       ValueRange carried)>;
  Values eachSlot(const KeyBlock &block, int64_t step, ValueRange carried,
                  SlotBody body);
  Value getPosition(const KeyBlock &block, Value place, Value key);
  KeyBlock getKeysOfPlace(const KeyBlock &block, Value place);
  void multiplyPlaces(const KeyBlock &block);
  Values addProducts(ArrayRef<Value> keys, const Rows &rows);
  void storeScores(int64_t place, Value key, const Rows &rows,
                   ArrayRef<Value> sums);
  void addAcrossPlaces(const KeyBlock &block);
  Values addOfPlaces(const KeyBlock &block, Value key, Value first,
                     int64_t size, const Rows &rows, Values sums);
  Value getLengthOfPlaces();
  int64_t getRowsAhead(Value matrix);
  void prefetchFar(Value matrix, Value row, Value first, int64_t size);
  void touchPages(const KeyBlock &block);

  // DecodeValues.cpp
  /// Keys of a block, from its first on.
  struct Run {
    Value from, to;
  };
  int64_t getGroup() const;
  bool hasRuns() const;
  void forGroups(function_ref<void(Value first, int64_t size)> body);
  void accumulate(const KeyBlock &block);
  Values getZeros(int64_t rows, int64_t size);
  Values loadProducts(Value first, int64_t size, const Rows &rows);
  void storeProducts(Value first, int64_t size, const Rows &rows,
                     ArrayRef<Value> sums);
  void multiplyRuns(const KeyBlock &block);
  void prefetchNextRun(const KeyBlock &block, const Run &run, Value key,
                       Value first);
  void addToState(const KeyBlock &block, Value first, int64_t size,
                  ArrayRef<Value> sums);
  Values multiplyBlock(const KeyBlock &block, Value first, int64_t size);
  Values multiplyRun(const KeyBlock &block, const Run &run, Value first,
                     int64_t size, ArrayRef<Value> sums);
  Values multiplyNaNSafe(const KeyBlock &block, Value first, int64_t size);

  /// Columns of a row of a matrix, widened; 0 beyond `columns.size`.
  Value loadColumns(Value matrix, Value row, const Columns &columns);

  // DecodePairs.cpp
  /// Whether elements of a matrix are widened by twos.
  bool hasPairs(Value matrix) const;
  /// For the first of `size` columns, and so on: one vector of them, two that
  /// are widened together, or what is left.
  void forVectors(Value matrix, int64_t size,
                  function_ref<void(int64_t column, int64_t step)> body);
  /// Where the query has a feature whose keys are widened by twos.
  Value getPackedColumn(Value feature);
  Values loadPair(Value matrix, Value row, Value column);
  /// `size` columns from `first` on; where they are widened by twos, the even
  /// ones of two vectors before the odd ones.
  Values loadVectors(Value matrix, Value row, Value first, int64_t size);
  /// Sums of products with such vectors of values, in order.
  Values inOrder(ArrayRef<Value> sums, int64_t size);

  /// For each row of queries.
  void forRows(function_ref<void(Value)> body) {
    b.loop(zero, b.index(rows), 1, body);
  }

  int64_t rows;   // of queries
  int64_t padded; // the same, up to a power of two
  int64_t lanes;
  DecodeShape shape;
  KeyRegions regions;
  int64_t features, valueFeatures;
  Value scores, weights; // [padded][keysAtOnce]
  // Of one block, [lanes], a row in each: the largest scores, the maxima that
  // are subtracted, factors of the old state, sums.
  Value blockMax, safeMax, factor, blockSum;
  Value products; // [rows][valueFeatures], where there are runs
  // As many keys as each place has, the last one maybe fewer, and the number of
  // the last key: arguments of the functions, as numbers of keys differ.
  Value length, lastKey;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H
