//===- AMXPipeline.cpp - Tile products beside vector code -----------------===//
// The tile unit and the vector units work at the same time only if the
// instructions of both are near each other: a window of 512 instructions does
// not reach over one block's softmax. A task is a block of keys for a block of
// queries; its stage emits its weights among the output of the task before it
// and the scores of the one after:
//
//   acc += weights(i - 1) V(i - 1)        s(i + 1) = Q K(i + 1)
//   weights(i) = exp(s(i) - reference)    sums += weights(i)
//
// Scores take the place of those that have become weights: in half of a stage
// half of them have, and then the first ones are stored.
//
// Nothing looks for maxima: a row's reference is the one that it has, or else
// its score with the block's first key, attended or not. A sum that leaves its
// range, or is NaN, says that this does not serve; the scores of that task are
// then computed again, and its weights by maxima.
//===----------------------------------------------------------------------===//
#include "Kernels/AMX/AMXKernel.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Math/IR/Math.h"

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

/// Whether regions are so little code that a stage has it once for each pair.
bool AMXKernel::isForStages(Region &region) {
  constexpr int64_t mostOps = 12;
  int64_t ops = 0;
  region.walk([&](Operation *op) {
    bool isFunction = isa<math::MathDialect>(op->getDialect());
    ops += isFunction || op->getNumRegions() ? mostOps : 1;
  });
  return ops <= mostOps;
}

/// All rows and the whole blocks up to key `end` of the KV panel, whose values
/// are bounded.
void AMXKernel::emitPipeline(const KVPanel &panel, Value end) {
  if (tasks)
    return emitAttendedTasks(panel, end);
  Task task{zero, zero, zero};
  beginPipeline(panel, task);
  Values before{zero, zero, zero}; // row, key, and where weights lie
  before =
      b.loop(zero, numRows, columns(), before,
             [&](Value row, ValueRange ofRow) -> Values {
               return b.loop(zero, end, kBlock, ofRow,
                             [&](Value first, ValueRange carried) -> Values {
                               Task current{row, first, carried[2]};
                               return emitStage(panel, Values(carried), current,
                                                getNext(current, end));
                             });
             });
  endPipeline(panel, before);
}

/// Those tasks alone in which a pair attends: a mask empties many of a tile
/// that it does not empty as a whole.
void AMXKernel::emitAttendedTasks(const KVPanel &panel, Value end) {
  Value count = findTasks(panel, end);
  Value isAny = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, count, zero);
  auto emit = [&] {
    Task task = getTask(zero, zero);
    beginPipeline(panel, task);
    Value last = arith::SubIOp::create(b, count, b.index(1));
    Values before{task.row, task.first, zero};
    before = b.loop(zero, count, 1, before,
                    [&](Value number, ValueRange carried) -> Values {
                      Task current = getTask(number, carried[2]);
                      Task next = getTask(b.min(b.add(number, 1), last),
                                          getOther(carried[2]));
                      return emitStage(panel, Values(carried), current, next);
                    });
    endPipeline(panel, before);
  };
  b.branch(isAny, emit, [] {});
}

/// How many have a pair, each at its number.
Value AMXKernel::findTasks(const KVPanel &panel, Value end) {
  auto note = [&](Value row, Value first, Value number) -> Value {
    beginRegions(panel, row, getBlock(panel, {row, first, zero}));
    Value isAny = b.find(zero, b.index(kBlock - 1), 1, [&](Value key) {
                     return regions.isAttended(key);
                   }).second;
    memref::StoreOp::create(b, row, tasks, ValueRange{number, zero});
    memref::StoreOp::create(b, first, tasks, ValueRange{number, b.index(1)});
    return arith::SelectOp::create(b, isAny, b.add(number, 1), number);
  };
  return b.loop(zero, numRows, columns(), zero,
                [&](Value row, ValueRange ofRow) -> Values {
                  return b.loop(zero, end, kBlock, ofRow,
                                [&](Value first, ValueRange number) -> Values {
                                  return {note(row, first, number[0])};
                                });
                })[0];
}

