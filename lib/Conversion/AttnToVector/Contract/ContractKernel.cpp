//===- ContractKernel.cpp - Products of matrices in registers -------------===//
#include "Contract/ContractKernel.h"
#include "Steps/Matrix.h"
#include "Steps/Prefetch.h"
#include "attn/Dialect/Attn/IR/AttnPacked.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Kinds
//===----------------------------------------------------------------------===//

MatrixKind MatrixKind::get(Value memref, bool isTransposed) {
  auto type = cast<MemRefType>(memref.getType());
  return {type.getElementType(), isTransposed, attn::hasUnitStride(type),
          isPacked(memref) ? type.getDimSize(2) : 0, isPackedInPairs(memref)};
}

MemRefType MatrixKind::getType() const {
  constexpr int64_t any = ShapedType::kDynamic;
  if (isInPairs)
    return MemRefType::get({any, any, panel, 2}, element,
                           StridedLayoutAttr::get(element.getContext(), any,
                                                  {any, 2 * panel, 2, 1}));
  if (panel)
    return MemRefType::get(
        {any, any, panel}, element,
        StridedLayoutAttr::get(element.getContext(), any, {any, panel, 1}));
  auto layout = StridedLayoutAttr::get(element.getContext(), any,
                                       {any, hasUnitStride ? 1 : any});
  return MemRefType::get({any, any}, element, layout);
}

std::string MatrixKind::getName() const {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << element << (isTransposed ? "_transposed" : "")
     << (hasUnitStride ? "" : "_strided") << (panel ? "_packed" : "")
     << (isInPairs ? "_in_pairs" : "");
  return name;
}

bool attn::arePanelsWhole(Value packed) {
  auto type = cast<MemRefType>(packed.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)))
    return false;
  int64_t size = 1;
  for (int64_t d = type.getRank() - 1; d > 1; --d) {
    if (strides[d] != size)
      return false;
    size *= type.getDimSize(d);
  }
  return strides[1] == size;
}

