//===- AMXKernel.h - attend for bf16 on AMX tiles ---------------*- C++ -*-===//
//
// Both products run on tiles, transposed, so that queries stay in lanes as in
// PrefillKernel and only what has to be packed is packed:
//
//   S^T[16 keys][16 queries]     += K[16 keys][32 features] * Q^T
//   O^T[16 features][16 queries] += V^T[16 features][32 keys] * P^T
//
// The left factor of a tile product is read as it lies, rows of 64 bytes; the
// right one has pairs of its rows interleaved. So K needs nothing where tiles
// divide its heads, and is copied into padded rows else; Q^T is packed once
// before the loops over keys, P^T is written as pairs of keys, and V^T is
// transposed once for a KV panel and all queries.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H

#include "Kernels/AMX/TileProduct.h"
#include "Regions/RowRegions.h"
#include "State/PackedQueries.h"

namespace mlir::attn {

/// Emits the code of an op as PrefillKernel does, of bf16.
class AMXKernel {
public:
  static constexpr int64_t kTile = 16; // rows of a tile, and its columns of f32

  AMXKernel(AttendOp op, CPUTargetAttr target, const StateScratch &state,
            KernelFunctions &functions, PackedQueries &queries);
  void emit();

private:
  static constexpr int64_t kPairs = 32; // columns of bf16
  /// Keys whose scores are held at once, for 32 queries: 8 KB, beside 4 KB of
  /// weights and the state's 32 columns, in a first-level cache of 48 KB.
  static constexpr int64_t kBlock = 64;
  /// Keys that are packed at once.
  static constexpr int64_t kPanel = 512;
  /// Blocks of queries: two tiles.
  static constexpr int64_t kColumns = 32;
  /// References may lag behind maxima by a factor of 2^8 of the weights.
  static constexpr double kRescaleThreshold = 5.545177444479562;
  /// Where nothing looks for maxima, sums of weights stay below 2^60, and
  /// values too: their products do not overflow.
  static constexpr int64_t kMostBits = 60;

  struct KVPanel {
    Value first, size; // keys of the op
    Value isBounded;   // whether all values are below 2^kMostBits, none is NaN
  };
  /// One block of keys of a KV panel, and where its tiles of K and V^T begin.
  struct Block {
    Value first;         // key in the panel
    Value size;          // null: a whole block
    Value keys, keysRow; // [..][features], and the first row
    Value scoresRow;     // where its scores lie; weights: half of it
  };
  /// One block of queries, by tiles of 16.
  struct Rows {
    Value first;
    int64_t tiles;
  };
  /// Of each tile of queries. Weights are exp(s - lazyMax), by lazy rescaling:
  /// it follows the running max when that has grown by a factor worth a pass
  /// over the state.
  struct Statistics {
    Values lazyMax, maximum, sum;
    Values pack() const;
    static Statistics unpack(ValueRange values);
  };

  // AMXPacking.cpp
  void packQuery(Value from, Value into);
  void packQueryTiles(Value matrix, Value first, Value end, Value into);
  void packQueryElements(Value matrix, Value first, Value end, Value into);
  void packKeys(const KVPanel &panel);
  Value packValues(const KVPanel &panel);
  Value packValueTiles(Value group, Value firstKey, Value bits);
  Value packValueElements(Value group, Value firstKey, Value bits);
  Values transposeDwords(Values rows);
  bool isWholeTiles(Value matrix);
  Value loadFeatures(Value matrix, Value row, int64_t feature, int64_t lanes);
  Value clampKey(Value key);

  // AMXKernel.cpp
  void allocateScratch();
  void emitPanel(Value first);
  void emitRows(const KVPanel &panel, const Rows &rows);
  Statistics emitBlocksInOrder(const KVPanel &panel, const Rows &rows,
                               std::pair<Value, Value> whole,
                               Statistics statistics);
  Block getBlock(const KVPanel &panel, Value first, Value size,
                 Value scoresRow);
  Statistics emitBlock(const KVPanel &panel, const Rows &rows,
                       const Block &block, Statistics statistics);

  // AMXPipeline.cpp: code in pieces that can be mixed
  using Steps = std::vector<std::function<void()>>;
  /// What the pipeline carries from block to block.
  struct Progress {
    Values sums;     // of the weights of all keys before `end`
    Value end;       // behind the last block whose weights count
    Value isRunning; // whether the next one's may
    Values pack() const;
    static Progress unpack(ValueRange values);
  };
  std::pair<Statistics, Value> emitBlocks(const KVPanel &panel,
                                          const Rows &rows, Value end,
                                          Statistics statistics);
  Progress emitStage(const KVPanel &panel, const Rows &rows,
                     std::pair<Value, Value> firstAndEnd,
                     const Statistics &statistics, const Progress &progress);
  Progress accept(const Values &sums, Value end, const Progress &before);
  Value areInRange(ArrayRef<Value> sums);
  void emitOutput(const KVPanel &panel, const Rows &rows, Value first);
  Steps getWeightSteps(const Rows &rows, const Statistics &statistics,
                       Value scoresRow, Values &sums);

  // AMXSoftmax.cpp
  void hideKeysFrom(Value first, const Rows &rows);
  void applyRegions(const KVPanel &panel, const Rows &rows, const Block &block);
  Values getMaxima(const Rows &rows, Value scoresRow, Values maxima);
  Values joinMaxima(ArrayRef<Value> scores, Values maxima);
  Statistics rescale(const Rows &rows, Statistics statistics, double threshold);
  Values rescaleState(const Rows &rows, const Statistics &statistics);
  Values exponentiate(const Rows &rows, const Statistics &statistics);
  Value emitPair(Value pair, Value scoresRow, int64_t tile, Value offset,
                 Value sum);
  Value getOffset(Value lazyMax);
  void raiseMaxima(Statistics &statistics);
  Value power(Value exponent);
  Value convertPair(Value even, Value odd);

  // AMXProducts.cpp
  using TileProducts = std::vector<TileProduct>;
  Steps getProductSteps(TileProducts products);
  TileProducts getScoreProducts(const Rows &rows, const Block &block);
  TileProducts getOutputProducts(const Rows &rows, const Block &block);
  void multiplyNaNSafe(const KVPanel &panel, const Rows &rows,
                       const Block &block);
  Value loadTile(Type element, Value memref, ValueRange position,
                 bool isStreamed = false);

  Value column(const Rows &rows, int64_t tile) {
    return b.add(rows.first, tile * kTile);
  }
  bool hasRegions() { return softmax.hasRegions() || !(scale > 0); }

  AttendOp op;
  KernelBuilder b;
  StateScratch state;
  Softmax softmax;
  PackedQueries &queries;
  RowRegions regions;
  int64_t maxRows, heads, valueFeatures;
  int64_t depth, width; // of Q and K, and of V, up to whole tiles
  double scale;
  ExpAccuracy accuracy; // of weights
  Value key, value;     // [keys][features] and so on
  Value rowsOfHead, numRows, numKeys, zero;
  Value packedQuery;  // [feature pairs][queries x 2]
  Value packedKeys;   // [keys][depth]: a panel, or the last keys of it
  Value packedValues; // [groups of 32 keys][value features][32]
  Value scores;       // [two blocks of keys][queries]
  Value weights;      // [two blocks of key pairs][queries x 2]
  bool readsKeysInPlace;
  bool hasWholeBlocks; // of keys
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H
