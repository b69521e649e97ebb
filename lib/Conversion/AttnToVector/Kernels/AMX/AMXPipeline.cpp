//===- AMXPipeline.cpp - Tile products beside vector code -----------------===//
// The tile unit and the vector units work at the same time only if the
// instructions of both are near each other: a window of 512 instructions does
// not reach over one block's softmax. So a stage computes the scores of block
// i + 1 and the output of block i - 1 among the weights of block i.
//
//   weights(i) = exp(s(i) - lazyMax)    sums += weights(i)
//   acc += weights(i - 1) V(i - 1)      s(i + 1) = Q K(i + 1)
//
// Nothing looks for maxima: those of the first block serve all. A sum that
// leaves its range, or is NaN, says that they do not; the blocks from there on
// are left to the code that looks.
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

Values AMXKernel::Progress::pack() const {
  Values all(sums);
  all.append({end, isRunning});
  return all;
}

AMXKernel::Progress AMXKernel::Progress::unpack(ValueRange values) {
  return {Values(values.drop_back(2)), values[values.size() - 2],
          values.back()};
}

/// Whole blocks of bounded values without regions, up to key `end` of the KV
/// panel, as far as they keep their sums in range; and behind which key they
/// stop.
std::pair<AMXKernel::Statistics, Value>
AMXKernel::emitBlocks(const KVPanel &panel, const Rows &rows, Value end,
                      Statistics statistics) {
  Value isAny = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, end, zero);
  auto emit = [&]() -> Values {
    Statistics current = statistics;
    for (const auto &step : getProductSteps(
             getScoreProducts(rows, getBlock(panel, zero, {}, zero))))
      step();
    current.maximum = getMaxima(rows, zero, current.maximum);
    current = rescale(rows, current, kRescaleThreshold);
    Progress none{current.sum, zero,
                  arith::ConstantOp::create(b, b.getBoolAttr(true))};
    Values carried = emitStage(panel, rows, {zero, end}, current, none).pack();
    carried = b.loop(b.index(kBlock), end, kBlock, carried,
                     [&](Value first, ValueRange values) -> Values {
                       Progress progress = Progress::unpack(values);
                       auto stage = [&] {
                         return emitStage(panel, rows, {first, end}, current,
                                          progress)
                             .pack();
                       };
                       return b.choose(progress.isRunning, stage, values);
                     });
    Progress progress = Progress::unpack(carried);
    auto finish = [&] {
      emitOutput(panel, rows, arith::SubIOp::create(b, end, b.index(kBlock)));
    };
    b.branch(progress.isRunning, finish, [] {});
    current.sum = progress.sums;
    Values result = current.pack();
    result.push_back(progress.end);
    return result;
  };
  Values otherwise = statistics.pack();
  otherwise.push_back(zero);
  Values result = b.choose(isAny, emit, otherwise);
  Value done = result.pop_back_val();
  return {Statistics::unpack(result), done};
}

/// The weights of the block from its first key on, whose scores are there, and
/// the output of the one before, if any; leaves the scores of the next. The
/// last iteration does its own again, which nobody reads and needs no other
/// code.
AMXKernel::Progress AMXKernel::emitStage(const KVPanel &panel, const Rows &rows,
                                         std::pair<Value, Value> firstAndEnd,
                                         const Statistics &statistics,
                                         const Progress &progress) {
  auto [first, end] = firstAndEnd;
  Value block = b.index(kBlock), last = arith::SubIOp::create(b, end, block);
  Value row = arith::AndIOp::create(b, first, block);
  Value otherRow = arith::XOrIOp::create(b, row, block);
  Value next = b.min(b.add(first, kBlock), last);
  TileProducts products =
      getScoreProducts(rows, getBlock(panel, next, {}, otherRow));
  if (first != zero)
    llvm::append_range(
        products,
        getOutputProducts(rows, getBlock(panel,
                                         arith::SubIOp::create(b, first, block),
                                         {}, otherRow)));
  Values sums = progress.sums;
  interleave(getProductSteps(std::move(products)),
             getWeightSteps(rows, statistics, row, sums));
  return accept(sums, b.add(first, kBlock), progress);
}

/// The output of the block from key `first` on, whose weights are there.
void AMXKernel::emitOutput(const KVPanel &panel, const Rows &rows,
                           Value first) {
  Value row = arith::AndIOp::create(b, first, b.index(kBlock));
  for (const auto &step : getProductSteps(
           getOutputProducts(rows, getBlock(panel, first, {}, row))))
    step();
}

/// `sums` and what is before `end`, where all of them are in range.
AMXKernel::Progress AMXKernel::accept(const Values &sums, Value end,
                                      const Progress &before) {
  Value isRunning = areInRange(sums);
  Progress progress{
      {}, arith::SelectOp::create(b, isRunning, end, before.end), isRunning};
  for (auto [sum, old] : llvm::zip(sums, before.sums))
    progress.sums.push_back(arith::SelectOp::create(b, isRunning, sum, old));
  return progress;
}

/// 0 < sum < 2^kMostBits: a row whose first block has no maximum has a sum of 0
/// or overflows, and NaN is not in range.
Value AMXKernel::areInRange(ArrayRef<Value> sums) {
  Value most = b.splat(std::ldexp(1.0, kMostBits)), none = b.splat(0), all;
  for (Value sum : sums) {
    Value isMore =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, sum, none);
    Value isLess =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, sum, most);
    Value both = arith::AndIOp::create(b, isMore, isLess);
    all = all ? Value(arith::AndIOp::create(b, all, both)) : both;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::AND, all);
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
