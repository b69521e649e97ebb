//===- AMXPipeline.cpp - Tile products beside vector code -----------------===//
// The tile unit and the vector units work at the same time only if the
// instructions of both are near each other: a window of 512 instructions does
// not reach over one block's softmax. So the scores of the next block are
// computed among the weights of this one, and its maxima are taken among the
// products of weights and values.
//===----------------------------------------------------------------------===//
#include "Kernels/AMX/AMXKernel.h"

using namespace mlir;
using namespace mlir::attn;

using Steps = std::vector<std::function<void()>>;

/// Both in order, the longer list spread evenly over the shorter.
static void interleave(const Steps &first, const Steps &second) {
  size_t done = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    first[i]();
    for (; done < second.size() * (i + 1) / first.size(); ++done)
      second[done]();
  }
}

/// Whole blocks of finite values without regions, up to key `end` of the KV
/// panel.
AMXKernel::Statistics AMXKernel::emitBlocks(const KVPanel &panel,
                                            const Rows &rows, Value end,
                                            Statistics statistics) {
  Value isAny = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, end, zero);
  auto emit = [&]() -> Values {
    Statistics current = statistics;
    for (const auto &step :
         getScoreSteps(rows, getBlock(panel, zero, {}, zero)))
      step();
    current.maximum = getMaxima(rows, zero, current.maximum);
    return b.loop(zero, end, kBlock, current.pack(),
                  [&](Value first, ValueRange carried) -> Values {
                    return emitStage(panel, rows, first, end,
                                     Statistics::unpack(carried))
                        .pack();
                  });
  };
  return Statistics::unpack(b.choose(isAny, emit, statistics.pack()));
}

/// The block from key `first` on, whose scores and maxima are there; leaves
/// those of the next one. The last iteration does its own again, which changes
/// nothing and needs no other code.
AMXKernel::Statistics AMXKernel::emitStage(const KVPanel &panel,
                                           const Rows &rows, Value first,
                                           Value end, Statistics statistics) {
  Value block = b.index(kBlock);
  Value row = arith::AndIOp::create(b, first, block);
  Value nextRow = arith::XOrIOp::create(b, row, block);
  Value next =
      b.min(b.add(first, kBlock), arith::SubIOp::create(b, end, block));
  statistics = rescale(rows, statistics, kRescaleThreshold);
  Steps products = getScoreSteps(rows, getBlock(panel, next, {}, nextRow));
  interleave(products, getWeightSteps(rows, statistics, row, statistics.sum));
  Values largest;
  products = getOutputSteps(rows, getBlock(panel, first, {}, row));
  interleave(products, getMaximumSteps(rows, nextRow, largest));
  statistics.maximum = joinMaxima(largest, statistics.maximum);
  return statistics;
}

/// Adds to `sums`, which must outlive the steps.
Steps AMXKernel::getWeightSteps(const Rows &rows, const Statistics &statistics,
                                Value scoresRow, Values &sums) {
  Steps steps;
  Values offsets;
  for (Value lazyMax : statistics.lazyMax)
    offsets.push_back(getOffset(lazyMax));
  for (int64_t pair = 0; pair < kBlock / 2; ++pair)
    for (int64_t t = 0; t < rows.tiles; ++t)
      steps.push_back([=, &sums] {
        sums[t] = emitPair(b.index(pair), scoresRow, t, offsets[t], sums[t]);
      });
  return steps;
}

/// Leaves the largest scores in `maxima`, which must outlive the steps.
Steps AMXKernel::getMaximumSteps(const Rows &rows, Value scoresRow,
                                 Values &maxima) {
  Steps steps;
  maxima.assign(rows.tiles, b.splat(-std::numeric_limits<double>::infinity()));
  for (int64_t k = 0; k < kBlock; ++k)
    for (int64_t t = 0; t < rows.tiles; ++t)
      steps.push_back([=, &maxima] {
        Value score =
            b.load(scores, ValueRange{b.add(scoresRow, k), b.index(t * kTile)});
        maxima[t] = b.maximum(score, maxima[t]);
      });
  return steps;
}
