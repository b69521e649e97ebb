//===- AMXSoftmax.cpp - From scores to weights ----------------------------===//
#include "Kernels/AMX/AMXKernel.h"

using namespace mlir;
using namespace mlir::attn;

void AMXKernel::hideKeysFrom(Value first) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  b.loop(first, b.index(kBlock), 1, [&](Value k) {
    for (int64_t t = 0; t < tiles; ++t)
      b.store(none, scores, ValueRange{k, b.index(t * kTile)});
  });
}

void AMXKernel::beginRegions(const KVPanel &panel, Value row,
                             const Block &block) {
  Value size = block.size ? block.size : b.index(kBlock);
  regions.begin(
      {row, rowsOfHead, tiles, {b.add(panel.first, block.first), size}});
}

/// In a function, that of blocks in order and of those that go to maxima.
void AMXKernel::callRegions(const KVPanel &panel, Value row,
                            const Block &block) {
  b.call("__attn_apply_regions", [&]() -> Values {
    applyRegions(panel, row, block);
    return {};
  });
}

/// To the scores of a block.
void AMXKernel::applyRegions(const KVPanel &panel, Value row,
                             const Block &block) {
  beginRegions(panel, row, block);
  Value size = block.size ? block.size : b.index(kBlock);
  b.loop(zero, size, 1, [&](Value k) {
    Values vectors;
    for (int64_t t = 0; t < tiles; ++t)
      vectors.push_back(b.load(scores, ValueRange{k, b.index(t * kTile)}));
    if (scalesScores())
      for (Value &score : vectors)
        score = arith::MulFOp::create(b, score, b.splat(scale));
    vectors = regions.apply(k, vectors);
    for (int64_t t = 0; t < tiles; ++t)
      b.store(vectors[t], scores, ValueRange{k, b.index(t * kTile)});
  });
}

/// The weights of a block, by the maxima of its scores; moves the state's
/// references and sums.
void AMXKernel::emitExactWeights(Value row, const Block &block) {
  Value first = b.asArgument(row), into = b.asArgument(block.weightsRow);
  b.call("__attn_weigh_block", [&]() -> Values {
    weigh(first, into);
    return {};
  });
}

void AMXKernel::weigh(Value row, Value weightsRow) {
  Statistics statistics;
  statistics.sum = loadSums(row);
  for (int64_t t = 0; t < tiles; ++t)
    statistics.lazyMax.push_back(b.load(state.max, column(row, t)));
  statistics.maximum = getMaxima(statistics.lazyMax);
  raiseMaxima(statistics);
  rescale(row, statistics);
  exponentiate(weightsRow, statistics);
  for (int64_t t = 0; t < tiles; ++t)
    softmax.store(column(row, t), statistics.lazyMax[t], statistics.sum[t]);
}

Values AMXKernel::loadSums(Value row) {
  Values sums;
  for (int64_t t = 0; t < tiles; ++t)
    sums.push_back(b.load(state.sum, column(row, t)));
  return sums;
}

/// The maxima so far and those of a block.
Values AMXKernel::getMaxima(Values maxima) {
  Value none = b.splat(-std::numeric_limits<double>::infinity());
  Values largest = b.loop(
      zero, b.index(kBlock), 1, Values(tiles, none),
      [&](Value k, ValueRange carried) -> Values {
        Values next;
        for (int64_t t = 0; t < tiles; ++t)
          next.push_back(b.maximum(
              b.load(scores, ValueRange{k, b.index(t * kTile)}), carried[t]));
        return next;
      });
  // Scores are not scaled yet when nothing looked at them.
  for (auto [score, maximum] : llvm::zip(largest, maxima)) {
    if (!scalesScores())
      score = arith::MulFOp::create(b, score, b.splat(scale));
    maximum = b.maximum(score, maximum);
  }
  return maxima;
}

/// Minus the reference, as an exponent of 2; 0 in rows that no key reached yet.
Value AMXKernel::getOffset(Value reference) {
  return arith::MulFOp::create(b, softmax.getFiniteMax(reference),
                               b.splat(-kLog2E));
}

