//===- LinearKernel.cpp - A chunk of linear attention ---------------------===//
#include "LinearKernel.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

static LinearShape getShape(LinearChunkOp op, const VectorTarget &target) {
  LinearShape shape;
  auto state = cast<MemRefType>(op.getState().getType());
  shape.features = state.getDimSize(2);
  shape.valueFeatures = state.getDimSize(3);
  SmallVector<int64_t> layout = getLayout(op.getKeyLayoutAttr(), 4);
  int64_t tokens = cast<MemRefType>(op.getKey().getType())
                       .getDimSize(getTensorDim(layout, Sequence));
  if (ShapedType::isDynamic(tokens))
    tokens = std::numeric_limits<int32_t>::max();
  tokens = std::max<int64_t>(tokens, 1);
  shape.lanes = target.bits / op.getScoreType().getWidth();
  // 16 or 8 accumulators, beside a row of vectors and a broadcast.
  shape.rows = std::min<int64_t>(target.registers >= 32 ? 8 : 4,
                                 llvm::PowerOf2Ceil(tokens));
  shape.vectors = 2;
  bool hasFeatureDecays =
      op.getDecay() && cast<MemRefType>(op.getDecay().getType()).getRank() == 4;
  // Work within a block grows with its square: most in sums over features.
  shape.block = std::min<int64_t>(hasFeatureDecays ? 16 : 32,
                                  llvm::alignTo(tokens, shape.rows));
  shape.tokenVectors = std::min<int64_t>(
      shape.vectors, llvm::divideCeil(shape.block, shape.lanes));
  shape.columns = llvm::alignTo(shape.block, shape.tokenVectors * shape.lanes);
  shape.keySize =
      llvm::alignTo(shape.features, std::max(shape.rows, shape.lanes));
  shape.valueSize = llvm::alignTo(shape.valueFeatures, shape.lanes);
  return shape;
}

/// Errors of exp would add up in products.
static VectorTarget withExactExp(VectorTarget target) {
  target.fastExp = false;
  return target;
}

LinearKernel::LinearKernel(LinearChunkOp op, const VectorTarget &target)
    : op(op), shape(getShape(op, target)),
      b(op, withExactExp(target), op.getScoreType(), shape.lanes) {
  if (op.getDecay())
    gate = cast<MemRefType>(op.getDecay().getType()).getRank() == 4
               ? Gate::Feature
               : Gate::Head;
  auto operand = [](Value memref, DenseI64ArrayAttr layout) {
    return Operand{memref, getLayout(layout, 4)};
  };
  query = operand(op.getQuery(), op.getQueryLayoutAttr());
  key = operand(op.getKey(), op.getKeyLayoutAttr());
  value = operand(op.getValue(), op.getValueLayoutAttr());
  output = operand(op.getOutput(), op.getOutputLayoutAttr());
}

/// Rows are an odd number of cache lines apart: a column of them then lies in
/// all sets of a cache, not in a few.
Value LinearKernel::createMatrix(int64_t rows, int64_t columns) {
  int64_t line = 512 / b.element.getWidth();
  int64_t lines = llvm::divideCeil(columns, line) | 1;
  return b.scratch({rows, lines * line}, b.element);
}

/// A matrix whose columns are read in tiles lies tile by tile.
Value LinearKernel::createPanels(int64_t rows, int64_t columns,
                                 int64_t vectors) {
  int64_t width = vectors * shape.lanes;
  return b.scratch({(columns + width - 1) / width, rows, width}, b.element);
}

void LinearKernel::allocate() {
  auto matrix = [&](int64_t rows, int64_t columns) {
    return createMatrix(rows, columns);
  };
  auto panels = [&](int64_t rows) {
    return createPanels(rows, shape.valueSize, shape.vectors);
  };
  keys = matrix(shape.columns, shape.keySize);
  values = panels(shape.block);
  queries = matrix(shape.block, shape.keySize);
  outputs = panels(shape.block);
  weights = matrix(shape.block, shape.columns);
  readKeys = decayedKeys = keys;
  if (op.isDelta()) {
    deltas = matrix(shape.block, shape.columns);
    betas = b.scratch({shape.block}, b.element);
  }
  if (gate != Gate::Feature)
    keysAcross = createPanels(shape.keySize, shape.columns, shape.tokenVectors);
  if (gate != Gate::None)
    decayedKeys = matrix(shape.block, shape.keySize);
  if (gate == Gate::Head) {
    decays = matrix(shape.block, shape.columns);
    factors = b.scratch({shape.columns}, b.element);
    cumulated = b.scratch({shape.block}, b.element);
  }
  if (gate == Gate::Feature) {
    factors = matrix(shape.block, shape.keySize);
    cumulated = matrix(shape.block, shape.keySize);
    runningKeys = matrix(shape.block, shape.keySize);
    if (op.isDelta())
      readKeys = matrix(shape.block, shape.keySize);
  }
}