/// As many registers as the target has are sums, but for one row of operands
/// and a broadcast.
ContractShape ContractShape::get(CPUTargetAttr target, FloatType element) {
  ContractShape shape;
  shape.lanes = getLanes(target, element);
  shape.vectors = 3;
  shape.rows = target.getRegisters() >= 32 ? 8 : 4;
  return shape;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Of the sums.
static FloatType getElement(func::FuncOp function) {
  return cast<FloatType>(
      getElementTypeOrSelf(function.getArgument(2).getType()));
}

func::FuncOp ContractKernel::getFunction(ContractOp op, int64_t rows,
                                         CPUTargetAttr target,
                                         KernelFunctions &functions) {
  MatrixKind lhs = MatrixKind::get(op.getLhs(), op.getLhsTransposed());
  MatrixKind rhs = MatrixKind::get(op.getRhs(), op.getRhsTransposed());
  MatrixKind acc = MatrixKind::get(op.getAcc(), false);
  auto type = FunctionType::get(
      op.getContext(), {lhs.getType(), rhs.getType(), acc.getType()}, {});
  std::string name = "__attn_contract_" + lhs.getName() + "_" + rhs.getName() +
                     (rows ? "_small_m" + std::to_string(rows) : "");
  return functions.getOrInsert(
      op.getLoc(), name, type, [&](func::FuncOp function, Operation *end) {
        ContractKernel kernel(function, end, lhs, rhs, rows, target, functions);
        if (rows)
          kernel.emitSmallM(rows);
        else
          kernel.emit();
      });
}

ContractKernel::ContractKernel(func::FuncOp function, Operation *end,
                               const MatrixKind &left, const MatrixKind &right,
                               int64_t smallM, CPUTargetAttr target,
                               KernelFunctions &functions)
    : shape(ContractShape::get(target, getElement(function))),
      b(end, target, getElement(function), shape.lanes, &functions),
      lhs{function.getArgument(0), left}, rhs{function.getArgument(1), right},
      acc(function.getArgument(2)) {
  if (right.isInPairs)
    shape.vectors = right.panel / shape.lanes;
  zero = b.index(0);
  rows = b.createOrFold<memref::DimOp>(acc, zero);
  columns = b.createOrFold<memref::DimOp>(acc, b.index(1));
  depth = b.createOrFold<memref::DimOp>(lhs.memref,
                                        b.index(left.isTransposed ? 0 : 1));
  const bool isPanelRead = right.panel && right.element == b.element;
  // Longer sums go through the accumulator less often, from as much memory. On
  // vectors of 512 bits that makes no difference.
  const bool isDeep = shape.lanes * 32 < 512;
  if (isDeep) {
    shape.depth *= 2;
    shape.panels /= 2;
  }
  if (!smallM && !isPanelRead)
    panels = b.scratch({shape.panels, shape.depth, shape.columns()}, b.element);
  bool isInPlace =
      left.hasUnitStride && !left.isTransposed && left.element == b.element;
  // Nothing is copied.
  if (isDeep && isPanelRead && isInPlace)
    shape.depth = 1024;
  if (!isInPlace)
    packed = smallM ? b.scratch({smallM, shape.smallMDepth}, b.element)
                    : b.scratch({shape.packedRows, shape.depth}, b.element);
}

void ContractKernel::emit() {
  b.loop(zero, depth, shape.depth, [&](Value step) {
    b.loop(zero, columns, shape.panels * shape.columns(),
           [&](Value column) { addBlock(step, column); });
  });
}

/// All rows of acc, for as many panels as are packed at once.
void ContractKernel::addBlock(Value step, Value column) {
  int64_t width = shape.panels * shape.columns();
  if (isPackedByRows())
    packPanels({step, column, b.blockSize(depth, step, shape.depth),
                b.blockSize(columns, column, width)});
  b.loop(zero, rows, shape.packedRows, [&](Value row) {
    Product product{row,
                    column,
                    step,
                    b.blockSize(rows, row, shape.packedRows),
                    b.blockSize(columns, column, width),
                    b.blockSize(depth, step, shape.depth)};
    if (packed)
      pack(lhs, {row, step, product.rows, product.steps}, packed, {});
    addRows(product);
  });
}

void ContractKernel::addRows(const Product &product) {
  b.loop(zero, product.columns, shape.columns(), [&](Value first) {
    Value panel =
        b.createOrFold<arith::DivUIOp>(first, b.index(shape.columns()));
    Product part = product;
    part.column = b.add(product.column, first);
    part.columns = b.blockSize(product.columns, first, shape.columns());
    if (isReadInPanels()) {
      panel =
          b.createOrFold<arith::DivUIOp>(part.column, b.index(shape.columns()));
    } else if (!isPackedByRows()) {
      Value isFirst =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, product.row, zero);
      b.branch(isFirst, [&] { packPanel(part, panel); }, [] {});
    }
    Value isFull = arith::CmpIOp::create(
        b, arith::CmpIPredicate::eq, part.columns, b.index(shape.columns()));
    b.branch(
        isFull, [&] { addPanel(part, panel, shape.vectors, false); },
        [&] {
          Value vectors = b.createOrFold<arith::CeilDivUIOp>(
              part.columns, b.index(shape.lanes));
          for (int64_t n = 1; n <= shape.vectors; ++n) {
            Value fits = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                               vectors, b.index(n));
            b.branch(fits, [&] { addPanel(part, panel, n, true); }, [] {});
          }
        });
  });
}

void ContractKernel::packPanel(const Product &product, Value panel) {
  if (rhs.kind.panel)
    return widenPanel(product, panel);
  pack(rhs, {product.step, product.column, product.steps, product.columns},
       panels, panel);
}