AMXKernel::Task AMXKernel::getTask(Value number, Value weightsRow) {
  auto get = [&](Value column) -> Value {
    return memref::LoadOp::create(b, tasks, ValueRange{number, column});
  };
  return {get(zero), get(b.index(1)), weightsRow};
}

void AMXKernel::beginPipeline(const KVPanel &panel, const Task &first) {
  clearWeights();
  emitScores(first.row, getBlock(panel, first));
}

/// The output of the last task.
void AMXKernel::endPipeline(const KVPanel &panel, ArrayRef<Value> carried) {
  Task last{carried[0], carried[1], getOther(carried[2])};
  emitOutput(last.row, getBlock(panel, last));
}

Value AMXKernel::getOther(Value weightsRow) {
  return arith::XOrIOp::create(b, weightsRow, b.index(kBlock / 2));
}

/// The last one has its own scores computed again, which nobody reads and needs
/// no other code.
AMXKernel::Task AMXKernel::getNext(const Task &task, Value end) {
  auto isEqual = [&](Value a, Value c) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, a, c);
  };
  auto select = [&](Value condition, Value a, Value c) -> Value {
    return arith::SelectOp::create(b, condition, a, c);
  };
  Value first = b.add(task.first, kBlock), row = b.add(task.row, columns());
  Value isLastKey = isEqual(first, end);
  Value isLastRow =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sge, row, numRows);
  return {select(isLastKey, select(isLastRow, task.row, row), task.row),
          select(isLastKey, select(isLastRow, task.first, zero), first),
          getOther(task.weightsRow)};
}

/// The output before the first task's, of which there is none.
void AMXKernel::clearWeights() {
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(pairs));
  b.loop(b.index(kBlock / 2), b.index(kBlock), 1, [&](Value pair) {
    for (int64_t t = 0; t < tiles; ++t)
      b.store(none, weights, ValueRange{pair, b.index(t * kPairs)});
  });
}

/// `carried`: row and first key of the task before, and where weights of this
/// one lie; returns what the next stage takes.
Values AMXKernel::emitStage(const KVPanel &panel, ArrayRef<Value> carried,
                            const Task &current, const Task &next) {
  Task previous{carried[0], carried[1], getOther(carried[2])};
  Block block = getBlock(panel, current);
  if (hasRegions() && !regionsInStage)
    applyRegions(panel, current.row, block);
  else
    beginRegions(panel, current.row, block);
  Values references = getReferences(current), sums = loadSums(current.row);
  TileProducts products =
      getOutputProducts(previous.row, getBlock(panel, previous));
  llvm::append_range(products,
                     getScoreProducts(next.row, getBlock(panel, next)));
  Steps steps = getProductSteps(std::move(products));
  auto storeLast = steps.back();
  steps.pop_back();
  interleave(steps, getWeightSteps(current.weightsRow, references, sums));
  storeLast();
  b.branch(
      areInRange(references, sums),
      [&] { storeReferences(current.row, references, sums); },
      [&] { recover(panel, current, next); });
  return {current.row, current.first, next.weightsRow};
}

/// The scores of `next` are in their place already.
void AMXKernel::recover(const KVPanel &panel, const Task &current,
                        const Task &next) {
  Block block = getBlock(panel, current);
  emitScores(current.row, block);
  if (hasRegions())
    callRegions(panel, current.row, block);
  emitExactWeights(current.row, block);
  emitScores(next.row, getBlock(panel, next));
}

/// Without a key so far: the first score, which is as good as any, scaled; 0
/// where that is -inf, hidden or not.
Values AMXKernel::getReferences(const Task &task) {
  Values references;
  for (auto [t, sum] : llvm::enumerate(loadSums(task.row))) {
    Value score = getScore(zero, t).score;
    if (!isScaled())
      score = arith::MulFOp::create(b, score, b.splat(scale));
    Value isKnown =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, sum, b.splat(0));
    references.push_back(arith::SelectOp::create(
        b, isKnown, b.load(state.max, column(task.row, t)),
        softmax.getFiniteMax(score)));
  }
  return references;
}

