//===- LinearKernelGates.cpp - Decays and betas of a chunk ----------------===//
#include "Kernels/Linear/LinearKernel.h"

using namespace mlir;
using namespace mlir::attn;

/// exp(x) for any x. Decays are logarithms of factors below 1, mostly.
Value LinearKernel::exponentiate(Value x) {
  Value limit = b.splat(b.element.isF64() ? 710 : 89); // infinite from here on
  Value isLarge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, limit);
  return b.exponential(arith::SelectOp::create(b, isLarge, limit, x));
}

/// A product of factors below 1 that got too small to be normal is 0: sums of
/// such numbers take a hundred times longer.
Value LinearKernel::flush(Value x) {
  Value least = b.splat(b.element.isF64() ? std::numeric_limits<double>::min()
                                          : std::numeric_limits<float>::min());
  Value isTiny = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, least);
  return arith::SelectOp::create(b, isTiny, b.splat(0), x);
}

/// into_i = gate[0, 0, first + i], and 0 up to `end`.
void LinearKernel::packGate(Value gate, Value into, Value end) {
  b.loop(zero, count, 1, [&](Value i) {
    Value x = loadScalar(gate, {zero, zero, b.add(first, i)});
    memref::StoreOp::create(b, x, into, i);
  });
  b.loop(count, end, 1,
         [&](Value i) { memref::StoreOp::create(b, b.scalar(0), into, i); });
}

void LinearKernel::loadBetas() { packGate(op.getBeta(), betas, rowEnd); }

/// D, c and D_n, with a decay for each token: rows of D stay in registers.
void LinearKernel::prepareHeadDecays() {
  packGate(op.getDecay(), factors, columnEnd);
  b.loop(zero, columnEnd, shape.lanes, [&](Value i) {
    b.store(exponentiate(b.load(factors, i)), factors, i);
  });
  int64_t vectors = shape.columns / shape.lanes;
  VectorType indices = b.vector.clone(b.getIndexType());
  Value lane = vector::StepOp::create(b, indices);
  Values start(vectors, b.splat(0));
  start.push_back(b.scalar(1));
  Values last =
      b.loop(zero, rowEnd, 1, start, [&](Value i, ValueRange before) -> Values {
        Value factor = memref::LoadOp::create(b, factors, i);
        Values row;
        for (int64_t v = 0; v < vectors; ++v) {
          Value column = arith::AddIOp::create(
              b, lane, b.broadcast(b.index(v * shape.lanes)));
          Value isDiagonal = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                                   column, b.broadcast(i));
          Value product =
              flush(arith::MulFOp::create(b, before[v], b.broadcast(factor)));
          row.push_back(
              arith::SelectOp::create(b, isDiagonal, b.splat(1), product));
          b.store(row.back(), decays, {i, b.index(v * shape.lanes)});
        }
        row.push_back(arith::MulFOp::create(b, before.back(), factor));
        memref::StoreOp::create(b, row.back(), cumulated, i);
        return row;
      });
  lastFactor = last.pop_back_val();
  for (int64_t v = 0; v < vectors; ++v)
    b.store(last[v], factors, b.index(v * shape.lanes));
}

/// exp(g) and c, with a decay for each feature of the key.
void LinearKernel::prepareFeatureDecays() {
  packRows({op.getDecay(), {0, 1, 2, 3}}, {zero, first, count}, features,
           factors, rowEnd);
  b.loop(zero, b.index(shape.keySize), shape.lanes, [&](Value d) {
    b.loop(zero, rowEnd, 1, b.splat(1), [&](Value i, ValueRange before) {
      Value factor = exponentiate(b.load(factors, {i, d}));
      b.store(factor, factors, {i, d});
      Value product = flush(arith::MulFOp::create(b, before.front(), factor));
      b.store(product, cumulated, {i, d});
      return Values{product};
    });
  });
}

/// D_n k for the update of the state.
void LinearKernel::decayKeys() {
  if (gate == Gate::Head)
    b.loop(zero, rowEnd, 1, [&](Value j) {
      Value factor = b.broadcast(memref::LoadOp::create(b, factors, j));
      b.loop(zero, b.index(shape.keySize), shape.lanes, [&](Value d) {
        Value k = b.load(keys, {j, d});
        b.store(arith::MulFOp::create(b, k, factor), decayedKeys, {j, d});
      });
    });
  if (gate != Gate::Feature)
    return;
  Value last = arith::SubIOp::create(b, rowEnd, b.index(1));
  b.loop(zero, b.index(shape.keySize), shape.lanes, [&](Value d) {
    b.loop(zero, rowEnd, 1, b.splat(1), [&](Value n, ValueRange after) {
      Value j = arith::SubIOp::create(b, last, n);
      Value k = b.load(keys, {j, d});
      b.store(arith::MulFOp::create(b, k, after.front()), decayedKeys, {j, d});
      return Values{flush(
          arith::MulFOp::create(b, after.front(), b.load(factors, {j, d})))};
    });
  });
}

/// into_i = rows_i * by_i, element by element.
void LinearKernel::scaleRows(Value rows, Value by, Value into) {
  b.loop(zero, rowEnd, 1, [&](Value i) {
    b.loop(zero, b.index(shape.keySize), shape.lanes, [&](Value d) {
      Value product =
          arith::MulFOp::create(b, b.load(rows, {i, d}), b.load(by, {i, d}));
      b.store(product, into, {i, d});
    });
  });
}

/// The factor of row d of the state, null for 1.
Value LinearKernel::getLastFactor(Value d) {
  if (gate == Gate::None)
    return {};
  if (gate == Gate::Head)
    return lastFactor;
  Value last = arith::SubIOp::create(b, rowEnd, b.index(1));
  return memref::LoadOp::create(b, cumulated, ValueRange{last, d});
}

/// into_ij = factor_i * sum over d of rows_id D_ijd k_jd for j <= i: the keys
/// decay while i runs.
void LinearKernel::multiplyByRunningKeys(Value rows, Value into,
                                         function_ref<Value(Value)> factor) {
  Value width = b.index(shape.keySize);
  auto dot = [&](Value i, Value j, function_ref<Value(Value)> load) {
    Value sum = b.loop(
        zero, width, shape.lanes, b.splat(0),
        [&](Value d, ValueRange sum) -> Values {
          return {b.multiplyAdd(b.load(rows, {i, d}), load(d), sum.front())};
        })[0];
    Value all = vector::ReductionOp::create(b, vector::CombiningKind::ADD, sum,
                                            arith::FastMathFlags::reassoc);
    memref::StoreOp::create(b, arith::MulFOp::create(b, all, factor(i)), into,
                            ValueRange{i, j});
  };
  b.loop(zero, rowEnd, 1, [&](Value i) {
    b.loop(zero, i, 1, [&](Value j) {
      dot(i, j, [&](Value d) -> Value {
        Value k = arith::MulFOp::create(b, b.load(runningKeys, {j, d}),
                                        b.load(factors, {i, d}));
        b.store(k, runningKeys, {j, d});
        return k;
      });
    });
    dot(i, i, [&](Value d) {
      Value k = b.load(keys, {i, d});
      b.store(k, runningKeys, {i, d});
      return k;
    });
  });
}