/// The rows of a panel of acc, in register tiles. Those that come after
/// packing fetch what will be packed next.
void ContractKernel::addPanel(const Product &product, Value panel,
                              int64_t vectors, bool isMasked) {
  auto add = [&](Value first, int64_t rows, const Fetch *fetch) {
    addTile(product, first, panel, {rows, vectors, isMasked, fetch});
  };
  // One vector of four rows would wait for its sums.
  const int64_t together = vectors == 1 ? 2 * shape.rows : shape.rows;
  Value row = b.wholeSteps(product.rows, together);
  auto addAll = [&](const Fetch *fetch) {
    b.loop(zero, row, together,
           [&](Value first) { add(first, together, fetch); });
  };
  if (isMasked || rhs.kind.isInPairs || isPackedByRows()) {
    addAll(nullptr);
  } else {
    Value isPacked =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, product.row, zero);
    b.branch(
        isPacked,
        [&] {
          Fetch fetch = findNext(product, row);
          addAll(&fetch);
        },
        [&] { addAll(nullptr); });
  }
  for (int64_t rows = together / 2; rows >= 1; rows /= 2) {
    Value end = b.add(row, rows);
    Value fits =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end, product.rows);
    auto addRest = [&]() -> Values {
      add(row, rows, nullptr);
      return {end};
    };
    row = b.choose(fits, addRest, row).front();
  }
}

/// The panel beside, or the first one of the next steps; and by how many of
/// its lines to go on in each step, of all those that `rows` take, so that
/// memory has the time of all of them.
ContractKernel::Fetch ContractKernel::findNext(const Product &product,
                                               Value rows) {
  Value column = b.add(product.column, shape.columns());
  Value isInside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column, columns);
  auto select = [&](Value inside, Value beyond) {
    return arith::SelectOp::create(b, isInside, inside, beyond).getResult();
  };
  Value steps = arith::MulIOp::create(
      b, b.createOrFold<arith::DivUIOp>(rows, b.index(shape.rows)),
      product.steps);
  Value pace = b.createOrFold<arith::DivUIOp>(
      b.index(countLines() << Fetch::shift),
      arith::MaxUIOp::create(b, steps, b.index(1)));
  return {select(column, zero),
          select(product.step, b.add(product.step, shape.depth)), pace};
}

int64_t ContractKernel::getLine() const {
  return 512 / rhs.kind.element.getIntOrFloatBitWidth();
}

/// Of a panel, where it lies: in one piece, or as so many rows.
int64_t ContractKernel::countLines() const {
  if (rhs.kind.panel)
    return llvm::divideCeil(shape.depth * shape.columns(), getLine());
  int64_t across = rhs.kind.isTransposed ? shape.depth : shape.columns();
  return shape.depth * shape.columns() / across *
         llvm::divideCeil(across, getLine());
}

/// Where line `n` of the next panel lies. Of a packed one it is so many
/// elements after the first, beyond the columns of a step.
Values ContractKernel::getLinePlace(const Fetch &fetch, Value n) {
  auto times = [&](Value lines) {
    return arith::MulIOp::create(b, lines, b.index(getLine())).getResult();
  };
  if (rhs.kind.panel)
    return {arith::DivUIOp::create(b, fetch.column, b.index(shape.columns())),
            fetch.step, times(n)};
  int64_t across = rhs.kind.isTransposed ? shape.depth : shape.columns();
  Value lines = b.index(llvm::divideCeil(across, getLine()));
  Value far = arith::DivUIOp::create(b, n, lines);
  Value near = times(arith::RemUIOp::create(b, n, lines));
  if (rhs.kind.isTransposed)
    std::swap(far, near);
  return rhs.at(b.add(fetch.step, far), b.add(fetch.column, near));
}

/// The lines for a block of steps of the rows from `first` on.
void ContractKernel::prefetch(const Fetch &fetch, const Product &product,
                              Value first, Value step) {
  Value iteration =
      b.add(arith::MulIOp::create(
                b, b.createOrFold<arith::DivUIOp>(first, b.index(shape.rows)),
                product.steps)
                .getResult(),
            step);
  auto lineOf = [&](Value iteration) {
    return arith::ShRUIOp::create(
               b, arith::MulIOp::create(b, iteration, fetch.pace),
               b.index(Fetch::shift))
        .getResult();
  };
  b.loop(lineOf(iteration), lineOf(b.add(iteration, Fetch::steps)), 1,
         [&](Value n) {
           memref::PrefetchOp::create(b, rhs.memref, getLinePlace(fetch, n),
                                      /*isWrite=*/false, /*localityHint=*/2,
                                      /*isDataCache=*/true);
         });
}

