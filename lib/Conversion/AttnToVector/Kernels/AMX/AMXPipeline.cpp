//===- AMXPipeline.cpp - Tile products beside vector code -----------------===//
// The tile unit and the vector units work at the same time only if the
// instructions of both are near each other: a window of 512 instructions does
// not reach over one block's softmax. A task is a block of keys for a block of
// queries; its stage emits its weights among the scores of the task after it
// and the output of the one before:
//
//   weights(i) = exp(s(i) - reference)    sums += weights(i)
//   acc += weights(i - 1) V(i - 1)        s(i + 1) = Q K(i + 1)
//
// Nothing looks for maxima: a row's reference is the one that it has, or else
// its score with the block's first key, attended or not. A sum that leaves its
// range, or is NaN, says that this does not serve; the weights of that task are
// then computed again by maxima.
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
  clearWeights();
  Task task{zero, zero, zero};
  emitScores(task.row, getBlock(panel, task));
  Values before{zero, zero, zero}; // row, key, and where scores lie
  before = b.loop(
      zero, numRows, columns(), before,
      [&](Value row, ValueRange ofRow) -> Values {
        return b.loop(
            zero, end, kBlock, ofRow,
            [&](Value first, ValueRange carried) -> Values {
              Task current{row, first, carried[2]};
              Task previous{carried[0], carried[1], getOther(carried[2])};
              emitStage(panel, previous, current, getNext(current, end));
              return {row, first, getOther(current.scoresRow)};
            });
      });
  Task last{before[0], before[1], getOther(before[2])};
  emitOutput(last.row, getBlock(panel, last));
}

Value AMXKernel::getOther(Value scoresRow) {
  return arith::XOrIOp::create(b, scoresRow, b.index(kBlock));
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
          getOther(task.scoresRow)};
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

void AMXKernel::emitStage(const KVPanel &panel, const Task &previous,
                          const Task &current, const Task &next) {
  Block block = getBlock(panel, current);
  if (hasRegions() && !regionsInStage)
    applyRegions(panel, current.row, block);
  else
    beginRegions(panel, current.row, block);
  Values references = getReferences(current), sums = loadSums(current.row);
  TileProducts products = getScoreProducts(next.row, getBlock(panel, next));
  llvm::append_range(
      products, getOutputProducts(previous.row, getBlock(panel, previous)));
  interleave(getProductSteps(std::move(products)),
             getWeightSteps(current.scoresRow, references, sums));
  auto store = [&] { storeReferences(current.row, references, sums); };
  auto recover = [&] {
    if (hasRegions() && regionsInStage)
      b.call("__attn_apply_regions", [&]() -> Values {
        applyRegions(panel, current.row, block);
        return {};
      });
    emitExactWeights(current.row, block);
  };
  b.branch(areInRange(sums), store, recover);
}

/// Without a key so far: the first score, which is as good as any, scaled; 0
/// where that is -inf, hidden or not.
Values AMXKernel::getReferences(const Task &task) {
  Values references;
  for (auto [t, sum] : llvm::enumerate(loadSums(task.row))) {
    Value score = getScore(zero, task.scoresRow, t).score;
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

/// 2^kLeastBits < sum < 2^kMostBits, and not NaN; or 0 where no key of the mask
/// was attended to.
Value AMXKernel::areInRange(ArrayRef<Value> sums) {
  auto is = [&](arith::CmpFPredicate predicate, Value sum,
                double limit) -> Value {
    return arith::CmpFOp::create(b, predicate, sum, b.splat(limit));
  };
  Value all;
  for (Value sum : sums) {
    Value isMore =
        is(arith::CmpFPredicate::OGT, sum, std::ldexp(1.0, kLeastBits));
    if (hasMask())
      isMore = arith::OrIOp::create(b, isMore,
                                    is(arith::CmpFPredicate::OEQ, sum, 0));
    Value isLess =
        is(arith::CmpFPredicate::OLT, sum, std::ldexp(1.0, kMostBits));
    Value both = arith::AndIOp::create(b, isMore, isLess);
    all = all ? Value(arith::AndIOp::create(b, all, both)) : both;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::AND, all);
}

/// The score of key `key` of the block whose scores begin at `scoresRow`, and
/// whether it counts.
AMXKernel::Score AMXKernel::getScore(Value key, Value scoresRow, int64_t tile) {
  Value score =
      b.load(scores, ValueRange{b.add(scoresRow, key), b.index(tile * kTile)});
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
Steps AMXKernel::getWeightSteps(Value scoresRow, const Values &references,
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
          members[half].push_back(
              getWeight(getScore(key, scoresRow, t), offsets[t]));
          sums[t] = arith::AddFOp::create(b, sums[t], members[half][t]);
        }
      for (int64_t t = 0; t < tiles; ++t)
        storePair(b.index(pair), scoresRow, t, members[0][t], members[1][t]);
    });
  return steps;
}

/// Where a mask hides others, a weight that counts is more than 0: a sum of 0
/// says that there is none.
Value AMXKernel::getWeight(const Score &score, Value offset) {
  Value factor = b.splat(isScaled() ? kLog2E : scale * kLog2E);
  Value exponent = b.multiplyAdd(score.score, factor, offset);
  if (!score.attends)
    return power(exponent);
  exponent = b.maximum(b.splat(kLeastExponent), exponent);
  return arith::SelectOp::create(b, score.attends, power(exponent), b.splat(0));
}
