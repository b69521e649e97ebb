//===- DecodePlaces.cpp - Decode that reads in several places -------------===//
// A core that multiplies what it reads looks only a few lines ahead, and what
// fetches more by itself does so in each page that is read. So the keys are
// divided into places, far apart, from which they are taken in turn: a step of
// the first product takes a few of them, the second one a key of each place for
// all features. Then no part of a row waits for its turn far from the others,
// and sums of a vector's lanes are in the first-level cache in between. Lines
// further on are asked for one by one, into the second-level cache: the first
// one drops what it cannot wait for, and what it waits for keeps others out.
// A core looks up as many pages at once as there are places, so these reach the
// ends of their pages together.
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

/// So many keys that pages begin at the same ones of all places, mostly, unless
/// that would be far more than there are.
Value DecodeKernel::getLengthOfPlaces() {
  constexpr int64_t keysOfPages = 16, least = 64;
  Value shared =
      b.createOrFold<arith::CeilDivUIOp>(numKeys, b.index(shape.places));
  Value isLong = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::uge,
                                               shared, b.index(least));
  return b.createOrFold<arith::SelectOp>(isLong, b.alignUp(shared, keysOfPages),
                                         shared);
}

/// How many rows of each place are fetched ahead. Reading a row of narrow
/// elements takes half as long, widening and multiplying it as long.
int64_t DecodeKernel::getRowsAhead(Value matrix) {
  constexpr int64_t bytesOfFour = 16, leastBytes = 1024;
  int64_t bytes = getBytes(matrix);
  return std::max<int64_t>(
      bytesOfFour / bytes,
      llvm::divideCeil(leastBytes, bytes * getColumns(matrix)));
}

/// Fetches what comes in its turn after a few rows of each place.
void DecodeKernel::prefetchFar(Value matrix, Value row, Value first,
                               int64_t size) {
  Value ahead = b.add(row, getRowsAhead(matrix));
  for (int64_t column = 0; column < size;
       column += bytesOfLine / getBytes(matrix))
    prefetch(b, matrix, ahead, b.add(first, column), CacheLevel::Second);
}

/// Asks for a line of each page that is fetched from in the next block. A fetch
/// waits until its page's address is known, and holds up all that follows; a
/// core looks up several at once if they come together. Steps that read all
/// places do so anyway.
void DecodeKernel::touchPages(const KeyBlock &block) {
  constexpr int64_t bytesOfPage = 4096;
  if (shape.keys == shape.places)
    return;
  for (Value matrix : {key, value}) {
    int64_t rowsOfPage = std::max<int64_t>(
        bytesOfPage / (getBytes(matrix) * getColumns(matrix)), 1);
    Value first = b.add(block.first, keysOfPlace() + getRowsAhead(matrix));
    for (int64_t row = 0; row < keysOfPlace(); row += rowsOfPage)
      for (int64_t place = 0; place < shape.places; ++place) {
        Value start = getStart(b, b.index(place), length);
        prefetch(b, matrix, b.add(b.add(first, row), start), zero,
                 CacheLevel::Second);
      }
  }
}

//===----------------------------------------------------------------------===//
// The first product
//===----------------------------------------------------------------------===//

/// A key of each of some places with some rows at once.
void DecodeKernel::multiplyPlaces(const KeyBlock &block) {
  touchPages(block);
  b.loop(zero, block.size, 1, [&](Value key) {
    for (int64_t place = 0; place < shape.places; place += shape.keys) {
      Values positions;
      for (int64_t n = 0; n < shape.keys; ++n)
        positions.push_back(getPosition(block, b.index(place + n), key));
      for (int64_t row = 0; row < rows; row += shape.rows) {
        Rows some{row, std::min(shape.rows, rows - row)};
        storeScores(place, key, some, addProducts(positions, some));
      }
    }
  });
}

/// Of each row with each key, as vectors of which a score is the sum. The first
/// rows fetch what is far, line by line.
Values DecodeKernel::addProducts(ArrayRef<Value> keys, const Rows &rows) {
  const int64_t line = bytesOfLine / getBytes(key);
  auto addColumns = [&](Value first, int64_t size, Values sums) {
    for (Value position : keys)
      if (rows.first == 0)
        prefetchFar(key, position, first, size);
    forVectors(key, size, [&](int64_t column, int64_t step) {
      multiplyColumns(keys, {b.add(first, column), step}, rows.first, sums);
    });
    return sums;
  };
  const int64_t whole = features / line * line;
  Values sums(rows.size * keys.size(), b.splat(0));
  sums = b.loop(zero, b.index(whole), line, sums,
                [&](Value first, ValueRange carried) {
                  return addColumns(first, line, Values(carried));
                });
  return whole < features ? addColumns(b.index(whole), features - whole, sums)
                          : sums;
}

/// Of one key of `shape.keys` places from `place` on.
void DecodeKernel::storeScores(int64_t place, Value key, const Rows &rows,
                               ArrayRef<Value> sums) {
  for (int64_t first = 0, left = sums.size(); left > 0;) {
    int64_t together =
        std::min<int64_t>(lanes, llvm::bit_floor<uint64_t>(left));
    Value all = sumLanes(Values(sums.slice(first, together)));
    for (int64_t n = first; n < first + together; ++n) {
      Value score =
          vector::ExtractOp::create(b, all, (n - first) * (lanes / together));
      Value slot = b.add(key, (place + n % shape.keys) * keysOfPlace());
      memref::StoreOp::create(
          b, score, scores,
          ValueRange{b.index(rows.first + n / shape.keys), slot});
    }
    first += together;
    left -= together;
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
        sums, loadVectors(value, position, first, size), [&](int64_t row) {
          return b.loadElement(weights, {b.index(rows.first + row), slot});
        });
  }
  return sums;
}
