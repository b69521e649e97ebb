//===- LinearKernelMemory.cpp - Operands of a chunk in scratch ------------===//
#include "Kernels/Linear/LinearKernel.h"
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

Values LinearKernel::Operand::at(Value zero, Value head, Value token,
                                 Value feature) const {
  Values position;
  for (int64_t dim : layout)
    position.push_back(dim == Batch      ? zero
                       : dim == Head     ? head
                       : dim == Sequence ? token
                                         : feature);
  return position;
}

bool LinearKernel::Operand::hasUnitStride() const {
  return layout.back() == Feature &&
         attn::hasUnitStride(cast<MemRefType>(memref.getType()));
}

/// f16, bf16, f32 or f64, or vectors of them, to any other.
static Value convert(KernelBuilder &b, Value value, Type element) {
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    type = vector.clone(element);
  unsigned from = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
  unsigned to = element.getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(b, type, value);
  return from > to ? arith::TruncFOp::create(b, type, value) : value;
}

Value LinearKernel::loadScalar(Value memref, ValueRange position) {
  return convert(b, memref::LoadOp::create(b, memref, position), b.element);
}

/// Of a column within the tile that starts at `first`.
Values LinearKernel::locate(Value matrix, Value row, Value first,
                            int64_t offset) {
  auto type = cast<MemRefType>(matrix.getType());
  if (type.getRank() == 2)
    return {row, b.add(first, offset)};
  Value panel =
      b.createOrFold<arith::DivUIOp>(first, b.index(type.getDimSize(2)));
  return {panel, row, b.index(offset)};
}

Values LinearKernel::locate(Value matrix, Value row, Value column) {
  auto type = cast<MemRefType>(matrix.getType());
  if (type.getRank() == 2)
    return {row, column};
  Value width = b.index(type.getDimSize(2));
  return {b.createOrFold<arith::DivUIOp>(column, width), row,
          b.createOrFold<arith::RemUIOp>(column, width)};
}

int64_t LinearKernel::getWidth(Value matrix) {
  auto type = cast<MemRefType>(matrix.getType());
  return type.getRank() == 2 ? type.getDimSize(1)
                             : type.getDimSize(0) * type.getDimSize(2);
}

/// into_r = the rows of one head in its own type, 0 beyond their features (as
/// far as products read, where only a run knows how many) and from the last row
/// up to `end`.
void LinearKernel::packRows(const Operand &from, const Rows &rows,
                            Value features, Value into, Value end) {
  Value width = getConstantIntValue(features)
                    ? b.index(getWidth(into))
                    : b.alignUp(features, shape.lanes);
  Value whole =
      from.hasUnitStride() ? b.wholeSteps(features, shape.lanes) : zero;
  auto place = [&](Value row, Value d) {
    return from.at(zero, rows.head, b.add(rows.first, row), d);
  };
  VectorType narrow = b.vector.clone(
      getElementTypeOrSelf(cast<MemRefType>(from.memref.getType())));
  Type element = cast<MemRefType>(into.getType()).getElementType();
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(element));
  b.loop(zero, rows.count, 1, [&](Value row) {
    b.loop(zero, whole, shape.lanes, [&](Value d) {
      Value x = vector::LoadOp::create(b, narrow, from.memref, place(row, d));
      b.store(convert(b, x, element), into, locate(into, row, d));
    });
    b.loop(whole, features, 1, [&](Value d) {
      Value x = memref::LoadOp::create(b, from.memref, place(row, d));
      memref::StoreOp::create(b, convert(b, x, element), into,
                              locate(into, row, d));
    });
    b.loop(features, width, 1, [&](Value d) {
      memref::StoreOp::create(b, none, into, locate(into, row, d));
    });
  });
  clearRows(into, rows.count, end);
}

/// Fetches a part of what the next block reads and this one writes, while
/// registers are busy: `vectors` of a row of each. Many at once would wait.
void LinearKernel::prefetch(Value head, Value row, Value column,
                            int64_t vectors) {
  auto fetch = [&](const Operand &operand, Value head, Value first,
                   bool write) {
    auto type = cast<MemRefType>(operand.memref.getType());
    if (!operand.hasUnitStride())
      return;
    int64_t line = 512 / type.getElementTypeBitWidth();
    for (int64_t c = 0; c < vectors * shape.lanes; c += line)
      memref::PrefetchOp::create(
          b, operand.memref,
          operand.at(zero, head, b.add(first, row), b.add(column, c)), write,
          /*localityHint=*/write ? 3 : 2, /*isDataCache=*/true);
  };
  Value next = b.add(first, shape.block);
  fetch(key, zero, next, false);
  fetch(value, zero, next, false);
  fetch(query, head, next, false);
  fetch(output, head, first, true);
}

void LinearKernel::clearRows(Value matrix, Value from, Value to) {
  int64_t width = getWidth(matrix);
  Type element = cast<MemRefType>(matrix.getType()).getElementType();
  Value none =
      arith::ConstantOp::create(b, b.getZeroAttr(b.vector.clone(element)));
  b.loop(from, to, 1, [&](Value row) {
    b.loop(zero, b.index(width), shape.lanes,
           [&](Value d) { b.store(none, matrix, locate(matrix, row, d)); });
  });
}

/// The rows of one head = from_r, in their own type.
void LinearKernel::storeRows(Value from, const Operand &into, const Rows &rows,
                             Value features, Change change) {
  Type element = cast<MemRefType>(into.memref.getType()).getElementType();
  Value whole =
      into.hasUnitStride() ? b.wholeSteps(features, shape.lanes) : zero;
  auto place = [&](Value row, Value d) {
    return into.at(zero, rows.head, b.add(rows.first, row), d);
  };
  b.loop(zero, rows.count, 1, [&](Value row) {
    b.loop(zero, whole, shape.lanes, [&](Value d) {
      Value x = b.load(from, locate(from, row, d));
      x = change ? change(x, row, d) : x;
      b.store(convert(b, x, element), into.memref, place(row, d));
    });
    b.loop(whole, features, 1, [&](Value d) {
      Value x = memref::LoadOp::create(b, from, locate(from, row, d));
      x = change ? change(x, row, d) : x;
      memref::StoreOp::create(b, convert(b, x, element), into.memref,
                              place(row, d));
    });
  });
}

/// into = the transpose of the rows up to `columnEnd`.
void LinearKernel::transpose(Value from, Value into) {
  auto block = VectorType::get({b.blockLanes()}, b.element);
  b.loop(zero, columnEnd, shape.lanes, [&](Value row) {
    b.loop(zero, b.index(shape.keySize), b.blockLanes(), [&](Value d) {
      Values joined = b.joinRows([&](int64_t n) -> Value {
        return vector::LoadOp::create(b, block, from,
                                      ValueRange{b.add(row, n), d});
      });
      for (auto [n, column] : llvm::enumerate(b.transposeJoined(joined)))
        b.store(column, into, locate(into, b.add(d, n), row));
    });
  });
}