void LinearKernel::emit() {
  zero = b.index(0);
  scale = b.scalar(*op.getStaticScale());
  tokens =
      memref::DimOp::create(b, key.memref, getTensorDim(key.layout, Sequence));
  allocate();
  Operand held{op.getState(), {Batch, Head, Sequence, Feature}};
  Rows all{zero, zero, b.index(shape.features)};
  state = createPanels(shape.keySize, shape.valueSize, shape.vectors);
  packRows(held, all, shape.valueFeatures, state, b.index(shape.keySize));
  b.loop(zero, tokens, shape.block, [&](Value first) { emitBlock(first); });
  storeRows(state, held, all, shape.valueFeatures);
  op.erase();
}

void LinearKernel::emitBlock(Value position) {
  first = position;
  count = b.min(b.index(shape.block), arith::SubIOp::create(b, tokens, first));
  rowEnd = alignUp(count, shape.rows);
  columnEnd = alignUp(count, shape.tokenVectors * shape.lanes);
  Rows here{zero, first, count};
  packRows(key, here, shape.features, keys,
           gate == Gate::Feature ? rowEnd : columnEnd);
  packRows(value, here, shape.valueFeatures, values, rowEnd);
  if (gate != Gate::Feature)
    transpose(keys, keysAcross);
  if (gate == Gate::Head)
    prepareHeadDecays();
  if (gate == Gate::Feature)
    prepareFeatureDecays();
  if (op.isDelta()) {
    loadBetas();
    multiplyByKeys(keys, deltas, [&](Value row) -> Value {
      Value beta = memref::LoadOp::create(b, betas, row);
      return arith::NegFOp::create(b, beta);
    });
    if (gate == Gate::Feature)
      scaleRows(keys, cumulated, readKeys);
    solve();
  }
  Value heads =
      memref::DimOp::create(b, query.memref, getTensorDim(query.layout, Head));
  b.loop(zero, heads, 1, [&](Value head) {
    packRows(query, {head, first, count}, shape.features, queries, rowEnd);
    multiplyByKeys(queries, weights, [&](Value) { return scale; });
    if (gate == Gate::Feature)
      scaleRows(queries, cumulated, queries);
    computeOutput(head);
    storeRows(outputs, output, {head, first, count}, shape.valueFeatures);
  });
  decayKeys();
  updateState();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `to - from` is a constant or a multiple of the tile's rows. Two steps in a
/// turn, where they divide: the loop itself takes time.
Values LinearKernel::multiply(Values sums, Value from, Value to,
                              function_ref<Value(int64_t, Value)> left,
                              function_ref<Value(int64_t, Value)> right) {
  int64_t vectors = sums.size() / shape.rows;
  int64_t unrolling =
      getConstantIntValue(to).value_or(shape.rows) % 2 == 0 ? 2 : 1;
  return b.loop(from, to, unrolling, sums,
                [&](Value first, ValueRange carried) -> Values {
                  Values next(carried);
                  for (int64_t n = 0; n < unrolling; ++n) {
                    Value step = b.add(first, n);
                    Values row;
                    for (int64_t v = 0; v < vectors; ++v)
                      row.push_back(right(v, step));
                    for (int64_t r = 0; r < shape.rows; ++r) {
                      Value factor = b.broadcast(left(r, step));
                      for (int64_t v = 0; v < vectors; ++v) {
                        Value &sum = next[r * vectors + v];
                        sum = b.multiplyAdd(factor, row[v], sum);
                      }
                    }
                  }
                  return next;
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
      zero, b.index(shape.rows), 1, sums, [&](Value turn, ValueRange carried) {
        between(b.add(i, turn));
        Value from = arith::MulIOp::create(b, turn, b.index(part));
        return multiply(carried, from, b.add(from, part), left, right);
      });
}

void LinearKernel::forValueTiles(function_ref<void(Value, int64_t)> body) {
  int64_t step = shape.vectors * shape.lanes;
  int64_t whole = shape.valueSize / step * step;
  if (whole > 0)
    b.loop(zero, b.index(whole), step,
           [&](Value first) { body(first, shape.vectors); });
  if (whole < shape.valueSize)
    body(b.index(whole), (shape.valueSize - whole) / shape.lanes);
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

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

static LogicalResult verifyHeadSizes(LinearChunkOp op) {
  auto type = dyn_cast<MemRefType>(op.getState().getType());
  if (type && !type.isDynamicDim(2) && !type.isDynamicDim(3))
    return success();
  return op.emitOpError("expected a state in memory, with static head sizes, "
                        "got ")
         << op.getState().getType();
}

LogicalResult attn::lowerLinearChunks(Operation *root,
                                      const VectorTarget &target) {
  SmallVector<LinearChunkOp> ops;
  root->walk([&](LinearChunkOp op) { ops.push_back(op); });
  for (LinearChunkOp op : ops) {
    if (failed(verifyHeadSizes(op)))
      return failure();
    LinearKernel(op, target).emit();
  }
  return success();
}
