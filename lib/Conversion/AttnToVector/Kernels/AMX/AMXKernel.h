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
// transposed once for all queries, or for a KV panel of a tile of them where
// nobody else reads it.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H

#include "Kernels/AMX/TileProduct.h"
#include "Kernels/PieceKernel.h"
#include "Regions/RowRegions.h"

namespace mlir::attn {

/// The code of a piece as PrefillKernel's, of bf16.
class AMXKernel : public PieceKernel {
public:
  static constexpr int64_t kTile = 16; // rows of a tile, and its columns of f32

  AMXKernel(AttendOp op, const StateScratch &state, KernelContext &context);

private:
  static constexpr int64_t kPairs = 32; // columns of bf16
  static constexpr int64_t kPart = 8;   // of bf16 in 128 bits
  /// Keys whose scores are held at once, for 32 queries: 8 KB, beside 8 KB of
  /// weights, 32 columns of the state and 32 queries, 24 KB of 128 features
  /// each, in a first-level cache of 48 KB.
  static constexpr int64_t kBlock = 64;
  /// Of queries in a block of them, at most.
  static constexpr int64_t kMostTiles = 2;
  /// References may lag behind maxima by a factor of 2^8 of the weights.
  static constexpr double kRescaleThreshold = 5.545177444479562;
  /// Where nothing looks for maxima, sums of weights stay below 2^60, and
  /// values too: their products do not overflow.
  static constexpr int64_t kMostBits = 60;

  /// And not below 2^-30, so that what is far smaller does not count.
  static constexpr int64_t kLeastBits = -30;
  /// Of those by which the pipeline makes weights; exponents are exact to
  /// 2^-6 there, and those by maxima of any score.
  static constexpr double kLargestReference = 65536;
  /// Of a weight that a mask does not hide.
  static constexpr int kLeastExponent = -120;
  /// 2^that is 0.
  static constexpr int kNoExponent = -1000;
  static constexpr double kLog2E = 1.4426950408889634;

  struct KVPanel {
    Value first, size; // keys of the op
    Value firstGroup;  // of packed values
    Value isBounded;   // whether all values are below 2^kMostBits, none is NaN
  };
  /// One block of keys of a KV panel, and where its tiles of K and V^T begin.
  struct Block {
    Value first;         // key in the panel
    Value firstGroup;    // of packed values
    Value size;          // null: a whole block
    Value keys, keysRow; // [..][features], and the first row
    Value weightsRow;    // where its weights lie
  };
  /// A whole block of keys for a block of queries.
  struct Task {
    Value row, first, weightsRow; // first query, first key in the panel
  };
  /// Of each tile of queries. Weights are exp(s - lazyMax), by lazy rescaling:
  /// it follows the running max when that has grown by a factor worth a pass
  /// over the state.
  struct Statistics {
    Values lazyMax, maximum, sum;
  };
  struct Score {
    Value score, attends; // null: a pair that counts
  };

  // AMXPacking.cpp
  MemRefType getPackedType() override;
  void packQuery(Value from, Value into) override;
  void packQueryTiles(Value matrix, Value first, Value end, Value into);
  void packQueryElements(Value matrix, Value first, Value end, Value into);
  void packKeys(const KVPanel &panel);
  void findValues();
  Value packSharedValues(Value matrix, Value first, Value size, Value into);
  Value packValues(const KVPanel &panel);
  Value areBounded(const KVPanel &panel);
  Value packValueTiles(Value group, Value firstKey, Value bits);
  Value packValueElements(Value group, Value firstKey, Value bits);
  bool isWholeTiles(Value matrix);
  Value loadFeatures(Value matrix, Value row, int64_t feature, int64_t lanes);
  using LoadPart = function_ref<Value(Value row)>;
  Values forParts(
      Value matrix, int64_t end, ValueRange carried,
      function_ref<Values(Value feature, ValueRange carried, LoadPart load)>
          body);
  Value clampKey(Value key);

  // AMXKernel.cpp
  void allocate() override;
  void emitKeys(Value first) override;
  void emitInOrder(const KVPanel &panel, Value first, Value whole);
  void emitBlock(const KVPanel &panel, Value row, const Block &block);
  Block getBlock(const KVPanel &panel, Value first, Value size,
                 Value weightsRow);
  Block getBlock(const KVPanel &panel, const Task &task) {
    return getBlock(panel, task.first, {}, task.weightsRow);
  }

