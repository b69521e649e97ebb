//===- AMXDecode.h - attend for decode on AMX tiles -------------*- C++ -*-===//
//
// Rows, of known number, are the columns of one tile. K and V are read once,
// as they lie:
//
//   S^T[16 keys][16 rows] += K[16 keys][32 features] * Q^T
//   O[16 rows][16 features] += P[16 rows][16 keys] * V[16 keys][32 features]
//
// A product of tiles adds up pairs: two features of K, as it should be, but
// also two of V. So weights lie beside zeros: those in the even members of
// pairs make the even features of O, those in the odd members the odd ones. Of
// up to 8 rows one tile has both, else there are two.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXDECODE_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXDECODE_H

#include "Kernels/PieceKernel.h"
#include "Regions/RowRegions.h"
#include "mlir/Dialect/AMX/AMXDialect.h"

namespace mlir::attn {

/// The code of a piece as DecodeKernel's, of bf16.
class AMXDecodeKernel : public PieceKernel {
public:
  static constexpr int64_t kTile = 16; // rows of a tile, and its columns of f32
  static constexpr int64_t kPairs = 32; // columns of bf16

  AMXDecodeKernel(AttendOp op, const StateScratch &state,
                  KernelContext &context);

private:
  /// Keys whose scores and weights are held at once.
  static constexpr int64_t kBlock = 64;

  struct Block {
    Value first, size; // keys of the op
  };
  /// Where K's or V's rows of a block are.
  struct Rows {
    Value matrix, first;
  };

  MemRefType getPackedType() override;
  StringRef getPackName() override { return "__attn_pack_decode_tiles"; }
  void packQuery(Value from, Value into) override;
  void allocate() override;
  void emitKeys(Value first) override;

  /// Emits `body` for a block's rows of `matrix` where they lie, or for
  /// `copies` of them: behind the last keys there may be nothing.
  void forRows(const Block &block, Value matrix, Value copies,
               function_ref<void(const Rows &)> body);
  void copyRows(const Block &block, Value matrix, Value copies);
  void forFeatures(int64_t features,
                   function_ref<void(Value first, int64_t size)> body);
  Value loadTile(Value memref, ValueRange position, int64_t rows,
                 int64_t columns);

  void emitScores(const Rows &keys);
  Value applyRegions(const Block &block);
  void addBlock(Value blockMax, const Rows &values);
  Value getWeight(Value score);
  Value emitWeights(const Rows &values);
  Value getGroup(Value feature);
  void multiplyValues(const Rows &values, Value feature, int64_t size);
  void addSums(const Rows &values, Value feature, int64_t size);
  Value loadSums(Value feature, Value row, int64_t half);
  Value areSumsFinite(Value feature);
  void addFiniteSums(Value feature, int64_t size);
  void multiplyNaNSafe(const Rows &values, Value feature, int64_t size);

  static constexpr double kLog2E = 1.4426950408889634;

  int64_t rows;   // of queries
  int64_t tiles;  // of weights
  int64_t degree; // of exp's polynomial: memory takes longer
  int64_t features, valueFeatures;
  RowRegions regions;
  Value lastKeys, lastValues; // copies; null: all blocks are whole
  Value scores;               // [keys][rows]
  Value weights; // [16 keys][even members of pairs, odd][rows][pairs]
  Value sums;    // [32 features][even, odd][rows][features], of a block
  Value factors; // [rows], of the state
  Value safeMax; // [rows], what is subtracted
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXDECODE_H
