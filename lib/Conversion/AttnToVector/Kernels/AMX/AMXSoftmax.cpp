//===- AMXSoftmax.cpp - From scores to weights ----------------------------===//
#include "Kernels/AMX/AMXKernel.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr double kLog2E = 1.4426950408889634;

void AMXKernel::hideKeysFrom(Value first, const Rows &rows) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  b.loop(first, b.index(kBlock), 1, [&](Value k) {
    for (int64_t t = 0; t < rows.tiles; ++t)
      b.store(none, scores, ValueRange{k, b.index(t * kTile)});
  });
}

void AMXKernel::applyRegions(const KVPanel &panel, const Rows &rows,
                             const Block &block) {
  Value size = block.size ? block.size : b.index(kBlock);
  regions.begin({rows.first,
                 rowsOfHead,
                 rows.tiles,
                 {b.add(panel.first, block.first), size}});
  b.loop(zero, size, 1, [&](Value k) {
    Values tiles;
    for (int64_t t = 0; t < rows.tiles; ++t)
      tiles.push_back(arith::MulFOp::create(
          b, b.load(scores, ValueRange{k, b.index(t * kTile)}),
          b.splat(scale)));
    tiles = regions.apply(k, tiles);
    for (int64_t t = 0; t < rows.tiles; ++t)
      b.store(tiles[t], scores, ValueRange{k, b.index(t * kTile)});
  });
}

/// The maxima so far and those of a block.
Values AMXKernel::getMaxima(const Rows &rows, Value scoresRow, Values maxima) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Values largest =
      b.loop(zero, b.index(kBlock), 1, Values(rows.tiles, none),
             [&](Value k, ValueRange carried) -> Values {
               Values next;
               for (int64_t t = 0; t < rows.tiles; ++t)
                 next.push_back(
                     b.maximum(b.load(scores, ValueRange{b.add(scoresRow, k),
                                                         b.index(t * kTile)}),
                               carried[t]));
               return next;
             });
  return joinMaxima(largest, maxima);
}

/// Scores are not scaled yet when nothing looked at them.
Values AMXKernel::joinMaxima(ArrayRef<Value> scores, Values maxima) {
  for (auto [score, maximum] : llvm::zip(scores, maxima)) {
    Value scaled = score;
    if (!hasRegions())
      scaled = arith::MulFOp::create(b, score, b.splat(scale));
    maximum = b.maximum(scaled, maximum);
  }
  return maxima;
}

/// Minus the lazy max, as an exponent of 2; 0 in rows that no key reached yet.
Value AMXKernel::getOffset(Value lazyMax) {
  return arith::MulFOp::create(b, softmax.getFiniteMax(lazyMax),
                               b.splat(-kLog2E));
}

/// Lazy rescaling: moves all lazy maxima to the running ones where one lags
/// behind by more than `threshold`.
AMXKernel::Statistics
AMXKernel::rescale(const Rows &rows, Statistics statistics, double threshold) {
  Value grew;
  for (auto [lazyMax, maximum] :
       llvm::zip(statistics.lazyMax, statistics.maximum)) {
    Value limit =
        threshold == 0
            ? lazyMax
            : Value(arith::AddFOp::create(b, lazyMax, b.splat(threshold)));
    Value isMore =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, maximum, limit);
    grew = grew ? Value(arith::OrIOp::create(b, grew, isMore)) : isMore;
  }
  Value any = vector::ReductionOp::create(b, vector::CombiningKind::OR, grew);
  Values carried(statistics.lazyMax);
  carried.append(statistics.sum);
  auto move = [&] { return rescaleState(rows, statistics); };
  Values moved = b.choose(any, move, carried);
  ArrayRef<Value> all(moved);
  statistics.lazyMax = Values(all.take_front(rows.tiles));
  statistics.sum = Values(all.take_back(rows.tiles));
  return statistics;
}

/// Where a sum says that larger scores passed unseen, the maximum takes their
/// place, far enough that later sums have room.
void AMXKernel::raiseMaxima(Statistics &statistics) {
  constexpr int64_t bits = kMostBits * 2 / 3;
  Value most = b.splat(std::ldexp(1.0, bits)), raise = b.splat(bits / kLog2E);
  for (auto [maximum, lazyMax, sum] :
       llvm::zip(statistics.maximum, statistics.lazyMax, statistics.sum)) {
    Value isMore =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, sum, most);
    Value raised = b.maximum(arith::AddFOp::create(b, lazyMax, raise), maximum);
    maximum = arith::SelectOp::create(b, isMore, raised, maximum);
  }
}

/// The new lazy maxima, then the sums; the state's columns are multiplied too.
Values AMXKernel::rescaleState(const Rows &rows, const Statistics &statistics) {
  Values result(statistics.maximum), factors;
  for (int64_t t = 0; t < rows.tiles; ++t) {
    Value lazyMax = softmax.getFiniteMax(statistics.maximum[t]);
    factors.push_back(softmax.getFactor(statistics.lazyMax[t], lazyMax));
    result.push_back(arith::MulFOp::create(b, statistics.sum[t], factors[t]));
  }
  b.loop(zero, b.index(width), 1, [&](Value feature) {
    for (int64_t t = 0; t < rows.tiles; ++t) {
      Values at{feature, column(rows, t)};
      Value old = b.load(state.acc, at);
      b.store(arith::MulFOp::create(b, old, factors[t]), state.acc, at);
    }
  });
  return result;
}

/// Scores become weights; returns the sums.
Values AMXKernel::exponentiate(const Rows &rows, const Statistics &statistics) {
  Values offsets;
  for (Value lazyMax : statistics.lazyMax)
    offsets.push_back(getOffset(lazyMax));
  return b.loop(zero, b.index(kBlock / 2), 1, statistics.sum,
                [&](Value pair, ValueRange carried) -> Values {
                  Values sums;
                  for (int64_t t = 0; t < rows.tiles; ++t)
                    sums.push_back(
                        emitPair(pair, zero, t, offsets[t], carried[t]));
                  return sums;
                });
}

/// The weights of a tile of queries for two keys; returns the sum with them.
Value AMXKernel::emitPair(Value pair, Value scoresRow, int64_t tile,
                          Value offset, Value sum) {
  Value factor = b.splat(hasRegions() ? kLog2E : scale * kLog2E);
  Value row = b.add(scoresRow, b.createOrFold<arith::MulIOp>(pair, b.index(2)));
  Value both[2];
  for (int64_t half = 0; half < 2; ++half) {
    Values at{b.add(row, half), b.index(tile * kTile)};
    both[half] = power(b.multiplyAdd(b.load(scores, at), factor, offset));
    sum = arith::AddFOp::create(b, sum, both[half]);
  }
  Value weightsRow =
      b.add(b.createOrFold<arith::ShRUIOp>(scoresRow, b.index(1)), pair);
  b.store(convertPair(both[0], both[1]), weights,
          ValueRange{weightsRow, b.index(tile * kPairs)});
  return sum;
}

/// 2^x; the weight that comes of it is rounded to bf16.
Value AMXKernel::power(Value exponent) {
  int64_t degree = accuracy == ExpAccuracy::Exact ? 5 : 3;
  return X86Exp2Op::create(b, exponent, degree);
}

/// bf16 (even[0], odd[0], even[1], …).
Value AMXKernel::convertPair(Value even, Value odd) {
  VectorType half = VectorType::get({kTile}, b.getBF16Type());
  return vector::InterleaveOp::create(b, arith::TruncFOp::create(b, half, even),
                                      arith::TruncFOp::create(b, half, odd));
}
