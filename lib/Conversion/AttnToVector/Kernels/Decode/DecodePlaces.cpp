//===- DecodePlaces.cpp - Decode that reads in several places -------------===//
// A core that multiplies what it reads looks only a few lines ahead, and what
// fetches more by itself does so in each page that is read. So the keys are
// divided into places, far apart, from which they are taken in turn: a step of
// the first product takes a few of them, the second one a key of each place for
// all features. Then no part of a row waits for its turn far from the others,
// and sums of a vector's lanes are in the first-level cache in between. Lines
// further on are asked for one by one, into the second-level cache: the first
// one drops what it cannot wait for, and what it waits for keeps others out.
//===----------------------------------------------------------------------===//
#include "Kernels/Decode/DecodeKernel.h"
#include "Steps/Prefetch.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t bytesOfLine = 64;

static int64_t getBytes(Value matrix) {
  auto type = cast<MemRefType>(matrix.getType());
  return llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

Values DecodeKernel::eachSlot(const KeyBlock &block, int64_t step,
                              ValueRange carried, SlotBody body) {
  auto ofPlace = [&](Value place, ValueRange carried) -> Values {
    Value first = b.createOrFold<arith::MulIOp>(place, b.index(keysOfPlace()));
    return b.loop(zero, block.size, step, carried,
                  [&](Value key, ValueRange carried) {
                    return body(place, key, b.add(key, first), carried);
                  });
  };
  return hasPlaces() ? b.loop(zero, b.index(shape.places), 1, carried, ofPlace)
                     : ofPlace(zero, carried);
}

static Value getStart(KernelBuilder &b, Value place, Value length) {
  return b.createOrFold<arith::MulIOp>(length, place);
}

/// Where the last places have no key, that of the last key of all; it weighs
/// nothing there.
Value DecodeKernel::getPosition(const KeyBlock &block, Value place, Value key) {
  Value position = b.add(block.first, key);
  if (!hasPlaces())
    return position;
  return b.min(b.add(position, getStart(b, place, length)), lastKey);
}

/// Maybe none.
DecodeKernel::KeyBlock DecodeKernel::getKeysOfPlace(const KeyBlock &block,
                                                    Value place) {
  if (!hasPlaces())
    return block;
  Value first = b.add(block.first, getStart(b, place, length));
  Value left = arith::SubIOp::create(b, b.add(lastKey, 1), first);
  return {b.min(first, lastKey),
          arith::MaxSIOp::create(b, b.min(block.size, left), zero)};
}

/// Fetches what comes in its turn after a few rows of each place.
void DecodeKernel::prefetchFar(Value matrix, Value row, Value first,
                               int64_t size) {
  constexpr int64_t leastRows = 4, leastBytes = 1024;
  int64_t bytes = getBytes(matrix);
  int64_t rows = std::max<int64_t>(
      leastRows, llvm::divideCeil(leastBytes, bytes * getColumns(matrix)));
  Value ahead = b.add(row, rows);
  for (int64_t column = 0; column < size; column += bytesOfLine / bytes)
    prefetch(b, matrix, ahead, b.add(first, column), CacheLevel::Second);
}

//===----------------------------------------------------------------------===//
// The first product
//===----------------------------------------------------------------------===//

void DecodeKernel::multiplyPlaces(const KeyBlock &block) {
  int64_t keys = lanes / shape.rows, places = std::min(keys, shape.places);
  auto multiply = [&](const Step &step) {
    Values positions;
    for (int64_t n = 0; n < keys; ++n)
      positions.push_back(
          getPosition(block, b.index(step.firstPlace + n / step.keysOfEach),
                      b.add(step.key, n % step.keysOfEach)));
    for (int64_t row = 0; row < rows; row += shape.rows)
      storeScores(step, row, sumLanes(addProducts(positions, row)));
  };
  b.loop(zero, block.size, keys / places, [&](Value key) {
    for (int64_t place = 0; place < shape.places; place += places)
      multiply({place, places, keys / places, key});
  });
}

/// Of some keys with the rows from `firstRow` on, as vectors of which each
/// score is the sum. The first rows fetch what is far, line by line.
Values DecodeKernel::addProducts(ArrayRef<Value> keys, int64_t firstRow) {
  const int64_t line = bytesOfLine / getBytes(key);
  auto addColumns = [&](Value first, int64_t size, Values sums) {
    for (Value position : keys)
      if (firstRow == 0)
        prefetchFar(key, position, first, size);
    for (int64_t column = 0; column < size; column += lanes)
      multiplyColumns(keys,
                      {b.add(first, column), std::min(lanes, size - column)},
                      firstRow, sums);
    return sums;
  };
  const int64_t whole = features / line * line;
  Values sums = b.loop(zero, b.index(whole), line, Values(lanes, b.splat(0)),
                       [&](Value first, ValueRange carried) {
                         return addColumns(first, line, Values(carried));
                       });
  return whole < features ? addColumns(b.index(whole), features - whole, sums)
                          : sums;
}

void DecodeKernel::storeScores(const Step &step, int64_t firstRow,
                               Value scores) {
  const int64_t size = step.keysOfEach;
  for (int64_t row = 0; row < std::min(shape.rows, rows - firstRow); ++row)
    for (int64_t n = 0; n < step.places; ++n) {
      Value part = vector::ExtractStridedSliceOp::create(
          b, scores, ArrayRef<int64_t>{(row * step.places + n) * size},
          ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1});
      Value slot = b.add(step.key, (step.firstPlace + n) * keysOfPlace());
      b.store(part, this->scores, {b.index(firstRow + row), slot});
    }
}

//===----------------------------------------------------------------------===//
// The second product
//===----------------------------------------------------------------------===//

/// A key of each place for all features, before the next one.
void DecodeKernel::addAcrossPlaces(const KeyBlock &block) {
  b.loop(zero, block.size, 1, [&](Value key) {
    forGroups([&](Value first, int64_t size) {
      for (int64_t row = 0; row < rows; row += shape.rows) {
        Rows some{row, std::min(shape.rows, rows - row)};
        Values sums = loadProducts(first, size, some);
        sums = addOfPlaces(block, key, first, size, some, sums);
        storeProducts(first, size, some, sums);
      }
    });
  });
}

/// `sums` and the products of one key of each place.
Values DecodeKernel::addOfPlaces(const KeyBlock &block, Value key, Value first,
                                 int64_t size, const Rows &rows, Values sums) {
  for (int64_t place = 0; place < shape.places; ++place) {
    Value position = getPosition(block, b.index(place), key);
    if (rows.first == 0)
      prefetchFar(value, position, first, size);
    Value slot = b.add(key, place * keysOfPlace());
    sums = b.addProducts(
        sums, loadValues(position, first, size), [&](int64_t row) {
          return b.loadElement(weights, {b.index(rows.first + row), slot});
        });
  }
  return sums;
}
