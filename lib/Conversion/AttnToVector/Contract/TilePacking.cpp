//===- TilePacking.cpp - Operands of products as tiles want them ----------===//
#include "Contract/TileContract.h"

using namespace mlir;
using namespace mlir::attn;

/// The first `count` of `lanes` elements, at most all, and 0.
Value TileContract::loadSome(Value memref, ValueRange at, Value count,
                             int64_t lanes) {
  auto type = VectorType::get({lanes}, getElementTypeOrSelf(memref.getType()));
  Value mask =
      vector::CreateMaskOp::create(b, type.clone(b.getI1Type()), count);
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, memref, at, mask, none);
}

Value TileContract::toNarrow(Value value) {
  Type type = value.getType();
  if (getElementTypeOrSelf(type).isBF16())
    return value;
  Type narrow = b.getBF16Type();
  if (auto vector = dyn_cast<VectorType>(type))
    narrow = vector.clone(narrow);
  return arith::TruncFOp::create(b, narrow, value);
}

//===----------------------------------------------------------------------===//
// Rows of lhs
//===----------------------------------------------------------------------===//

/// Tiles of 16 rows by 32 steps, one after another. What rows beyond the last
/// hold goes to sums that nobody reads.
void TileContract::packLeft(const Product &product) {
  b.call("__attn_pack_rows", [&]() -> Values {
    b.loop(zero, product.rows, 1, [&](Value row) {
      if (left.hasUnitStride && !left.isTransposed)
        packLeftRow(product, row);
      else
        packLeftElements(product, row);
    });
    return {};
  });
}

/// At a step of the block that begins a tile.
void TileContract::storeLeft(Value narrow, Value row, Value step) {
  Value tile = b.index(kTile);
  vector::StoreOp::create(
      b, narrow, packedLeft,
      ValueRange{arith::DivUIOp::create(b, row, tile),
                 arith::DivUIOp::create(b, step, b.index(kSteps)),
                 arith::RemUIOp::create(b, row, tile), zero});
}

void TileContract::packLeftRow(const Product &product, Value row) {
  auto type = VectorType::get({kSteps}, left.element);
  auto at = [&](Value step) {
    return Values{b.add(product.row, row), b.add(product.step, step)};
  };
  Value whole = b.wholeSteps(product.steps, kSteps);
  b.loop(zero, whole, kSteps, [&](Value step) {
    Value steps = vector::LoadOp::create(b, type, lhs, at(step));
    storeLeft(toNarrow(steps), row, step);
  });
  Value rest = arith::SubIOp::create(b, product.steps, whole);
  Value hasRest =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rest, zero);
  b.branch(
      hasRest,
      [&] {
        Value steps = loadSome(lhs, at(whole), rest, kSteps);
        storeLeft(toNarrow(steps), row, whole);
      },
      [] {});
}

/// One by one.
void TileContract::packLeftElements(const Product &product, Value row) {
  Value tile = b.index(kTile), steps = b.index(kSteps);
  auto none = arith::ConstantOp::create(b, b.getZeroAttr(left.element));
  b.loop(zero, arith::MulIOp::create(b, product.tiles, steps), 1,
         [&](Value step) {
           Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                                 step, product.steps);
           auto load = [&]() -> Values {
             Values at{b.add(product.row, row), b.add(product.step, step)};
             if (left.isTransposed)
               std::swap(at[0], at[1]);
             return {memref::LoadOp::create(b, lhs, at)};
           };
           Value element = toNarrow(b.choose(isThere, load, {none})[0]);
           memref::StoreOp::create(
               b, element, packedLeft,
               ValueRange{arith::DivUIOp::create(b, row, tile),
                          arith::DivUIOp::create(b, step, steps),
                          arith::RemUIOp::create(b, row, tile),
                          arith::RemUIOp::create(b, step, steps)});
         });
}

//===----------------------------------------------------------------------===//
// Panels of rhs
//===----------------------------------------------------------------------===//

/// 0 in steps beyond the last, so that these add nothing.
void TileContract::packRight(const Product &product, Value panel) {
  b.call("__attn_pack_pairs", [&]() -> Values {
    if (right.isTransposed)
      packRightAcross(product, panel);
    else
      packRightRows(product, panel);
    return {};
  });
}

/// Steps are rows: two of them, element by element.
void TileContract::packRightRows(const Product &product, Value panel) {
  Value pairs = arith::MulIOp::create(b, product.tiles, b.index(kTile));
  Value last = arith::SubIOp::create(b, product.steps, b.index(1));
  b.loop(zero, pairs, 1, [&](Value pair) {
    auto load = [&](int64_t half) {
      Value step = b.add(arith::MulIOp::create(b, pair, b.index(2)), half);
      Value isThere =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ule, step, last);
      Value count = arith::SelectOp::create(b, isThere, product.columns, zero);
      return loadSome(
          rhs, Values{b.add(product.step, b.min(step, last)), product.column},
          count, kColumns);
    };
    Value both = vector::InterleaveOp::create(b, load(0), load(1));
    vector::StoreOp::create(b, both, panels, ValueRange{panel, pair, zero});
  });
}

/// Columns are rows: 16 of them by 16 pairs are transposed. Those beyond the
/// last repeat it.
void TileContract::packRightAcross(const Product &product, Value panel) {
  auto dwords = VectorType::get({kTile}, b.getI32Type());
  auto narrow = VectorType::get({kSteps}, b.getBF16Type());
  Value last = arith::SubIOp::create(b, columns, b.index(1));
  b.loop(zero, product.tiles, 1, [&](Value tile) {
    Value step = arith::MulIOp::create(b, tile, b.index(kSteps));
    Value count = arith::SubIOp::create(b, product.steps, step);
    for (int64_t half = 0; half < 2; ++half) {
      Values square;
      for (int64_t n = 0; n < kTile; ++n) {
        Value column = b.min(b.add(product.column, half * kTile + n), last);
        square.push_back(vector::BitCastOp::create(
            b, dwords,
            loadSome(rhs, Values{column, b.add(product.step, step)}, count,
                     kSteps)));
      }
      Value first = arith::MulIOp::create(b, tile, b.index(kTile));
      for (auto [n, pairs] : llvm::enumerate(b.transpose(square)))
        vector::StoreOp::create(
            b, vector::BitCastOp::create(b, narrow, pairs), panels,
            ValueRange{panel, b.add(first, n), b.index(half * kSteps)});
    }
  });
}
