//===- ContractSmallM.cpp - Products that wait for memory ----------------===//
#include "Contract/ContractKernel.h"

using namespace mlir;
using namespace mlir::attn;

/// Columns in lanes where rhs lies in rows or is packed, steps of the sum where
/// it lies in columns: each way it is read once, where it is.
void ContractKernel::emitSmallM(int64_t most) {
  // Rows are read without asking whether there are any.
  Value isEmpty =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows, zero);
  columns = arith::SelectOp::create(b, isEmpty, zero, columns);
  b.loop(zero, depth, shape.smallMDepth, [&](Value step) {
    SmallM small{most, step, b.blockSize(depth, step, shape.smallMDepth)};
    if (packed)
      pack(lhs, {zero, step, rows, small.steps}, packed, {});
    // Of a register tile's rows at a time: each load is then used often enough.
    const int64_t together = std::min(most, shape.rows);
    const int64_t registers = shape.rows * shape.vectors / together;
    if (rhs.kind.panel)
      addPanels(small);
    else if (rhs.kind.isTransposed)
      forColumns(std::min<int64_t>(registers, 8),
                 [&](Value column, int64_t count) {
                   for (int64_t row = 0; row < most; row += together)
                     addDots(small, {row, together, column, count});
                 });
    else
      addSteps(small);
  });
}

/// All columns, `most` at a time and then one by one.
void ContractKernel::forColumns(
    int64_t most, function_ref<void(Value column, int64_t count)> body) {
  Value whole = b.wholeSteps(columns, most);
  b.loop(zero, whole, most, [&](Value column) { body(column, most); });
  if (most > 1)
    b.loop(whole, columns, 1, [&](Value column) { body(column, 1); });
}

/// All steps of the sum, `most` at a time, as far from each other as they can
/// be, and then one by one: a processor fetches ahead within a page, so that
/// more places bring more of memory.
void ContractKernel::forSteps(const SmallM &small, int64_t most,
                              function_ref<void(ValueRange steps)> body) {
  Value part = b.createOrFold<arith::DivUIOp>(small.steps, b.index(most));
  b.loop(zero, part, 1, [&](Value first) {
    Values steps{first};
    for (int64_t n = 1; n < most; ++n)
      steps.push_back(b.add(steps.back(), part));
    body(steps);
  });
  Value whole = arith::MulIOp::create(b, part, b.index(most));
  b.loop(whole, small.steps, 1, [&](Value step) { body(step); });
}

/// Rows beyond the last repeat it.
Value ContractKernel::clampRow(const SmallM &small, int64_t row) {
  // Fewer rows would be of the next smaller kind.
  if (row <= small.rows / 2)
    return b.index(row);
  Value last = arith::SubIOp::create(b, rows, b.index(1));
  return b.min(b.index(row), last);
}

void ContractKernel::storeRow(const SmallM &small, int64_t row,
                              function_ref<void(Value row)> store) {
  if (row <= small.rows / 2)
    return store(b.index(row));
  b.branch(
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, b.index(row), rows),
      [&] { store(b.index(row)); }, [] {});
}

Value ContractKernel::loadLeft(const SmallM &small, int64_t row, Value step) {
  Value column = packed ? step : b.add(small.step, step);
  return memref::LoadOp::create(b, packed ? packed : lhs.memref,
                                Values{clampRow(small, row), column});
}

/// What the next iteration reads: few rows or columns at a time are too few for
/// the processor to see where they lead.
void ContractKernel::fetch(Value row, Value column) {
  memref::PrefetchOp::create(b, rhs.memref, rhs.at(row, column),
                             /*isWrite=*/false, /*localityHint=*/3,
                             /*isDataCache=*/true);
}

/// acc[rows][columns] += lhs[rows][depth] rhs[depth][columns]: rows of rhs from
/// end to end, and sums in the nearest cache. Rows of acc may all lie in the
/// same few lines of it: those of several rows are elsewhere meanwhile.
void ContractKernel::addSteps(const SmallM &small) {
  auto add = [&](const Sums &sums) {
    forSteps(small, std::clamp<int64_t>(16 / small.rows, 4, 8),
             [&](ValueRange steps) { addRows(small, sums, steps); });
  };
  if (small.rows == 1)
    return add({acc, zero, columns});
  constexpr int64_t line = 64, bytes = 256 * line;
  const int64_t size = b.element.getWidth() / 8;
  const int64_t width = bytes / (small.rows * size);
  Value near = b.scratch({small.rows, width + line / size}, b.element);
  b.loop(zero, columns, width, [&](Value column) {
    const Sums sums{near, column, b.blockSize(columns, column, width)};
    forVectors(sums.columns, [&](Value lane, Value mask) {
      for (int64_t r = 0; r < small.rows; ++r)
        b.store(
            b.loadWide(acc, {clampRow(small, r), b.add(column, lane)}, mask),
            near, {b.index(r), lane});
    });
    add(sums);
    forVectors(sums.columns, [&](Value lane, Value mask) {
      for (int64_t r = 0; r < small.rows; ++r)
        storeRow(small, r, [&](Value row) {
          store(b.load(near, {row, lane}), acc, {row, b.add(column, lane)},
                mask);
        });
    });
  });
}

