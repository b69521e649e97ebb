//===- PrefillValues.cpp - Weights, and the second product of prefill -----===//
#include "Kernels/Prefill/PrefillKernel.h"
#include "Steps/NaNSafe.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

void PrefillKernel::addBlock(const KeyBlock &block, Value row,
                             const Extremes &extremes) {
  Softening softening{extremes.largest, {}, {}};
  Values oldMaxima = loadMaxima(row);
  for (int64_t v = 0; v < shape.vectors; ++v) {
    Value finite = softmax.getFiniteMax(extremes.largest[v]);
    softening.finiteMaxima.push_back(finite);
    softening.factors.push_back(softmax.getFactor(oldMaxima[v], finite));
  }
  auto exponentiate = [&](Weights weights) {
    return this->exponentiate(block, softening.finiteMaxima, weights);
  };
  Value hasUnderflow = underflow(extremes, softening);
  b.branch(
      needsNaNSafePath(block, hasUnderflow),
      [&] {
        b.call("__attn_add_weights_nan_safe", [&]() -> Values {
          addWeights(block, row, softening, exponentiate(Weights::NaNSafe),
                     true);
          return {};
        });
      },
      [&] {
        Values added = b.choose(
            hasUnderflow, [&] { return exponentiate(Weights::OrZero); },
            [&] { return exponentiate(Weights::Positive); });
        addWeights(block, row, softening, added, false);
      });
}

Value PrefillKernel::underflow(const Extremes &extremes,
                               const Softening &softening) {
  Value least = b.splat(0);
  for (auto [smallest, maximum] :
       llvm::zip(extremes.smallest, softening.finiteMaxima))
    least = b.minimum(arith::SubFOp::create(b, smallest, maximum), least);
  return vector::ReductionOp::create(b, vector::CombiningKind::OR,
                                     b.underflows(least));
}

/// Where every pair weighs something, none is hidden, and values count whatever
/// they are.
Value PrefillKernel::needsNaNSafePath(const KeyBlock &block,
                                      Value hasUnderflow) {
  Value no = arith::ConstantOp::create(b, b.getBoolAttr(false));
  auto areNotFinite = [&]() -> Values {
    Value isFinite = b.call("__attn_are_finite",
                            [&]() -> Values { return {areFinite(block)}; })[0];
    Value yes = arith::ConstantOp::create(b, b.getBoolAttr(true));
    return {arith::XOrIOp::create(b, isFinite, yes)};
  };
  return b.choose(hasUnderflow, areNotFinite, no)[0];
}

/// Sums of a block are added up on their own, as are those of a few keys within
/// it: of many small steps, the errors would grow with the number of keys.
void PrefillKernel::addWeights(const KeyBlock &block, Value row,
                               const Softening &softening, const Values &added,
                               bool isNaNSafe) {
  for (int64_t v = 0; v < shape.vectors; ++v) {
    Value sum = b.load(state.sum, column(row, v));
    softmax.store(column(row, v), softening.maxima[v],
                  b.multiplyAdd(sum, softening.factors[v], added[v]));
  }
  accumulate(block, row, softening.factors, isNaNSafe);
}

Values PrefillKernel::exponentiate(const KeyBlock &block,
                                   ArrayRef<Value> maxima, Weights weights) {
  auto add = [&](Value key, ValueRange carried) -> Values {
    Values result;
    for (int64_t v = 0; v < shape.vectors; ++v) {
      Values at{key, column(zero, v)};
      Value score = b.load(scores, at),
            x = arith::SubFOp::create(b, score, maxima[v]),
            weight = weights == Weights::Positive ? b.exponentialAbove0(x)
                                                  : b.exponential(x);
      if (weights == Weights::NaNSafe)
        weight = getNaNSafeWeight(b, weight, score);
      b.store(weight, scores, at);
      result.push_back(arith::AddFOp::create(b, carried[v], weight));
    }
    return result;
  };
  constexpr int64_t together = 16;
  const Values none(shape.vectors, b.splat(0));
  auto addTogether = [&](Value first, ValueRange carried) -> Values {
    Value last = b.add(first, together);
    Value end = arith::MinSIOp::create(b, last, block.size);
    Values sums = b.loop(first, end, 1, none, add);
    for (auto [sum, before] : llvm::zip(sums, carried))
      sum = arith::AddFOp::create(b, before, sum);
    return sums;
  };
  return b.loop(zero, block.size, together, none, addTogether);
}

//===----------------------------------------------------------------------===//
// The second product
//===----------------------------------------------------------------------===//

void PrefillKernel::accumulate(const KeyBlock &block, Value row,
                               ArrayRef<Value> factors, bool isNaNSafe) {
  // What is seldom run is half as wide: LLVM's time is a matter of its size.
  int64_t step = isNaNSafe ? shape.keys / 2 : shape.keys,
          tall = isNaNSafe ? step : shape.tallFeatures;
  Value whole = b.wholeSteps(valueFeatures, step);
  Value tallEnd = getTallEnd(valueFeatures, step, tall);
  auto emit = [&](Value from, Value to, int64_t count, bool isTail) {
    b.loop(from, to, count, [&](Value feature) {
      Values columns = getRows(feature, count, valueFeatures, isTail);
      emitFeatures(block, row, columns, factors, isNaNSafe);
    });
  };
  emit(zero, tallEnd, tall, /*isTail=*/false);
  emit(tallEnd, whole, step, /*isTail=*/false);
  // A tail repeats the last feature: all copies are read before any is written.
  emit(whole, valueFeatures, step, /*isTail=*/true);
}

void PrefillKernel::emitFeatures(const KeyBlock &block, Value row,
                                 ArrayRef<Value> columns,
                                 ArrayRef<Value> factors, bool isNaNSafe) {
  Values sums(columns.size() * shape.vectors, b.splat(0)), old;
  auto add = [&](Value key, ValueRange carried) -> Values {
    Values weights;
    for (int64_t v = 0; v < shape.vectors; ++v)
      weights.push_back(b.load(scores, ValueRange{key, column(zero, v)}));
    auto load = [&](int64_t t) {
      return b.loadElement(block.values,
                           {b.add(key, block.firstValueRow), columns[t]});
    };
    if (!isNaNSafe)
      return b.addProducts(carried, weights, load);
    return b.addProducts(carried, weights, load,
                         [&](Value x, Value weight, Value sum) {
                           return addNaNSafe(b, weight, x, sum);
                         });
  };
  sums = isNaNSafe ? b.loop(zero, block.size, 1, sums, add)
                   : b.unrolledLoop(zero, block.size, sums, add);
  for (Value position : columns)
    for (int64_t v = 0; v < shape.vectors; ++v)
      old.push_back(b.load(state.acc, ValueRange{position, column(row, v)}));
  for (auto [t, position] : llvm::enumerate(columns))
    for (int64_t v = 0; v < shape.vectors; ++v) {
      int64_t n = t * shape.vectors + v;
      b.store(b.multiplyAdd(old[n], factors[v], sums[n]), state.acc,
              ValueRange{position, column(row, v)});
    }
}
