//===- LinearKernelProducts.cpp - Matrix products of a chunk --------------===//
#include "Kernels/Linear/LinearKernel.h"

using namespace mlir;
using namespace mlir::attn;

Values LinearKernel::multiply(Values sums, Value from, Value to,
                              function_ref<Value(int64_t, Value)> left,
                              function_ref<Value(int64_t, Value)> right) {
  int64_t vectors = sums.size() / shape.rows;
  return b.unrolledLoop(
      from, to, sums, [&](Value step, ValueRange carried) -> Values {
        Values row;
        for (int64_t v = 0; v < vectors; ++v)
          row.push_back(right(v, step));
        return b.addProducts(carried, row,
                             [&](int64_t r) { return left(r, step); });
      });
}

/// rows_i S for a tile. `between` is called for each of its rows, in the midst
/// of the work, where that divides.
Values LinearKernel::readState(Value rows, Value i, Value e, int64_t vectors,
                               function_ref<void(Value)> between) {
  Values sums(shape.rows * vectors, b.splat(0));
  auto left = [&](int64_t r, Value d) { return element(rows, i, r, d); };
  auto right = [&](int64_t v, Value d) { return loadRow(state, d, e, v); };
  int64_t part = shape.features / shape.rows;
  if (!between || part % 2 != 0 || part * shape.rows != shape.features)
    return multiply(sums, zero, b.index(shape.features), left, right);
  return b.loop(
      zero, b.index(shape.rows), 1, sums,
      [&](Value iteration, ValueRange carried) {
        between(b.add(i, iteration));
        Value from = arith::MulIOp::create(b, iteration, b.index(part));
        return multiply(carried, from, b.add(from, part), left, right);
      });
}

void LinearKernel::forValueTiles(function_ref<void(Value, int64_t)> body) {
  int64_t step = shape.vectors * shape.lanes;
  Value size = b.alignUp(valueFeatures, shape.lanes);
  Value whole = b.wholeSteps(size, step);
  b.loop(zero, whole, step, [&](Value first) { body(first, shape.vectors); });
  if (int64_t rest = shape.valueSize % step)
    b.loop(whole, size, step,
           [&](Value first) { body(first, rest / shape.lanes); });
}

void LinearKernel::forTokenTiles(function_ref<void(Value)> body) {
  b.loop(zero, rowEnd, shape.rows, body);
}

Value LinearKernel::element(Value matrix, Value row, int64_t offset,
                            Value column) {
  return memref::LoadOp::create(b, matrix,
                                ValueRange{b.add(row, offset), column});
}

Value LinearKernel::loadRow(Value matrix, Value row, Value first,
                            int64_t vector) {
  return b.load(matrix, locate(matrix, row, first, vector * shape.lanes));
}

void LinearKernel::storeTile(ArrayRef<Value> tile, Value matrix, Value row,
                             Value column) {
  int64_t vectors = tile.size() / shape.rows;
  for (int64_t r = 0; r < shape.rows; ++r)
    for (int64_t v = 0; v < vectors; ++v)
      b.store(tile[r * vectors + v], matrix,
              locate(matrix, b.add(row, r), column, v * shape.lanes));
}

/// into_ij = factor_i D_ij (rows_i . k_j), for j up to i at least.
void LinearKernel::multiplyByKeys(Value rows, Value into,
                                  function_ref<Value(Value)> factor) {
  if (gate == Gate::Feature)
    return multiplyByRunningKeys(rows, into, factor);
  int64_t vectors = shape.tokenVectors;
  forTokenTiles([&](Value i) {
    Values factors;
    for (int64_t r = 0; r < shape.rows; ++r)
      factors.push_back(b.broadcast(factor(b.add(i, r))));
    b.loop(zero, b.add(i, shape.rows), vectors * shape.lanes, [&](Value j) {
      Values sums = multiply(
          Values(shape.rows * vectors, b.splat(0)), zero,
          b.index(shape.features),
          [&](int64_t r, Value d) { return element(rows, i, r, d); },
          [&](int64_t v, Value d) { return loadRow(keysAcross, d, j, v); });
      for (int64_t n = 0, e = sums.size(); n < e; ++n) {
        int64_t r = n / vectors;
        sums[n] = arith::MulFOp::create(b, sums[n], factors[r]);
        if (gate == Gate::Head)
          sums[n] = arith::MulFOp::create(
              b, sums[n], loadRow(decays, b.add(i, r), j, n % vectors));
      }
      storeTile(sums, into, i, j);
    });
  });
}

