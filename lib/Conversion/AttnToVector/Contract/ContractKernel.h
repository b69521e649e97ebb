//===- ContractKernel.h - Products of matrices in registers -----*- C++ -*-===//
// acc += lhs rhs, in blocks of the sum (depth) and of columns:
//
//   for 256 of the sum (1,024 where nothing is packed here):
//   for 8 panels of columns:
//     for 64 rows, packed unless they lie as rows of the accumulator's type:
//       for each panel: before the first rows, pack it: [depth][3 vectors]
//       (a rhs that lies in rows is packed before all of them, row by row)
//         for 8 rows at a time:
//           acc[8][3 vectors] += broadcast(lhs[row][k]) * panel[k][3
//           vectors]
//
// With at most 8 rows nothing is packed but lhs: rhs goes by once, as it lies,
// in several places at a time where that brings more of memory.
// A rhs that was packed at compile time is read where it is; if it is narrower
// than the accumulator, many rows share panels that are widened, and few widen
// as they load.
//
// All sizes and strides are arguments, so that a program has one such function
// for each pair of element types and layouts.
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_CONTRACTKERNEL_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_CONTRACTKERNEL_H

#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Sizes of blocks and register tiles, in elements.
struct ContractShape {
  int64_t lanes;
  int64_t rows, vectors; // of a register tile
  int64_t depth = 256;   // of a block
  int64_t panels = 8;    // of rhs that are packed at once
  int64_t packedRows = 64;
  int64_t smallMDepth = 2048; // of a block, with few rows

  int64_t columns() const { return lanes * vectors; }

  /// For sums of `element`.
  static ContractShape get(CPUTargetAttr target, FloatType element);
};

/// Where a matrix lies: its elements and their order in memory.
struct MatrixKind {
  Type element;
  bool isTransposed;      // [columns][rows]
  bool hasUnitStride;     // of the last dimension
  int64_t panel = 0;      // columns of a panel, of one that is packed in panels
  bool isInPairs = false; // the same, pairs of steps side by side

  static MatrixKind get(Value memref, bool isTransposed);
  /// Of any size, at any offset.
  MemRefType getType() const;
  std::string getName() const;
};

/// Whether each panel of a packed matrix lies in one piece.
bool arePanelsWhole(Value packed);

/// Emits the code of attn.contract for operands of given kinds, once.
class ContractKernel {
public:
  static constexpr int64_t smallM = 8;

  /// For up to `rows`, and more than half of them; 0 is for any number.
  static func::FuncOp getFunction(ContractOp op, int64_t rows,
                                  CPUTargetAttr target,
                                  KernelFunctions &functions);

private:
  struct Matrix {
    Value memref;
    MatrixKind kind;
    Values at(Value row, Value column) const {
      return kind.isTransposed ? Values{column, row} : Values{row, column};
    }
  };
  /// A part of a matrix.
  struct Block {
    Value row, column, rows, columns;
  };

  ContractKernel(func::FuncOp function, Operation *end, const MatrixKind &left,
                 const MatrixKind &right, int64_t smallM, CPUTargetAttr target,
                 KernelFunctions &functions);

  /// Rows, columns and steps of a sum that are multiplied.
  struct Product {
    Value row, column, step;
    Value rows, columns, steps;
  };

  /// A panel of rhs that will be packed next, and how many of its lines a
  /// step fetches, as a fraction; several steps fetch together.
  struct Fetch {
    static constexpr int64_t shift = 16, steps = 32;
    Value column, step, pace;
  };
  /// A register tile; a mask is for its last vector.
  struct Tile {
    int64_t rows, vectors;
    bool isMasked;
    const Fetch *fetch;
  };

  void emit();
  void addBlock(Value step, Value column);
  void addRows(const Product &product);
  void packPanel(const Product &product, Value panel);
  void widenPanel(const Product &product, Value panel);
  Values loadSteps(Value panel, Value step, int64_t vector);
  bool isReadInPanels() const { return rhs.kind.panel && !panels; }
  /// Whether blocks are packed whole, not each panel before its use.
  bool isPackedByRows() const {
    return !rhs.kind.panel && rhs.kind.hasUnitStride && !rhs.kind.isTransposed;
  }
  Value loadPanel(const Product &product, Value panel, Value step,
                  int64_t vector);
  void addPanel(const Product &product, Value panel, int64_t vectors,
                bool isMasked);
  void addTile(const Product &product, Value first, Value panel,
               const Tile &tile);
  Fetch findNext(const Product &product, Value rows);
  int64_t getLine() const;
  int64_t countLines() const;
  Values getLinePlace(const Fetch &fetch, Value n);
  void prefetch(const Fetch &fetch, const Product &product, Value first,
                Value step);
  void store(Value value, Value memref, ValueRange position, Value mask);

  // Few rows: of `rows` more than half are there.
  struct SmallM {
    int64_t rows;
    Value step, steps;
  };
  /// Of some columns, from `column` on, of a few rows.
  struct Sums {
    Value memref, column, columns;
  };
  /// Rows from `row` on by panels from `column` on; a mask is for the last.
  struct PanelTile {
    int64_t row;
    Value column;
    int64_t panels;
    bool isMasked;
  };
  /// Rows from `row` on by columns from `column` on.
  struct DotTile {
    int64_t row, rows;
    Value column;
    int64_t columns;
  };
  void emitSmallM(int64_t most);
  void forColumns(int64_t most,
                  function_ref<void(Value column, int64_t count)> body);
  void forSteps(const SmallM &small, int64_t most,
                function_ref<void(ValueRange steps)> body);
  Value clampRow(const SmallM &small, int64_t row);
  void storeRow(const SmallM &small, int64_t row,
                function_ref<void(Value row)> store);
  Value loadLeft(const SmallM &small, int64_t row, Value step);
  void fetch(Value row, Value column);
  void addSteps(const SmallM &small);
  void forVectors(Value columns,
                  function_ref<void(Value column, Value mask)> body);
  void addRows(const SmallM &small, const Sums &sums, ValueRange steps);
  void addDots(const SmallM &small, const DotTile &tile);
  int64_t countPanels(const SmallM &small) const;
  bool asksForPanels(const SmallM &small) const;
  void addPanels(const SmallM &small);
  void addPanel(const SmallM &small, const PanelTile &tile);
  Values addPanelSteps(const SmallM &small, const PanelTile &tile, Value step,
                       ValueRange before);
  Value sumLanes(Value vector);

  // Packing: a block of `from` to rows of `into`, widened.
  void pack(const Matrix &from, const Block &block, Value into,
            ValueRange place);
  void packPanels(const Block &block);
  void packRows(const Matrix &from, const Block &block, Value into,
                ValueRange place);
  void packAcross(const Matrix &from, const Block &block, Value into,
                  ValueRange place);
  void packElements(const Matrix &from, const Block &block, Value fromRow,
                    Value fromColumn, Value into, ValueRange place);
  Value loadWide(const Matrix &from, Value row, Value column, Value mask = {});

  ContractShape shape;
  KernelBuilder b;
  Matrix lhs, rhs;
  Value acc, zero;
  Value rows, columns, depth;
  Value panels; // [panel][depth][columns], or null where rhs has them
  Value packed; // [rows][depth] of lhs, or null where it is read in place
};

/// Every attn.contract in `root` -> calls.
void lowerContractions(Operation *root, CPUTargetAttr target,
                       KernelFunctions &functions);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_CONTRACT_CONTRACTKERNEL_H
