//===- AMXLinearProducts.cpp - Tile products of a chunk -------------------===//
#include "Kernels/AMX/AMXLinear.h"
#include "Kernels/AMX/TileProduct.h"

using namespace mlir;
using namespace mlir::attn;

/// The state passes by the first-level cache: blocks read it once or twice.
Value AMXLinearKernel::loadTile(Type element, Value memref,
                                ValueRange position) {
  int64_t columns = element.isBF16() ? kPairs : kTile;
  auto type = amx::TileType::get({kTile, columns}, element);
  if (llvm::is_contained({state, stateParts.high, stateParts.low}, memref))
    return X86StreamTileOp::create(b, type, memref, position);
  return amx::TileLoadOp::create(b, type, memref, position);
}

/// into (+)= the sum of the terms, at most two by two tiles of it.
void AMXLinearKernel::multiplyTiles(ArrayRef<Term> terms, Value into, Value row,
                                    Value column, int64_t numLeft,
                                    int64_t numRight, bool adds) {
  Type narrow = b.getBF16Type();
  SmallVector<std::pair<const Term *, int64_t>> steps;
  for (const Term &term : terms)
    for (int64_t step = 0; step < term.steps; ++step)
      steps.push_back({&term, step});
  Value panel = b.createOrFold<arith::DivUIOp>(column, b.index(kPairs));
  auto at = [&](int64_t i, int64_t j) {
    return locate(into, b.add(row, i * kTile), column, j * kTile);
  };
  TileProduct product{
      numLeft,
      numRight,
      int64_t(steps.size()),
      [&](int64_t i, int64_t n) {
        auto [term, step] = steps[n];
        return loadTile(narrow, term->left,
                        {b.add(row, i * kTile), b.index(step * kPairs)});
      },
      [&](int64_t j, int64_t n) {
        auto [term, step] = steps[n];
        return loadTile(narrow, term->right,
                        {panel, b.index(step * kTile), b.index(j * kPairs)});
      },
      [&](int64_t i, int64_t j) -> Value {
        if (adds)
          return loadTile(b.element, into, at(i, j));
        auto type = amx::TileType::get({kTile, kTile}, b.element);
        return amx::TileZeroOp::create(b, type);
      },
      [&](int64_t i, int64_t j, Value sum) {
        amx::TileStoreOp::create(b, into, at(i, j), sum);
      },
      {},
      {},
      {}};
  product.begin();
  for (int64_t n = 0; n < product.steps; ++n)
    for (int64_t j = 0; j < numRight; ++j)
      for (int64_t i = 0; i < numLeft; ++i)
        product.multiply(b, b.getLoc(), i, j, n);
  product.finishAll();
}

/// rows_i . k_j, for j up to i at least.
void AMXLinearKernel::multiplyByKeys(Value rows) {
  for (int64_t row = 0; row < kBlock; row += kPairs)
    for (int64_t column = 0; column <= row; column += kPairs)
      multiplyTiles({{rows, keysInPairs, depth / kPairs}}, weights,
                    b.index(row), b.index(column), 2, 2, /*adds=*/false);
}

AMXLinearKernel::Terms AMXLinearKernel::getStateTerms(Value rows) {
  return {{rows, stateParts.high, depth / kPairs},
          {rows, stateParts.low, depth / kPairs}};
}

/// Those that count: low parts of both are beyond f32.
AMXLinearKernel::Terms AMXLinearKernel::getValueTerms(const Parts &left,
                                                      const Parts &right,
                                                      int64_t steps) {
  Terms terms{{left.high, right.high, steps}};
  if (left.low)
    terms.push_back({left.low, right.high, steps});
  if (right.low)
    terms.push_back({left.high, right.low, steps});
  return terms;
}

void AMXLinearKernel::readState(Value rows) {
  forValueTiles([&](Value e, int64_t tiles) {
    b.loop(zero, rowEnd, kPairs, [&](Value row) {
      multiplyTiles(getStateTerms(rows), reads, row, e, 2, tiles,
                    /*adds=*/false);
    });
  });
}

/// Q S + W V, or W V apart where Q S decays.
void AMXLinearKernel::computeOutput() {
  if (gate == Gate::Head)
    readState(queries);
  forValueTiles([&](Value e, int64_t tiles) {
    for (int64_t row = 0; row < kBlock; row += kPairs) {
      Terms terms;
      if (gate == Gate::None)
        terms = getStateTerms(queries);
      terms.append(getValueTerms(weightParts, valueParts, row / kPairs + 1));
      multiplyTiles(terms, outputs, b.index(row), e, 2, tiles, /*adds=*/false);
    }
  });
}

/// S += K^T (D_n V).
void AMXLinearKernel::updateState() {
  Terms terms = getValueTerms({keysAcross, {}}, decayedParts, kBlock / kPairs);
  int64_t whole = shape.keySize / kPairs * kPairs;
  forValueTiles([&](Value e, int64_t tiles) {
    b.loop(zero, b.index(whole), kPairs, [&](Value d) {
      multiplyTiles(terms, state, d, e, 2, tiles, /*adds=*/true);
    });
    if (whole < shape.keySize)
      multiplyTiles(terms, state, b.index(whole), e, 1, tiles, /*adds=*/true);
  });
}