/// Lazy rescaling: moves all references to the running maxima where one lags
/// behind by more than a threshold.
void AMXKernel::rescale(Value row, Statistics &statistics) {
  Value grew;
  for (auto [lazyMax, maximum] :
       llvm::zip(statistics.lazyMax, statistics.maximum)) {
    Value limit = arith::AddFOp::create(b, lazyMax, b.splat(kRescaleThreshold));
    Value isMore =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, maximum, limit);
    grew = grew ? Value(arith::OrIOp::create(b, grew, isMore)) : isMore;
  }
  Value any = vector::ReductionOp::create(b, vector::CombiningKind::OR, grew);
  Values carried(statistics.lazyMax);
  carried.append(statistics.sum);
  Values moved =
      b.choose(any, [&] { return rescaleState(row, statistics); }, carried);
  ArrayRef<Value> all(moved);
  statistics.lazyMax = Values(all.take_front(tiles));
  statistics.sum = Values(all.take_back(tiles));
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

/// The new references, then the sums; the state's columns are multiplied too.
Values AMXKernel::rescaleState(Value row, const Statistics &statistics) {
  Values result(statistics.maximum), factors;
  for (int64_t t = 0; t < tiles; ++t) {
    Value lazyMax = softmax.getFiniteMax(statistics.maximum[t]);
    factors.push_back(softmax.getFactor(statistics.lazyMax[t], lazyMax));
    result.push_back(arith::MulFOp::create(b, statistics.sum[t], factors[t]));
  }
  b.loop(zero, b.index(width), 1, [&](Value feature) {
    for (int64_t t = 0; t < tiles; ++t) {
      Values at{feature, column(row, t)};
      Value old = b.load(state.acc, at);
      b.store(arith::MulFOp::create(b, old, factors[t]), state.acc, at);
    }
  });
  return result;
}

/// Scores become weights, which join the sums. Of large scores, a product with
/// log2(e) is rounded by more than a weight has room for: the difference first.
void AMXKernel::exponentiate(Value weightsRow, Statistics &statistics) {
  Values references;
  for (Value lazyMax : statistics.lazyMax)
    references.push_back(softmax.getFiniteMax(lazyMax));
  auto getWeight = [&](Value key, int64_t t) {
    Value score = b.load(scores, ValueRange{key, b.index(t * kTile)});
    if (!scalesScores())
      score = arith::MulFOp::create(b, score, b.splat(scale));
    Value less = arith::SubFOp::create(b, score, references[t]);
    return power(arith::MulFOp::create(b, less, b.splat(kLog2E)));
  };
  statistics.sum =
      b.loop(zero, b.index(kBlock / 2), 1, statistics.sum,
             [&](Value pair, ValueRange carried) -> Values {
               Values sums(carried);
               Value even = arith::MulIOp::create(b, pair, b.index(2));
               for (int64_t t = 0; t < tiles; ++t) {
                 Value first = getWeight(even, t),
                       second = getWeight(b.add(even, 1), t);
                 sums[t] = arith::AddFOp::create(b, sums[t], first);
                 sums[t] = arith::AddFOp::create(b, sums[t], second);
                 storePair(pair, weightsRow, t, first, second);
               }
               return sums;
             });
}

/// 2^x; the weight that comes of it is rounded to bf16.
Value AMXKernel::power(Value exponent, bool isFinite) {
  int64_t degree = accuracy == ExpAccuracy::Exact ? 5 : 3;
  return X86Exp2Op::create(b, exponent, degree, isFinite);
}

/// Stores bf16 (even[0], odd[0], even[1], …) of two keys of a block.
void AMXKernel::storePair(Value pair, Value weightsRow, int64_t tile,
                          Value even, Value odd) {
  VectorType half = VectorType::get({kTile}, b.getBF16Type());
  Value both =
      vector::InterleaveOp::create(b, arith::TruncFOp::create(b, half, even),
                                   arith::TruncFOp::create(b, half, odd));
  b.store(both, weights,
          ValueRange{b.add(weightsRow, pair), b.index(tile * kPairs)});
}
