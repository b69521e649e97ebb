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

  void accumulate(const KeyBlock &block);
  void emitFeatures(const KeyBlock &block, Value first, int64_t size);
  Values multiplyValues(const KeyBlock &block, Value first, int64_t size,
                        ArrayRef<Value> sums, bool isNaNSafe);

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
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_DECODE_DECODEKERNEL_H
