//===- ContractPacking.cpp - Blocks of operands in the order of use -------===//
#include "Contract/ContractKernel.h"
#include "Steps/Prefetch.h"

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

/// All panels of a block, row after row: each row lies in one piece, where a
/// panel takes a line or two of each, which are in few sets of a cache.
void ContractKernel::packPanels(const Block &block) {
  constexpr int64_t ahead = 4;
  const int64_t line = 512 / rhs.kind.element.getIntOrFloatBitWidth();
  Value width = b.index(shape.columns());
  b.call("__attn_pack_panels", [&]() -> Values {
    Value whole = b.wholeSteps(block.columns, shape.columns());
    b.loop(zero, block.rows, 1, [&](Value row) {
      Value from = b.add(block.row, row);
      b.loop(zero, block.columns, line, [&](Value column) {
        attn::prefetch(b, rhs.memref, b.add(from, ahead),
                       b.add(block.column, column));
      });
      b.loop(zero, whole, shape.columns(), [&](Value first) {
        Value panel = arith::DivUIOp::create(b, first, width);
        for (int64_t v = 0; v < shape.columns(); v += shape.lanes)
          b.store(loadWide(rhs, from, b.add(b.add(block.column, first), v)),
                  panels, {panel, row, b.index(v)});
      });
    });
    Block rest = block;
    rest.column = b.add(block.column, whole);
    rest.columns = arith::SubIOp::create(b, block.columns, whole);
    packRows(rhs, rest, panels,
             arith::DivUIOp::create(b, whole, width)->getResults());
    return {};
  });
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

/// A vector of one step of a panel of rhs, in the accumulator's type, or of the
/// two of a pair.
Values ContractKernel::loadSteps(Value panel, Value step, int64_t vector) {
  if (!rhs.kind.isInPairs)
    return {
        b.loadWide(rhs.memref, {panel, step, b.index(vector * shape.lanes)})};
  // Steps are halves of what goes for one column.
  Value rows = memref::CollapseShapeOp::create(
      b, rhs.memref, SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}});
  auto both = VectorType::get({2 * shape.lanes}, rhs.kind.element);
  Value pairs = vector::LoadOp::create(
      b, both, rows,
      Values{panel, arith::DivUIOp::create(b, step, b.index(2)),
             b.index(2 * vector * shape.lanes)});
  auto apart = vector::DeinterleaveOp::create(b, pairs);
  return {b.widen(apart.getRes1()), b.widen(apart.getRes2())};
}

/// A panel of rhs, in the accumulator's type. A pair of which one step is left
/// takes the room of two.
void ContractKernel::widenPanel(const Product &product, Value panel) {
  b.call("__attn_widen", [&]() -> Values {
    Value from =
        arith::DivUIOp::create(b, product.column, b.index(shape.columns()));
    const int64_t together = rhs.kind.isInPairs ? 2 : 1;
    b.loop(zero, product.steps, together, [&](Value step) {
      for (int64_t v = 0; v < shape.vectors; ++v)
        for (auto [n, wide] :
             llvm::enumerate(loadSteps(from, b.add(product.step, step), v)))
          b.store(wide, panels,
                  {panel, b.add(step, n), b.index(v * shape.lanes)});
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
