//===- PrefillKernel.h - attend for one head and some rows ------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PREFILL_PREFILLKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PREFILL_PREFILLKERNEL_H

#include "Kernels/PieceKernel.h"
#include "Regions/RowRegions.h"

#include <numeric>

namespace mlir::attn {

/// The code of a piece with at most as many rows as `state` holds, queries in
/// lanes.
class PrefillKernel : public PieceKernel {
public:
  PrefillKernel(AttendOp op, const StateScratch &state, KernelContext &context);

private:
  /// One tile of the two products: what it multiplies.
  struct KeyBlock {
    Value first;                   // key of the op
    Value size;                    // keys in the block
    Value skipped;                 // keys before it that its regions began with
    Value keys;                    // [..][features], f32 or f64
    Value values;                  // [..][value features]
    Value firstRow, firstValueRow; // of these, those of its first key
  };
  /// Of the scores of some keys, for each vector of rows.
  struct Extremes {
    Values largest, smallest;
    Values pack() const;
    static Extremes unpack(ValueRange values);
    void add(KernelBuilder &b, int64_t vector, Value score);
  };

  MemRefType getPackedType() override;
  void packQuery(Value from, Value into) override;
  void allocate() override;
  void emitKeys(Value first) override;
  Value packWholeVectors(Value matrix, Value rows, Value into, Value firstRow);
  KeyBlock makeBlock(Value first);
  Value widen(Value matrix, Value first, Value size, Value into);
  void widenColumns(Value matrix, Value row, Value into, Value intoRow);
  /// Whether all values of the block are.
  Value areFinite(const KeyBlock &block);

  void emitRows(const KeyBlock &block, Value row);
  void beginRegions(const KeyBlock &block, Value row);
  /// The register tiles of `block` with its keys from `from` to `to`.
  KeyBlock trim(const KeyBlock &block, Value from, Value to);
  void attend(const KeyBlock &block, Value row);
  /// Those of the keys before the block: nothing is small yet.
  Extremes loadExtremes(Value row);
  Values loadMaxima(Value row);
  Extremes multiplyQueryKey(const KeyBlock &block, Value row,
                            Extremes extremes);
  Values emitProducts(const KeyBlock &block, Value row, Value key,
                      int64_t numKeys, bool isTail, ValueRange extremes);
  Extremes applyRegions(const KeyBlock &block, const Extremes &extremes);

  /// What the scores of a block become weights by.
  struct Softening {
    Values maxima, finiteMaxima, factors;
  };
  void addBlock(const KeyBlock &block, Value row, const Extremes &extremes);
  /// Whether some pair weighs nothing.
  Value underflow(const Extremes &extremes, const Softening &softening);
  Value needsNaNSafePath(const KeyBlock &block, Value hasUnderflow);
  void addWeights(const KeyBlock &block, Value row, const Softening &softening,
                  const Values &added, bool isNaNSafe);
  enum class Weights { Positive, OrZero, NaNSafe };
  /// The sums of the weights, which take the place of the scores.
  Values exponentiate(const KeyBlock &block, ArrayRef<Value> maxima,
                      Weights weights);
  void accumulate(const KeyBlock &block, Value row, ArrayRef<Value> factors,
                  bool isNaNSafe);
  void emitFeatures(const KeyBlock &block, Value row, ArrayRef<Value> columns,
                    ArrayRef<Value> factors, bool isNaNSafe);

  /// Where register tiles of `step` and of `tall` rows change over: the first
  /// `size` in whole steps of both.
  Value getTallEnd(Value size, int64_t step, int64_t tall) {
    return tall == step ? zero : b.wholeSteps(size, std::lcm(step, tall));
  }
  /// base + t, at most size - 1 in a tail.
  Values getRows(Value base, int64_t count, Value size, bool isTail);
  Value column(Value row, int64_t vector) {
    return b.add(row, vector * shape.lanes);
  }

  int64_t maxRows;
  KernelShape shape;
  RowRegions regions;
  Value rowsOfHead, numRows, features, valueFeatures;
  Value products, scores, wideKeys, wideValues, scale;
};

/// The state of kernels with queries in lanes.
StateLayout getLayoutInLanes(AttendOp op, CPUTargetAttr target);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_PREFILL_PREFILLKERNEL_H