/// acc[rows][vectors] += lhs panel; of the last vector as much as there is.
/// Sums begin with zeros, and acc, asked for early, is added to them: it may
/// lie in memory, for which the first products would wait.
void ContractKernel::addTile(const Product &product, Value first, Value panel,
                             const Tile &tile) {
  Value accRow = b.add(product.row, first);
  Value left = packed ? packed : lhs.memref;
  Value leftRow = packed ? first : accRow;
  Value leftColumn = packed ? zero : product.step;
  b.call("__attn_multiply", [&]() -> Values {
    Value mask;
    if (tile.isMasked)
      mask = b.firstLanes(arith::SubIOp::create(
          b, product.columns, b.index((tile.vectors - 1) * shape.lanes)));
    auto maskOf = [&](int64_t v) {
      return v == tile.vectors - 1 ? mask : Value();
    };
    auto place = [&](int64_t r, int64_t v) {
      return Values{b.add(accRow, r), b.add(product.column, v * shape.lanes)};
    };
    const int64_t line = 512 / b.element.getIntOrFloatBitWidth();
    for (int64_t r = 0; r < tile.rows; ++r)
      for (int64_t c = 0; c < tile.vectors * shape.lanes; c += line)
        attn::prefetch(b, acc, b.add(accRow, r), b.add(product.column, c));
    Values sums(tile.rows * tile.vectors, b.splat(0));
    auto add = [&](Value k, ValueRange before) -> Values {
      Values right;
      for (int64_t v = 0; v < tile.vectors; ++v)
        right.push_back(loadPanel(product, panel, k, v));
      return b.addProducts(before, right, [&](int64_t r) {
        return memref::LoadOp::create(
            b, left, Values{b.add(leftRow, r), b.add(leftColumn, k)});
      });
    };
    Value k = zero;
    if (tile.fetch) {
      Value end = b.wholeSteps(product.steps, Fetch::steps);
      sums = b.loop(k, end, Fetch::steps, sums,
                    [&](Value k, ValueRange before) -> Values {
                      prefetch(*tile.fetch, product, first, k);
                      return b.unrolledLoop(k, b.add(k, Fetch::steps), before,
                                            add);
                    });
      k = end;
    }
    // The sums of one row would wait for each other.
    if (tile.rows == 1 && !tile.isMasked) {
      Value end = b.wholeSteps(product.steps, 2);
      Values odd(sums.size(), b.splat(0)), both(sums);
      both.append(odd);
      both = b.loop(k, end, 2, both, [&](Value k, ValueRange before) {
        Values next = add(k, before.take_front(sums.size()));
        next.append(add(b.add(k, 1), before.drop_front(sums.size())));
        return next;
      });
      for (auto [n, sum] : llvm::enumerate(sums))
        sum = arith::AddFOp::create(b, both[n], both[sums.size() + n]);
      k = end;
    }
    // What is seldom run is short: LLVM's time is a matter of its size.
    if (tile.rows == shape.rows && !tile.isMasked)
      sums = b.unrolledLoop(k, product.steps, sums, add);
    else
      sums = b.loop(k, product.steps, 1, sums, add);
    for (int64_t r = 0; r < tile.rows; ++r)
      for (int64_t v = 0; v < tile.vectors; ++v)
        store(arith::AddFOp::create(b, sums[r * tile.vectors + v],
                                    b.loadWide(acc, place(r, v), maskOf(v))),
              acc, place(r, v), maskOf(v));
    return {};
  });
}

/// A vector of a panel, which is `panels`' or, where these are not packed
/// here, that of rhs.
Value ContractKernel::loadPanel(const Product &product, Value panel, Value step,
                                int64_t vector) {
  Value column = b.index(vector * shape.lanes);
  if (isReadInPanels())
    return b.load(rhs.memref, {panel, b.add(product.step, step), column});
  return b.load(panels, {panel, step, column});
}

void ContractKernel::store(Value value, Value memref, ValueRange position,
                           Value mask) {
  if (mask)
    vector::MaskedStoreOp::create(b, memref, position, mask, value);
  else
    b.store(value, memref, position);
}
