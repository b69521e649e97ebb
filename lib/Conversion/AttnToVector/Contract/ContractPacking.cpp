//===- ContractPacking.cpp - Blocks of operands in the order of use -------===//
#include "Contract/ContractKernel.h"

using namespace mlir;
using namespace mlir::attn;

/// `place` and two positions in it.
static Values join(ValueRange place, Value row, Value column) {
  Values position(place);
  position.append({row, column});
  return position;
}

void ContractKernel::pack(const Matrix &from, const Block &block, Value into,
                          ValueRange place) {
  b.call("__attn_pack", [&]() -> Values {
    if (!from.kind.hasUnitStride)
      packElements(from, block, zero, zero, into, place);
    else if (from.kind.isTransposed)
      packAcross(from, block, into, place);
    else
      packRows(from, block, into, place);
    return {};
  });
}

/// A vector of rows of a transposed matrix, of columns of any other.
Value ContractKernel::loadWide(const Matrix &from, Value row, Value column,
                               Value mask) {
  return b.loadWide(from.memref, from.at(row, column), mask);
}

void ContractKernel::packRows(const Matrix &from, const Block &block,
                              Value into, ValueRange place) {
  Value whole = b.wholeSteps(block.columns, shape.lanes);
  b.loop(zero, block.rows, 1, [&](Value row) {
    b.loop(zero, whole, shape.lanes, [&](Value column) {
      Value vector =
          loadWide(from, b.add(block.row, row), b.add(block.column, column));
      b.store(vector, into, join(place, row, column));
    });
  });
  packElements(from, block, zero, whole, into, place);
}

/// Squares of vectors are transposed.
void ContractKernel::packAcross(const Matrix &from, const Block &block,
                                Value into, ValueRange place) {
  Value wholeRows = b.wholeSteps(block.rows, shape.lanes);
  Value wholeColumns = b.wholeSteps(block.columns, shape.lanes);
  b.loop(zero, wholeColumns, shape.lanes, [&](Value column) {
    b.loop(zero, wholeRows, shape.lanes, [&](Value row) {
      Values square;
      for (int64_t n = 0; n < shape.lanes; ++n)
        square.push_back(loadWide(from, b.add(block.row, row),
                                  b.add(block.column, b.add(column, n))));
      for (auto [n, vector] : llvm::enumerate(b.transpose(square)))
        b.store(vector, into, join(place, b.add(row, n), column));
    });
  });
  Block above = block;
  above.columns = wholeColumns;
  packElements(from, above, wholeRows, zero, into, place);
  packElements(from, block, zero, wholeColumns, into, place);
}

/// A panel of rhs, in the accumulator's type.
void ContractKernel::widenPanel(const Product &product, Value panel) {
  b.call("__attn_widen", [&]() -> Values {
    Value from =
        arith::DivUIOp::create(b, product.column, b.index(shape.columns()));
    b.loop(zero, product.steps, 1, [&](Value step) {
      for (int64_t v = 0; v < shape.vectors; ++v) {
        Value lane = b.index(v * shape.lanes);
        Value wide =
            b.loadWide(rhs.memref, {from, b.add(product.step, step), lane});
        b.store(wide, panels, {panel, step, lane});
      }
    });
    return {};
  });
}

/// One by one, from a row and a column of the block on.
void ContractKernel::packElements(const Matrix &from, const Block &block,
                                  Value fromRow, Value fromColumn, Value into,
                                  ValueRange place) {
  b.loop(fromRow, block.rows, 1, [&](Value row) {
    b.loop(fromColumn, block.columns, 1, [&](Value column) {
      Value element =
          b.loadElement(from.memref, from.at(b.add(block.row, row),
                                             b.add(block.column, column)));
      memref::StoreOp::create(b, element, into, join(place, row, column));
    });
  });
}
