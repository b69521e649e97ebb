//===- AMXProducts.cpp - The two products, in tiles -----------------------===//
// Two by two tiles accumulate in registers, beside two of each factor: eight
// in all, which is what there is. A product of tiles takes 16 cycles, a load 8,
// a store 16.
//===----------------------------------------------------------------------===//
#include "Kernels/AMX/AMXKernel.h"
#include "Steps/NaNSafe.h"

using namespace mlir;
using namespace mlir::attn;

void AMXKernel::run(const Steps &steps) {
  for (const auto &step : steps)
    step();
}

/// Straight-line code, so that tiles stay in registers; no two products in a
/// row wait for each other. A sum is stored just before the next product needs
/// its register: a store that waits for its sum holds up all that follows.
AMXKernel::Steps AMXKernel::getProductSteps(TileProducts descriptions) {
  auto products = std::make_shared<TileProducts>(std::move(descriptions));
  Steps steps;
  TileProduct *before = nullptr;
  for (TileProduct &product : *products) {
    product.begin();
    for (int64_t step = 0; step < product.steps; ++step)
      for (int64_t j = 0; j < product.numRight; ++j)
        for (int64_t i = 0; i < product.numLeft; ++i)
          steps.push_back([=, &product] {
            (void)products;
            if (step == 0 && before)
              before->finish(i, j);
            product.multiply(b, b.getLoc(), i, j, step);
          });
    steps.push_back([=] {
      (void)products;
      if (before)
        before->finishAll();
    });
    before = &product;
  }
  steps.push_back([=] {
    (void)products;
    before->finishAll();
  });
  return steps;
}

/// Products with no vectors beside them, once for all who need them.
void AMXKernel::emitScores(Value row, const Block &block) {
  Value first = b.asArgument(row);
  Block from = block;
  from.keysRow = b.asArgument(block.keysRow);
  b.call("__attn_score_block", [&]() -> Values {
    run(getProductSteps(getScoreProducts(first, from)));
    return {};
  });
}

void AMXKernel::emitOutput(Value row, const Block &block) {
  Value first = b.asArgument(row);
  Block from = block;
  from.firstGroup = b.asArgument(block.firstGroup);
  from.weightsRow = b.asArgument(block.weightsRow);
  b.call("__attn_add_output", [&]() -> Values {
    run(getProductSteps(getOutputProducts(first, from)));
    return {};
  });
}

Value AMXKernel::loadTile(Type element, Value memref, ValueRange position,
                          bool isStreamed) {
  int64_t columns = element.isBF16() ? kPairs : kTile;
  auto type = amx::TileType::get({kTile, columns}, element);
  if (isStreamed)
    return X86StreamTileOp::create(b, type, memref, position);
  return amx::TileLoadOp::create(b, type, memref, position);
}

AMXKernel::TileProducts AMXKernel::getScoreProducts(Value row,
                                                    const Block &block) {
  Type narrow = b.getBF16Type();
  Value lane = arith::MulIOp::create(b, row, b.index(2));
  TileProducts all;
  for (int64_t k = 0; k < kBlock; k += 2 * kTile)
    all.push_back(
        {2,
         tiles,
         depth / kPairs,
         [=](int64_t i, int64_t step) {
           Value key = b.add(block.keysRow, k + i * kTile);
           return loadTile(narrow, block.keys, {key, b.index(step * kPairs)},
                           /*isStreamed=*/true);
         },
         [=](int64_t j, int64_t step) {
           return loadTile(narrow, packedQuery,
                           {b.index(step * kTile), b.add(lane, j * kPairs)});
         },
         [=](int64_t, int64_t) -> Value {
           return amx::TileZeroOp::create(
               b, amx::TileType::get({kTile, kTile}, b.element));
         },
         [=](int64_t i, int64_t j, Value sum) {
           amx::TileStoreOp::create(
               b, scores,
               ValueRange{b.index(k + i * kTile), b.index(j * kTile)}, sum);
         },
         {},
         {},
         {}});
  return all;
}

AMXKernel::TileProducts AMXKernel::getOutputProducts(Value row,
                                                     const Block &block) {
  Type narrow = b.getBF16Type();
  TileProducts all;
  for (int64_t f = 0; f < width; f += 2 * kTile) {
    auto at = [=](int64_t i, int64_t j) {
      return Values{b.index(f + i * kTile), column(row, j)};
    };
    all.push_back({std::min<int64_t>(2, (width - f) / kTile),
                   tiles,
                   kBlock / kPairs,
                   [=](int64_t i, int64_t step) {
                     return loadTile(narrow, packedValues,
                                     {b.add(block.firstGroup, step),
                                      b.index(f + i * kTile), zero},
                                     /*isStreamed=*/true);
                   },
                   [=](int64_t j, int64_t step) {
                     return loadTile(narrow, weights,
                                     {b.add(block.weightsRow, step * kTile),
                                      b.index(j * kPairs)});
                   },
                   [=](int64_t i, int64_t j) {
                     return loadTile(b.element, state.acc, at(i, j));
                   },
                   [=](int64_t i, int64_t j, Value sum) {
                     amx::TileStoreOp::create(b, state.acc, at(i, j), sum);
                   },
                   {},
                   {},
                   {}});
  }
  return all;
}

/// Where a value is not finite, products of masked pairs are left out (D3).
void AMXKernel::multiplyNaNSafe(const KVPanel &panel, Value row,
                                const Block &block) {
  VectorType dwords = b.vector.clone(b.getI32Type());
  VectorType pairs = VectorType::get({kPairs}, b.getBF16Type());
  Value cut = arith::ConstantOp::create(
      b, DenseElementsAttr::get(dwords, b.getI32IntegerAttr(16)));
  Value size = block.size ? block.size : b.index(kBlock);
  Value first = b.add(panel.first, block.first), two = b.index(2);
  auto getWeight = [&](Value k, int64_t t) -> Value {
    Value pair = arith::DivUIOp::create(b, k, two);
    Value isOdd = arith::CmpIOp::create(
        b, arith::CmpIPredicate::ne, arith::RemUIOp::create(b, k, two), zero);
    Value both = vector::LoadOp::create(b, pairs, weights,
                                        ValueRange{pair, b.index(t * kPairs)});
    Value odd = vector::BitCastOp::create(b, dwords, both);
    Value even = arith::ShLIOp::create(b, odd, cut);
    odd = arith::ShLIOp::create(b, arith::ShRUIOp::create(b, odd, cut), cut);
    return vector::BitCastOp::create(
        b, b.vector, arith::SelectOp::create(b, isOdd, odd, even));
  };
  b.loop(zero, size, 1, [&](Value k) {
    Values factors;
    for (int64_t t = 0; t < tiles; ++t)
      factors.push_back(
          getNaNSafeWeight(b, getWeight(k, t),
                           b.load(scores, ValueRange{k, b.index(t * kTile)})));
    b.loop(zero, b.index(valueFeatures), 1, [&](Value feature) {
      Value x = memref::LoadOp::create(b, value,
                                       ValueRange{b.add(first, k), feature});
      x = b.broadcast(arith::ExtFOp::create(b, b.element, x));
      for (int64_t t = 0; t < tiles; ++t) {
        Values at{feature, column(row, t)};
        Value old = b.load(state.acc, at);
        b.store(addNaNSafe(b, factors[t], x, old), state.acc, at);
      }
    });
  });
}
