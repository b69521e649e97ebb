//===- TileContract.h - Products of matrices on AMX tiles -------*- C++ -*-===//
// acc += lhs rhs, of bf16, in blocks of the sum (depth) and of columns:
//
//   for 512 of the sum: for all panels of columns that lie in pairs, or 8:
//     for 256 rows, packed in tiles: [16 rows][32 steps]
//       for each panel: before the first rows, pack it unless it is:
//         [pairs][32 columns][2]; for 32 rows at a time:
//           acc[2 tiles][2 tiles] += packed[2 tiles][steps] *
//             panel[steps][2 tiles]
//
// Four tiles of acc, two of packed rows and one of the panel are in registers.
// Tiles of the sum are straight-line code, 16, 4 or 1 of them, between which
// acc is in memory: LLVM keeps no tiles across iterations without optimization,
// and after 512 steps the next panel comes anyway. Rows and columns that fill
// no tiles go by a copy of their sums, and fewer tiles in a row: it is few
// rows, which wait for memory, or the last ones.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_TILECONTRACT_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_TILECONTRACT_H

#include "Contract/ContractKernel.h"

namespace mlir::attn {

/// Emits the code of attn.contract on tiles for operands of given kinds, once.
class TileContract {
public:
  /// Whether tiles multiply the operands of `op`, and sooner than vectors.
  static bool suits(ContractOp op, CPUTargetAttr target);
  static func::FuncOp getFunction(ContractOp op, CPUTargetAttr target,
                                  KernelFunctions &functions);

private:
  static constexpr int64_t kTile = 16; // rows, columns and pairs of a tile
  static constexpr int64_t kSteps = 2 * kTile;   // of the sum, of a tile
  static constexpr int64_t kColumns = 2 * kTile; // of a panel
  static constexpr int64_t kDepth = 16 * kSteps, kRows = 16 * kTile;
  static constexpr int64_t kPanels = 8; // that are packed at once

  TileContract(func::FuncOp function, Operation *end, const MatrixKind &left,
               const MatrixKind &right, CPUTargetAttr target,
               KernelFunctions &functions);

  /// Rows, columns and steps of the sum that are multiplied; whole tiles of
  /// steps are there.
  struct Product {
    Value row, column, step;
    Value rows, columns, steps;
    Value tiles;
  };
  /// Where a tile's sums are, and which code adds to them.
  struct Sums {
    Value memref, row, column;
    int64_t rowTiles;
    int64_t linesAhead; // of the next panel, fetched with each tile of steps
    Value pairAhead;    // the first of these, of a tile's pairs
  };

  void emit();
  void addBlock(Value step, Value column, Value width);
  void addPanels(const Product &product);
  void addPanel(const Product &product, Value panel);
  void addWhole(const Product &product, Value first, Value panel);
  void addEdge(const Product &product, Value first, Value panel,
               int64_t rowTiles);
  void copyEdge(const Product &product, Value first, bool isBack);
  void multiply(const Product &product, Value first, Value panel,
                const Sums &sums, ArrayRef<int64_t> counts);
  void multiplySteps(const Product &product, Value first, Value panel,
                     const Sums &sums, Value step, int64_t count);
  void fetch(const Sums &sums, Value panel, Value pair);
  bool isReadInPlace() const { return right.isInPairs; }

  // Packing.
  void packLeft(const Product &product);
  void packLeftRow(const Product &product, Value row);
  void packLeftElements(const Product &product, Value row);
  void storeLeft(Value narrow, Value row, Value step);
  void packRight(const Product &product, Value panel);
  void packRightRows(const Product &product, Value panel);
  void packRightAcross(const Product &product, Value panel);
  Value loadSome(Value memref, ValueRange at, Value count, int64_t lanes);
  Value toNarrow(Value vector);

  MatrixKind left, right;
  KernelBuilder b;
  Value lhs, rhs, acc;
  Value zero, rows, columns, depth;
  Value packedLeft; // [row / 16][step / 32][16][32]
  Value panels;     // [panel][pair][column and half]
  Value edge;       // sums of two by two tiles
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_TILECONTRACT_H
