//===- LinearKernel.h - A chunk of linear attention -------------*- C++ -*-===//
// With tokens i of a block, S the state before it, c_i the product of the
// decays up to token i and D_ij that of those after token j up to token i (both
// 1 without decays), the recurrence (D15) unrolls to
//
//   v'_i = beta_i (v_i - c_i S^T k_i - sum_{j<i} D_ij (k_i . k_j) v'_j)
//   o_i  = scale (c_i S^T q_i + sum_{j<=i} D_ij (q_i . k_j) v'_j)
//   S'   = c_n S + sum_j D_nj k_j v'_j^T
//
// v' = v without a delta. These are products of matrices, and for v' a
// triangular system. D is built row by row, D_ij = D_(i-1)j exp(g_i): a
// quotient of products would overflow, a difference of sums of logarithms would
// cancel. With a decay for each feature of the key, decays join q and k
// instead: c_i becomes a factor of q_i and k_i, D_ij (q_i . k_j) a sum over
// features.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_LINEAR_LINEARKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_LINEAR_LINEARKERNEL_H

#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Sizes of blocks and register tiles, in elements.
struct LinearShape {
  int64_t lanes;
  int64_t rows, vectors;           // of a register tile
  int64_t block;                   // tokens, whole register tiles
  int64_t tokenVectors, columns;   // the same as columns of a tile, and in all
  int64_t features, valueFeatures; // of the op, of values at most
  int64_t keySize, valueSize;      // those up to whole tiles
};

/// Features of the values, of which only a bound may be known; none if it is
/// not.
std::optional<int64_t> getMostValueFeatures(LinearChunkOp op);

/// Emits the code of an attn.linear_chunk on memrefs in place of the op.
class LinearKernel {
public:
  LinearKernel(LinearChunkOp op, CPUTargetAttr target,
               KernelFunctions &functions);
  void emit();

  /// The same in parts, for a kernel that leaves some blocks to this one.
  void begin();
  void emitBlocks(OpBuilder::InsertPoint at, Value from, Value to);
  void finish();
  Value getState() const { return state; }

protected:
  enum class Gate { None, Head, Feature };
  /// A 4-D operand, addressed by canonical dimensions.
  struct Operand {
    Value memref;
    SmallVector<int64_t> layout;
    Values at(Value zero, Value head, Value token, Value feature) const;
    bool hasUnitStride() const;
  };
  struct Rows {
    Value head, first, count;
  };

  void readSizes();
  void allocate();
  Operand getStateOperand();
  void emitBlock(Value first);

  // Scratch: [rows][columns], or in panels, [panel][rows][columns of a
  // tile].
  Value createMatrix(int64_t rows, int64_t columns);
  Value createPanels(int64_t rows, int64_t columns, int64_t vectors);
  int64_t getWidth(Value matrix);
  Values locate(Value matrix, Value row, Value column);
  Values locate(Value matrix, Value row, Value first, int64_t offset);
  void packRows(const Operand &from, const Rows &rows, Value features,
                Value into, Value end);
  /// `change` makes of what is stored, vectors or elements, what is wanted.
  using Change = function_ref<Value(Value x, Value row, Value feature)>;
  void storeRows(Value from, const Operand &into, const Rows &rows,
                 Value features, Change change = {});
  void clearRows(Value matrix, Value from, Value to);
  void packGate(Value gate, Value into, Value end);
  void transpose(Value from, Value into);
  void prefetch(Value head, Value row, Value column, int64_t vectors);
  Value loadScalar(Value memref, ValueRange position);

  // Decays and betas.
  void loadBetas();
  void prepareHeadDecays();
  void prepareFeatureDecays();
  void decayKeys();
  void scaleRows(Value rows, Value by, Value into);
  Value getLastFactor(Value d);
  Value exponentiate(Value x);
  Value flush(Value x);

  // Products. `left` gives the element to broadcast, by row of the tile and
  // step, `right` a vector of the tile's columns.
  Values multiply(Values sums, Value from, Value to,
                  function_ref<Value(int64_t row, Value step)> left,
                  function_ref<Value(int64_t vector, Value step)> right);
  Values readState(Value rows, Value i, Value e, int64_t vectors,
                   function_ref<void(Value row)> between = {});
  void addDiagonal(Values &tile, Value left, Value i, bool strict,
                   function_ref<Value(int64_t row, int64_t vector)> right);
  void forValueTiles(function_ref<void(Value first, int64_t vectors)> body);
  void forTokenTiles(function_ref<void(Value first)> body);
  void multiplyByKeys(Value rows, Value into,
                      function_ref<Value(Value row)> factor);
  void multiplyByRunningKeys(Value rows, Value into,
                             function_ref<Value(Value row)> factor);
  void solve();
  void computeOutput(Value head);
  void updateState();
  Value element(Value matrix, Value row, int64_t offset, Value column);
  Value loadRow(Value matrix, Value row, Value first, int64_t vector);
  void storeTile(ArrayRef<Value> tile, Value matrix, Value row, Value column);

  LinearChunkOp op;
  LinearShape shape;
  KernelBuilder b;
  Gate gate = Gate::None;
  Operand query, key, value, output;
  Value zero, tokens, scale;
  Value features, valueFeatures;
  Value first, count;             // of the block
  Value rowEnd, columnEnd;        // count, up to whole tiles
  Value state;                    // [keySize][valueSize]
  Value keys, keysAcross;         // [columns][keySize] and its transpose
  Value readKeys;                 // c k: what the delta reads with
  Value decayedKeys, runningKeys; // D_n k; D_i k, while i runs
  Value queries, values, outputs; // [block][..]
  Value weights, deltas;          // factors of v' in o and in v'
  Value decays;                   // D [block][columns]
  Value factors;                  // exp(g), then D_n for Gate::Head
  Value cumulated;                // c
  Value lastFactor;               // c_n
  Value betas;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_KERNELS_LINEAR_LINEARKERNEL_H
