//===- DecodeValues.cpp - The second product of decode --------------------===//
// Groups of features, whose sums registers hold, pass over the keys one after
// another. Over a whole block each would fetch one line of each row, far apart:
// memory then gives two thirds of what it gives to one who reads row by row.
// So keys go in short runs, which all groups take from the first-level cache,
// and each step of a run asks for lines of the next one in their order.
//===----------------------------------------------------------------------===//
#include "Kernels/Decode/DecodeKernel.h"
#include "Steps/NaNSafe.h"
#include "Steps/Prefetch.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t keysOfRun = 16;

/// Features of as many vectors as leave the sums of rows in registers.
int64_t DecodeKernel::getGroup() const {
  int64_t together = std::min(rows, shape.rows);
  return std::clamp<int64_t>(shape.accumulators / together, 1, 8) * lanes;
}

bool DecodeKernel::hasRuns() const {
  return valueFeatures > getGroup() || rows > shape.rows;
}

void DecodeKernel::forGroups(function_ref<void(Value, int64_t)> body) {
  int64_t group = getGroup(), whole = valueFeatures / group * group;
  b.loop(zero, b.index(whole), group, [&](Value first) { body(first, group); });
  if (whole < valueFeatures)
    body(b.index(whole), valueFeatures - whole);
}

void DecodeKernel::accumulate(const KeyBlock &block) {
  if (hasRuns())
    multiplyRuns(block);
  forGroups([&](Value first, int64_t size) {
    addToState(block, first, size,
               hasRuns() ? loadProducts(first, size, {0, rows})
                         : multiplyBlock(block, first, size));
  });
}

Values DecodeKernel::getZeros(int64_t rows, int64_t size) {
  return Values(rows * llvm::divideCeil(size, lanes), b.splat(0));
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

Values DecodeKernel::loadProducts(Value first, int64_t size, const Rows &rows) {
  Values sums;
  for (int64_t row = 0; row < rows.size; ++row)
    for (int64_t column = 0; column < size; column += lanes)
      sums.push_back(
          b.load(products, {b.index(rows.first + row), b.add(first, column)}));
  return sums;
}

void DecodeKernel::storeProducts(Value first, int64_t size, const Rows &rows,
                                 ArrayRef<Value> sums) {
  const Value *next = sums.begin();
  for (int64_t row = 0; row < rows.size; ++row)
    for (int64_t column = 0; column < size; column += lanes)
      b.store(*next++, products,
              {b.index(rows.first + row), b.add(first, column)});
}

void DecodeKernel::multiplyRuns(const KeyBlock &block) {
  forGroups([&](Value first, int64_t size) {
    storeProducts(first, size, {0, rows}, getZeros(rows, size));
  });
  if (hasPlaces())
    return addAcrossPlaces(block);
  b.loop(zero, block.size, keysOfRun, [&](Value from) {
    Value to = b.min(block.size, b.add(from, keysOfRun));
    forGroups([&](Value first, int64_t size) {
      Rows all{0, rows};
      Values sums = loadProducts(first, size, all);
      storeProducts(first, size, all,
                    multiplyRun(block, {from, to}, first, size, sums));
    });
  });
}

/// What the step of `key` in the group from `first` on fetches of the next run.
void DecodeKernel::prefetchNextRun(const KeyBlock &block, const Run &run,
                                   Value key, Value first) {
  constexpr int64_t bytesOfLine = 64;
  int64_t group = getGroup(),
          bytes = llvm::divideCeil(
              cast<MemRefType>(value.getType()).getElementTypeBitWidth(), 8),
          lines = llvm::divideCeil(valueFeatures * bytes, bytesOfLine),
          linesOfStep =
              llvm::divideCeil(lines, llvm::divideCeil(valueFeatures, group)),
          stepsOfRow = llvm::divideCeil(lines, linesOfStep),
          columns = linesOfStep * bytesOfLine / bytes;
  Value before = arith::MulIOp::create(
      b, b.createOrFold<arith::DivUIOp>(first, b.index(group)),
      b.index(keysOfRun));
  Value step = b.add(before, arith::SubIOp::create(b, key, run.from));
  Value row = arith::DivUIOp::create(b, step, b.index(stepsOfRow));
  Value column = arith::MulIOp::create(
      b, arith::RemUIOp::create(b, step, b.index(stepsOfRow)),
      b.index(columns));
  row = b.add(b.add(b.add(block.first, run.from), keysOfRun), row);
  for (int64_t n = 0; n < columns; n += bytesOfLine / bytes)
    prefetch(b, value, row, b.add(column, n));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The block's sums are not finite where a value is not, whatever its weight:
/// then they are computed again, without those of masked pairs (D3).
void DecodeKernel::addToState(const KeyBlock &block, Value first, int64_t size,
                              ArrayRef<Value> sums) {
  auto store = [&](ArrayRef<Value> sums) {
    Values ordered = inOrder(sums, size);
    auto next = ordered.begin();
    for (int64_t row = 0; row < rows; ++row) {
      Value factor = b.broadcast(
          memref::LoadOp::create(b, this->factor, b.index(row)).getResult());
      for (int64_t column = 0; column < size; column += lanes) {
        Values at{b.index(row), b.add(first, column)};
        Value old = b.load(state.acc, at);
        b.store(b.multiplyAdd(old, factor, *next++), state.acc, at);
      }
    }
  };
  b.branch(
      areFinite(b, sums), [&] { store(sums); },
      [&] {
        b.call("__attn_add_decode_nan_safe", [&]() -> Values {
          store(multiplyNaNSafe(block, first, size));
          return {};
        });
      });
}

/// The products of the keys of a block.
Values DecodeKernel::multiplyBlock(const KeyBlock &block, Value first,
                                   int64_t size) {
  Values none = getZeros(rows, size);
  if (!hasPlaces())
    return multiplyRun(block, {zero, block.size}, first, size, none);
  return b.loop(
      zero, block.size, 1, none, [&](Value key, ValueRange carried) -> Values {
        return addOfPlaces(block, key, first, size, {0, rows}, carried);
      });
}

/// `sums` and the products of the keys of a run.
Values DecodeKernel::multiplyRun(const KeyBlock &block, const Run &run,
                                 Value first, int64_t size,
                                 ArrayRef<Value> sums) {
  return b.loop(run.from, run.to, 1, Values(sums),
                [&](Value key, ValueRange carried) -> Values {
                  Value position = b.add(block.first, key);
                  if (hasRuns())
                    prefetchNextRun(block, run, key, first);
                  else
                    prefetchAhead(b, value, position, first, size);
                  return b.addProducts(
                      carried, loadVectors(value, position, first, size),
                      [&](int64_t row) {
                        return b.loadElement(weights, {b.index(row), key});
                      });
                });
}

Values DecodeKernel::multiplyNaNSafe(const KeyBlock &block, Value first,
                                     int64_t size) {
  auto add = [&](Value place, Value key, Value slot,
                 ValueRange carried) -> Values {
    auto getWeight = [&](int64_t row) -> Value {
      Values at{b.index(row), slot};
      return getNaNSafeWeight(b, b.loadElement(weights, at),
                              b.loadElement(scores, at));
    };
    Value position = getPosition(block, place, key);
    return b.addProducts(carried, loadVectors(value, position, first, size),
                         getWeight, [&](Value weight, Value x, Value sum) {
                           return addNaNSafe(b, weight, x, sum);
                         });
  };
  return eachSlot(block, 1, getZeros(rows, size), add);
}