/// tile_r += sum of left_rs * right_s over the columns s of the diagonal block
/// that come before row r (or end with it). No row reads what comes later:
/// there 0 * NaN would be NaN.
void LinearKernel::addDiagonal(Values &tile, Value left, Value i, bool strict,
                               function_ref<Value(int64_t, int64_t)> right) {
  int64_t vectors = tile.size() / shape.rows;
  for (int64_t s = 0; s < shape.rows; ++s)
    for (int64_t r = strict ? s + 1 : s; r < shape.rows; ++r) {
      Value factor = b.broadcast(element(left, i, r, b.add(i, s)));
      for (int64_t v = 0; v < vectors; ++v)
        tile[r * vectors + v] =
            b.multiplyAdd(factor, right(s, v), tile[r * vectors + v]);
    }
}

/// v'_i = beta_i (v_i - c_i S^T k_i) + sum_{j<i} deltas_ij v'_j, in place of v.
void LinearKernel::solve() {
  forValueTiles([&](Value e, int64_t vectors) {
    forTokenTiles([&](Value i) {
      Values tile = readState(readKeys, i, e, vectors);
      for (int64_t n = 0, end = tile.size(); n < end; ++n) {
        Value row = b.add(i, n / vectors);
        if (gate == Gate::Head)
          tile[n] = arith::MulFOp::create(
              b, tile[n],
              b.broadcast(memref::LoadOp::create(b, cumulated, row)));
        Value error = arith::SubFOp::create(
            b, loadRow(values, row, e, n % vectors), tile[n]);
        Value beta = b.broadcast(memref::LoadOp::create(b, betas, row));
        tile[n] = arith::MulFOp::create(b, beta, error);
      }
      tile = multiply(
          tile, zero, i,
          [&](int64_t r, Value j) { return element(deltas, i, r, j); },
          [&](int64_t v, Value j) { return loadRow(values, j, e, v); });
      // Row s is done when later ones read it.
      addDiagonal(tile, deltas, i, /*strict=*/true,
                  [&](int64_t s, int64_t v) { return tile[s * vectors + v]; });
      storeTile(tile, values, i, e);
    });
  });
  clearRows(values, count, rowEnd);
}

/// o_i = scale c_i S^T q_i + sum_{j<=i} weights_ij v'_j.
void LinearKernel::computeOutput(Value head) {
  forValueTiles([&](Value e, int64_t vectors) {
    forTokenTiles([&](Value i) {
      Values tile = readState(queries, i, e, vectors, [&](Value row) {
        prefetch(head, row, e, vectors);
      });
      for (int64_t n = 0, end = tile.size(); n < end; ++n) {
        Value factor = scale;
        if (gate == Gate::Head)
          factor = arith::MulFOp::create(
              b, scale,
              memref::LoadOp::create(b, cumulated, b.add(i, n / vectors)));
        tile[n] = arith::MulFOp::create(b, tile[n], b.broadcast(factor));
      }
      auto right = [&](int64_t v, Value j) { return loadRow(values, j, e, v); };
      tile = multiply(
          tile, zero, i,
          [&](int64_t r, Value j) { return element(weights, i, r, j); }, right);
      addDiagonal(tile, weights, i, /*strict=*/false,
                  [&](int64_t s, int64_t v) { return right(v, b.add(i, s)); });
      storeTile(tile, outputs, i, e);
    });
  });
}

/// S = c_n S + sum_j decayedKeys_j v'_j^T.
void LinearKernel::updateState() {
  forValueTiles([&](Value e, int64_t vectors) {
    b.loop(zero, b.index(shape.keySize), shape.rows, [&](Value d) {
      Values tile;
      for (int64_t r = 0; r < shape.rows; ++r)
        for (int64_t v = 0; v < vectors; ++v) {
          Value old = loadRow(state, b.add(d, r), e, v);
          if (Value factor = getLastFactor(b.add(d, r)))
            old = arith::MulFOp::create(b, old, b.broadcast(factor));
          tile.push_back(old);
        }
      tile = multiply(
          tile, zero, rowEnd,
          [&](int64_t r, Value j) -> Value {
            return memref::LoadOp::create(b, decayedKeys,
                                          ValueRange{j, b.add(d, r)});
          },
          [&](int64_t v, Value j) { return loadRow(values, j, e, v); });
      storeTile(tile, state, d, e);
    });
  });
}
