//===- AMXLinear.h - A chunk of linear attention on AMX tiles ---*- C++ -*-===//
//
// The products of LinearKernel.h, in blocks of 64 tokens:
//
//   o  = scale (c Q S + W V),  W_ij = D_ij (q_i . k_j) for j <= i
//   S' = c_n S + K^T (D_n V)
//
// Q, K and V are bf16 already. What is computed in f32 and then multiplied (S,
// W, values that decayed) would lose 16 bits by rounding, which
// sums over many tokens show. So it becomes two parts of bf16, one with its
// upper bits and one with what these leave: products are good to 2^-16.
//
// Zeros of W do not hide a value that is not finite from earlier tokens. A
// block with such a value is left to vectors, and so is one of few tokens.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXLINEAR_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXLINEAR_H

#include "Kernels/Linear/LinearKernel.h"

namespace mlir::attn {

/// Emits the code of an attn.linear_chunk of bf16, with one decay for a token
/// or none, and no delta.
class AMXLinearKernel : public LinearKernel {
public:
  static constexpr int64_t kBlock = 64; // tokens
  /// As many are worth a block.
  static constexpr int64_t kLeastTokens = 16;

  AMXLinearKernel(LinearChunkOp op, CPUTargetAttr target,
                  KernelFunctions &functions);
  void emit();

private:
  static constexpr int64_t kTile = 16;  // rows of a tile, its columns of f32
  static constexpr int64_t kPairs = 32; // columns of bf16

  /// A matrix of bf16, and what has to be added to it; null: nothing.
  struct Parts {
    Value high, low;
  };
  /// left [rows][32 a step] times right. A right factor has its rows in pairs,
  /// 32 columns of them to a panel: [panel][pair of rows][column x 2].
  struct Term {
    Value left, right;
    int64_t steps;
  };
  using Terms = SmallVector<Term>;

  // AMXLinear.cpp
  void allocate();
  Value prepare();
  void emitTiles();
  void forScores(function_ref<void(Value i, Value column)> body);
  void makeWeights();
  Value getOutput(Value x, Value row, Value feature);

  // AMXLinearPacking.cpp
  Value createPairs(int64_t rows, int64_t columns);
  void storeParts(Value first, Value second, bool inPairs, const Parts &into,
                  ValueRange at);
  Value getRest(Value x);
  void pairKeys();
  void transposeKeys();
  Value pairValues(const Parts &into);
  void decayValues();
  void splitState();
  void clearStateParts();
  void decayState();

  // AMXLinearProducts.cpp
  Value loadTile(Type element, Value memref, ValueRange position);
  void multiplyTiles(ArrayRef<Term> terms, Value into, Value row, Value column,
                     int64_t numLeft, int64_t numRight, bool adds);
  void multiplyByKeys(Value rows);
  Terms getStateTerms(Value rows);
  Terms getValueTerms(const Parts &left, const Parts &right, int64_t steps);
  void readState(Value rows);
  void computeOutput();
  void updateState();

  LinearKernel onVectors;
  int64_t depth;     // features of K, up to whole tiles
  Value keysInPairs; // K^T as a right factor
  Value keysAcross;  // K^T as a left one, [depth][tokens]
  Parts stateParts, valueParts, decayedParts, weightParts;
  Value reads; // Q S, in panels
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_AMX_AMXLINEAR_H