/// Vectors of columns; the last may have a mask.
void ContractKernel::forVectors(
    Value columns, function_ref<void(Value column, Value mask)> body) {
  Value whole = b.wholeSteps(columns, shape.lanes);
  b.loop(zero, whole, shape.lanes, [&](Value column) { body(column, {}); });
  Value rest = arith::SubIOp::create(b, columns, whole);
  Value hasRest =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, zero);
  b.branch(hasRest, [&] { body(whole, b.firstLanes(rest)); }, [] {});
}

/// sums[rows][columns] += lhs[rows][steps] rhs[steps][columns].
void ContractKernel::addRows(const SmallM &small, const Sums &sums,
                             ValueRange steps) {
  // One row of half lines: a fetch for each load is too many.
  const bool isFetched = small.rows > 1 || shape.lanes * 32 >= 512;
  b.call("__attn_multiply_rows", [&]() -> Values {
    Values left;
    for (int64_t r = 0; r < small.rows; ++r)
      for (Value step : steps)
        left.push_back(b.broadcast(loadLeft(small, r, step)));
    forVectors(sums.columns, [&](Value lane, Value mask) {
      Value column = b.add(sums.column, lane);
      Values right;
      for (Value step : steps) {
        Value row = b.add(small.step, step);
        right.push_back(loadWide(rhs, row, column, mask));
        if (isFetched)
          fetch(b.add(row, 1), column);
      }
      for (int64_t r = 0; r < small.rows; ++r) {
        Values at{b.index(r), lane};
        Value sum = b.loadWide(sums.memref, at, mask);
        for (auto [n, row] : llvm::enumerate(right))
          sum = b.multiplyAdd(left[r * right.size() + n], row, sum);
        store(sum, sums.memref, at, mask);
      }
    });
    return {};
  });
}

/// acc[rows][columns] += sums of lanes of lhs[row][lanes] rhs[lanes][column].
void ContractKernel::addDots(const SmallM &small, const DotTile &tile) {
  b.call("__attn_multiply_dots", [&]() -> Values {
    Value whole = b.wholeSteps(small.steps, shape.lanes);
    Values sums(tile.rows * tile.columns, b.splat(0));
    auto add = [&](Value k, ValueRange before, Value mask) {
      Values right;
      for (int64_t n = 0; n < tile.columns; ++n) {
        Value row = b.add(small.step, k);
        right.push_back(loadWide(rhs, row, b.add(tile.column, n), mask));
        // One row reads more columns at a time.
        if (small.rows > 1 && tile.row == 0)
          fetch(row, b.add(tile.column, tile.columns + n));
      }
      return b.addProducts(before, right, [&](int64_t r) {
        Value at = packed ? k : b.add(small.step, k);
        return b.loadWide(packed ? packed : lhs.memref,
                          Values{clampRow(small, tile.row + r), at}, mask);
      });
    };
    sums = b.loop(zero, whole, shape.lanes, sums,
                  [&](Value k, ValueRange before) -> Values {
                    return add(k, before, {});
                  });
    Value rest = arith::SubIOp::create(b, small.steps, whole);
    Value hasRest =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, zero);
    sums = b.choose(
        hasRest,
        [&]() -> Values { return add(whole, sums, b.firstLanes(rest)); }, sums);
    for (int64_t r = 0; r < tile.rows; ++r)
      storeRow(small, tile.row + r, [&](Value row) {
        for (int64_t n = 0; n < tile.columns; ++n) {
          Values at{row, b.add(tile.column, n)};
          Value sum =
              arith::AddFOp::create(b, memref::LoadOp::create(b, acc, at),
                                    sumLanes(sums[r * tile.columns + n]));
          memref::StoreOp::create(b, sum, acc, at);
        }
      });
    return {};
  });
}

/// How many panels are read at a time, as far as registers hold their sums: a
/// processor fetches what follows in each of them on its own, and more of
/// memory is on its way than if one came after the other.
int64_t ContractKernel::countPanels(const SmallM &small) const {
  return asksForPanels(small) ? 1
                              : std::max<int64_t>(1, shape.rows / small.rows);
}