  // AMXPipeline.cpp: code in pieces that can be mixed
  using Steps = std::vector<std::function<void()>>;
  static bool isForStages(Region &region);
  void emitPipeline(const KVPanel &panel, Value end);
  void emitAttendedTasks(const KVPanel &panel, Value end);
  void beginPipeline(const KVPanel &panel, const Task &first);
  void endPipeline(const KVPanel &panel, ArrayRef<Value> carried);
  Value findTasks(const KVPanel &panel, Value end);
  Task getTask(Value number, Value weightsRow);
  Value getOther(Value weightsRow);
  Task getNext(const Task &task, Value end);
  void clearWeights();
  Values emitStage(const KVPanel &panel, ArrayRef<Value> carried,
                   const Task &current, const Task &next);
  void recover(const KVPanel &panel, const Task &current, const Task &next);
  Values getReferences(const Task &task);
  void storeReferences(Value row, ArrayRef<Value> references,
                       ArrayRef<Value> sums);
  Value areInRange(ArrayRef<Value> references, ArrayRef<Value> sums);
  Score getScore(Value key, int64_t tile);
  Steps getWeightSteps(Value weightsRow, const Values &references,
                       Values &sums);
  Value getWeight(const Score &score, Value offset);

  // AMXSoftmax.cpp
  void hideKeysFrom(Value first);
  void beginRegions(const KVPanel &panel, Value row, const Block &block);
  void applyRegions(const KVPanel &panel, Value row, const Block &block);
  void callRegions(const KVPanel &panel, Value row, const Block &block);
  void emitExactWeights(Value row, const Block &block);
  void weigh(Value row, Value weightsRow);
  Values loadSums(Value row);
  Values getMaxima(Values maxima);
  Value getOffset(Value reference);
  void rescale(Value row, Statistics &statistics);
  void raiseMaxima(Statistics &statistics);
  Values rescaleState(Value row, const Statistics &statistics);
  void exponentiate(Value weightsRow, Statistics &statistics);
  Value power(Value exponent, bool isFinite = false);
  void storePair(Value pair, Value weightsRow, int64_t tile, Value even,
                 Value odd);

  // AMXProducts.cpp
  using TileProducts = std::vector<TileProduct>;
  static void run(const Steps &steps);
  Steps getProductSteps(TileProducts products);
  void emitScores(Value row, const Block &block);
  void emitOutput(Value row, const Block &block);
  TileProducts getScoreProducts(Value row, const Block &block);
  TileProducts getOutputProducts(Value row, const Block &block);
  void multiplyNaNSafe(const KVPanel &panel, Value row, const Block &block);
  Value loadTile(Type element, Value memref, ValueRange position,
                 bool isStreamed = false);

  Value column(Value row, int64_t tile) { return b.add(row, tile * kTile); }
  int64_t columns() { return tiles * kTile; }
  bool hasMask() { return !op.getMask().empty(); }
  bool hasPipeline() { return policy.getStages() > 1; }
  bool hasRegions() { return softmax.hasRegions() || !(scale > 0); }
  /// Whether applyRegions() scales scores; a mask alone does not ask for it, so
  /// that weights by maxima are the same code with it and without.
  bool scalesScores() { return !op.getScore().empty() || !(scale > 0); }
  /// Whether scores are scaled where a stage takes their exponentials.
  bool isScaled() {
    return regionsInStage ? !op.getScore().empty() : scalesScores();
  }

  SharedValues &shared;
  CPUTilingPolicy policy;
  std::optional<SharedValues::Place> place; // of values that are shared
  RowRegions regions;
  int64_t maxRows, tiles, valueFeatures; // tiles: of a block of queries
  int64_t depth, width; // of Q and K, and of V, up to whole tiles
  double scale;
  ExpAccuracy accuracy; // of weights
  int64_t panelKeys;    // that are packed at once
  Value rowsOfHead, numRows;
  Value packedKeys;   // [keys][depth]: a panel, or the last keys of it
  Value packedValues; // [groups of 32 keys][value features][32]
  Value scores;       // [a block of keys][queries]
  Value weights;      // [two blocks of key pairs][queries x 2]
  Value tasks;        // [numbers][first query, first key]: those with a pair
  bool readsKeysInPlace;
  bool hasWholeBlocks; // of keys
  bool regionsInStage; // else before it
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXKERNEL_H
