//===- DecodeKernel.h - attend for decode -----------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H

#include "Kernels/PieceKernel.h"
#include "Regions/KeyRegions.h"

namespace mlir::attn {

/// The code of a piece whose rows, of known number, would leave most lanes of a
/// vector empty, and whose features lie side by side: features in lanes, so
/// that each key and each value is loaded once, as a vector, for all rows.
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
  StringRef getPackName() override { return "__attn_pack_decode_query"; }
  void packQuery(Value from, Value into) override;
  void allocate() override;
  void emitKeys(Value first) override;

  void multiplyQueryKey(const KeyBlock &block);
  void emitProducts(const KeyBlock &block, Value key, bool isTail);
  void multiplyColumns(ArrayRef<Value> rows, const Columns &columns,
                       Values &sums);
  /// One vector whose lane n is the sum of all lanes of `vectors[n]`.
  Value sumLanes(Values vectors);

  void applyRegions(const KeyBlock &block);
  void updateMaxima();
  void exponentiate(const KeyBlock &block);
  void updateSums();

  // DecodeValues.cpp
  /// Keys of a block, from its first on.
  struct Run {
    Value from, to;
  };
  int64_t getGroup() const;
  bool hasRuns() const;
  void forGroups(function_ref<void(Value first, int64_t size)> body);
  void accumulate(const KeyBlock &block);
  Values loadProducts(Value first, int64_t size);
  void storeProducts(Value first, int64_t size, ArrayRef<Value> sums);
  void multiplyRuns(const KeyBlock &block);
  void prefetchNextRun(const KeyBlock &block, const Run &run, Value key,
                       Value first);
  void addToState(const KeyBlock &block, Value first, int64_t size,
                  ArrayRef<Value> sums);
  Values loadValues(Value position, Value first, int64_t size);
  Values multiplyValues(const KeyBlock &block, const Run &run, Value first,
                        int64_t size, ArrayRef<Value> sums);
  Values multiplyNaNSafe(const KeyBlock &block, Value first, int64_t size);

  /// Columns of a row of a matrix, widened; 0 beyond `columns.size`.
  Value loadColumns(Value matrix, Value row, const Columns &columns);
  /// For each row of queries.
  void forRows(function_ref<void(Value)> body) {
    b.loop(zero, b.index(rows), 1, body);
  }

  int64_t rows;   // of queries
  int64_t padded; // the same, up to a power of two
  int64_t lanes;
  KeyRegions regions;
  int64_t features, valueFeatures;
  Value scores, weights; // [padded][keysAtOnce]
  // Of one block, [lanes], a row in each: the largest scores, the maxima that
  // are subtracted, factors of the old state, sums.
  Value blockMax, safeMax, factor, blockSum;
  Value products; // [rows][valueFeatures], where there are runs
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H