/// Whether panels ask for what comes next. For vectors of half a line that is
/// too many instructions: they leave it to the processor, but for several rows
/// by narrow weights, whose steps are long beside what they read.
bool ContractKernel::asksForPanels(const SmallM &small) const {
  return shape.lanes * 32 >= 512 ||
         (rhs.kind.element != b.element && small.rows > 1);
}

/// acc[rows][columns] += lhs[rows][depth] rhs[depth][columns], as many panels
/// and rows at a time as registers hold.
void ContractKernel::addPanels(const SmallM &small) {
  const int64_t width = countPanels(small) * shape.columns();
  Value whole = b.wholeSteps(columns, width);
  auto add = [&](Value column, int64_t panels, bool isMasked) {
    for (int64_t row = 0; row < small.rows; row += shape.rows)
      addPanel(small, {row, column, panels, isMasked});
  };
  b.loop(zero, whole, width,
         [&](Value column) { add(column, countPanels(small), false); });
  Value end = b.wholeSteps(columns, shape.columns());
  if (countPanels(small) > 1)
    b.loop(whole, end, shape.columns(),
           [&](Value column) { add(column, 1, false); });
  Value hasRest =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, end, columns);
  b.branch(hasRest, [&] { add(end, 1, true); }, [] {});
}

void ContractKernel::addPanel(const SmallM &small, const PanelTile &tile) {
  b.call("__attn_multiply_panel", [&]() -> Values {
    const int64_t count = std::min(small.rows, shape.rows);
    Values masks(shape.vectors);
    Value rest = arith::SubIOp::create(b, columns, tile.column);
    for (int64_t v = 0; tile.isMasked && v < shape.vectors; ++v)
      masks[v] = b.firstLanes(
          arith::SubIOp::create(b, rest, b.index(v * shape.lanes)));
    auto forSums =
        [&](function_ref<void(int64_t row, Value column, Value mask)> body) {
          for (int64_t p = 0; p < tile.panels; ++p)
            for (int64_t r = 0; r < count; ++r)
              for (int64_t v = 0; v < shape.vectors; ++v)
                body(tile.row + r,
                     b.add(tile.column, p * shape.columns() + v * shape.lanes),
                     masks[v]);
        };
    Values sums;
    forSums([&](int64_t row, Value column, Value mask) {
      sums.push_back(b.loadWide(acc, {clampRow(small, row), column}, mask));
    });
    auto add = [&](Value step, ValueRange before) {
      return addPanelSteps(small, tile, step, before);
    };
    sums = asksForPanels(small) || tile.panels == 1
               ? b.unrolledLoop(zero, small.steps, sums, add)
               : b.loop(zero, small.steps, 1, sums, add);
    const Value *sum = sums.begin();
    forSums([&](int64_t row, Value column, Value mask) {
      Value value = *sum++;
      storeRow(small, row,
               [&](Value row) { store(value, acc, {row, column}, mask); });
    });
    return {};
  });
}

/// sums[panel][row][vector] of one step.
Values ContractKernel::addPanelSteps(const SmallM &small, const PanelTile &tile,
                                     Value step, ValueRange before) {
  // Far enough that the page of what is fetched has been found: tables of a
  // gigabyte of small pages are in no near cache either.
  constexpr int64_t bytesAhead = 16 << 10;
  const int64_t ahead =
      8 * bytesAhead /
      (shape.columns() * rhs.kind.element.getIntOrFloatBitWidth());
  const int64_t size = before.size() / tile.panels;
  Value first =
      b.createOrFold<arith::DivUIOp>(tile.column, b.index(shape.columns()));
  Value inner = b.add(small.step, step);
  Values after;
  for (int64_t p = 0; p < tile.panels; ++p) {
    Value panel = b.add(first, p);
    Values right;
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Value lane = b.index(v * shape.lanes);
      right.push_back(b.loadWide(rhs.memref, {panel, inner, lane}));
      if (asksForPanels(small))
        memref::PrefetchOp::create(
            b, rhs.memref, Values{panel, b.add(inner, ahead), lane},
            /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
    }
    llvm::append_range(
        after,
        b.addProducts(before.slice(p * size, size), right, [&](int64_t r) {
          return b.widen(loadLeft(small, tile.row + r, step));
        }));
  }
  return after;
}

/// Halves are added until one is left.
Value ContractKernel::sumLanes(Value vector) {
  int64_t size = shape.lanes;
  while (size > 1) {
    size /= 2;
    auto half = [&](int64_t from) {
      return vector::ExtractStridedSliceOp::create(
          b, vector, ArrayRef<int64_t>{from}, ArrayRef<int64_t>{size},
          ArrayRef<int64_t>{1});
    };
    vector = arith::AddFOp::create(b, half(0), half(size));
  }
  return vector::ExtractOp::create(b, vector, ArrayRef<int64_t>{0});
}
