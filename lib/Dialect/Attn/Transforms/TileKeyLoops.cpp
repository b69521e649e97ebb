//===- TileKeyLoops.cpp - The loops over key tiles of a query tile --------===//
#include "TileLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

TileLoops::KeyTile TileLoops::getKeyTile(Value first, OpFoldResult keys) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  auto tileOf = [&](Value tensor, DenseI64ArrayAttr layout, Loop features) {
    return extract(
        tensor, layout,
        {{batch, kvHead, first, zero}, {one, one, keys, size(features)}});
  };
  return {first, keys,
          tileOf(op.getKey(), op.getKeyLayoutAttr(), Loop::Feature),
          tileOf(op.getValue(), op.getValueLayoutAttr(), Loop::ValueFeature)};
}

/// The loop runs over the first keys of tiles, so that peeling its last
/// iteration leaves whole tiles.
TileLoops::Values TileLoops::visitKeys(const KeyTileLoop &range,
                                       ValueRange state) {
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  // No tiles if `lower` is the larger one, however large.
  Value lower =
      isConstantIntValue(range.lower, 0)
          ? range.lower
          : b.createOrFold<arith::MinSIOp>(loc, range.lower, range.upper);
  Value first = toValue(apply(d0 * tile.key, {lower}));
  auto end = AffineMap::get(1, 1, {d0 * tile.key, s0}, b.getContext());
  Value last = toValue(affine::makeComposedFoldedAffineMin(
      b, loc, end, {range.upper, size(Loop::Key)}));
  int64_t keys = range.needsMask ? maskedKeys : unmaskedKeys;
  std::optional<int64_t> from = getConstantIntValue(first),
                         to = getConstantIntValue(last);
  bool isDivided = from && to && (*to - *from) % keys == 0;
  auto loop = scf::ForOp::create(
      b, loc, first, last, constantIndex(b, loc, keys), state,
      [&](OpBuilder &, Location, Value firstKey, ValueRange carried) {
        // Several tiles at once end where the range does.
        KeyTile key = getKeyTile(
            firstKey, isDivided ? OpFoldResult(b.getIndexAttr(keys))
                      : keys == tile.key
                          ? getTileSize(keys, firstKey, Loop::Key, last)
                          : remaining(keys, firstKey, last));
        bool isOpen = range.needsMask && classes;
        scf::YieldOp::create(b, loc,
                             isOpen ? attendByClass(key, carried)
                                    : attend(key, range.needsMask, carried));
      });
  return loop.getResults();
}

/// EMPTY: the state as it is. FULL: no mask. Else with the mask.
TileLoops::Values TileLoops::attendByClass(const KeyTile &key,
                                           ValueRange state) {
  TileLogic truth = classes->emit(b, key.first, getLast(key.first, key.size));
  auto choose = [&](Value condition, function_ref<Values()> then,
                    function_ref<Values()> otherwise) -> Values {
    if (matchPattern(condition, m_One()))
      return then();
    if (matchPattern(condition, m_Zero()))
      return otherwise();
    auto yield = [&](function_ref<Values()> build) {
      return [&, build](OpBuilder &inner, Location) {
        OpBuilder::InsertionGuard guard(b);
        b.restoreInsertionPoint(inner.saveInsertionPoint());
        scf::YieldOp::create(b, loc, build());
      };
    };
    return scf::IfOp::create(b, loc, condition, yield(then), yield(otherwise))
        .getResults();
  };
  return choose(
      truth.any,
      [&] {
        return choose(
            truth.all, [&] { return attend(key, /*needsMask=*/false, state); },
            [&] { return attend(key, /*needsMask=*/true, state); });
      },
      [&] { return Values(state); });
}

TileLoops::Values TileLoops::attend(const KeyTile &at, bool needsMask,
                                    ValueRange state) {
  auto attend = AttendOp::create(
      b, loc, state.getTypes(), query, at.key, at.value, state[0], state[1],
      state[2], op.getScaleAttr(), op.getQueryLayoutAttr(),
      op.getKeyLayoutAttr(), op.getValueLayoutAttr());
  scoreRegion->copyTo(b, attend.getScore(), firstQuery, at.first);
  if (needsMask)
    maskRegion->copyTo(b, attend.getMask(), firstQuery, at.first);
  return attend.getResults();
}