/// A row without a key keeps none.
void AMXKernel::storeReferences(Value row, ArrayRef<Value> references,
                                ArrayRef<Value> sums) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  for (auto [t, sum] : llvm::enumerate(sums)) {
    Value isEmpty =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, sum, b.splat(0));
    b.store(arith::SelectOp::create(b, isEmpty, none, references[t]), state.max,
            column(row, t));
    b.store(sum, state.sum, column(row, t));
  }
}

/// 2^kLeastBits < sum < 2^kMostBits, and not NaN, by a reference whose product
/// with log2(e) is not rounded by much; or 0 where no key of the mask was
/// attended to.
Value AMXKernel::areInRange(ArrayRef<Value> references, ArrayRef<Value> sums) {
  auto is = [&](arith::CmpFPredicate predicate, Value sum,
                double limit) -> Value {
    return arith::CmpFOp::create(b, predicate, sum, b.splat(limit));
  };
  Value all;
  for (auto [reference, sum] : llvm::zip_equal(references, sums)) {
    Value isMore =
        is(arith::CmpFPredicate::OGT, sum, std::ldexp(1.0, kLeastBits));
    Value isLess =
        is(arith::CmpFPredicate::OLT, sum, std::ldexp(1.0, kMostBits));
    Value isExact = is(arith::CmpFPredicate::OLT,
                       math::AbsFOp::create(b, reference), kLargestReference);
    Value both = arith::AndIOp::create(
        b, arith::AndIOp::create(b, isMore, isLess), isExact);
    if (hasMask())
      both =
          arith::OrIOp::create(b, both, is(arith::CmpFPredicate::OEQ, sum, 0));
    all = all ? Value(arith::AndIOp::create(b, all, both)) : both;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::AND, all);
}

/// The score of key `key` of the block, and whether it counts.
AMXKernel::Score AMXKernel::getScore(Value key, int64_t tile) {
  Value score = b.load(scores, ValueRange{key, b.index(tile * kTile)});
  if (!hasMask() && op.getScore().empty())
    return {score, {}};
  if (regionsInStage) {
    if (isScaled())
      score = arith::MulFOp::create(b, score, b.splat(scale));
    auto [modified, attends] = regions.apply(key, tile, score);
    return {modified, attends};
  }
  if (!hasMask())
    return {score, {}};
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  return {score,
          arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, score, none)};
}

/// Adds to `sums`, which must outlive the steps.
Steps AMXKernel::getWeightSteps(Value weightsRow, const Values &references,
                                Values &sums) {
  Steps steps;
  Values offsets;
  for (Value reference : references)
    offsets.push_back(getOffset(reference));
  for (int64_t pair = 0; pair < kBlock / 2; ++pair)
    steps.push_back([=, &sums] {
      Values members[2];
      for (int64_t half = 0; half < 2; ++half)
        for (int64_t t = 0; t < tiles; ++t) {
          Value key = b.index(2 * pair + half);
          members[half].push_back(getWeight(getScore(key, t), offsets[t]));
          sums[t] = arith::AddFOp::create(b, sums[t], members[half][t]);
        }
      for (int64_t t = 0; t < tiles; ++t)
        storePair(b.index(pair), weightsRow, t, members[0][t], members[1][t]);
    });
  return steps;
}

/// Where a mask hides others, a weight that counts is more than 0: a sum of 0
/// says that there is none. Regions alone make scores of -inf on purpose, whose
/// weight is 0, or as little; other infinities make weights that are NaN.
Value AMXKernel::getWeight(const Score &score, Value offset) {
  Value factor = b.splat(isScaled() ? kLog2E : scale * kLog2E);
  Value exponent = b.multiplyAdd(score.score, factor, offset);
  bool isFinite = op.getScore().empty();
  if (!isFinite)
    exponent = b.maximum(b.splat(score.attends ? kLeastExponent : kNoExponent),
                         exponent);
  Value weight = power(exponent, /*isFinite=*/true);
  if (!score.attends)
    return weight;
  // An addition: a maximum takes the port of multiply-adds.
  if (isFinite)
    weight = arith::AddFOp::create(b, weight,
                                   b.splat(std::ldexp(1.0, kLeastExponent)));
  return arith::SelectOp::create(b, score.attends, weight, b.splat(0));
}
