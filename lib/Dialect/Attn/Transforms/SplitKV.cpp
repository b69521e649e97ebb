//===- SplitKV.cpp - Split-KV: keys shared among tasks --------------------===//
// With few queries and heads there are few query tiles, and many keys for each:
// tasks attend to parts of the keys, and their states are merged in order
// (D12). The parts follow from the shape alone, so that results do not depend
// on the number of threads (D16).
//===----------------------------------------------------------------------===//
#include "TileLoops.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// Only where all queries are in one tile, and known tasks are few: a length or
/// batch that is not known counts as long, or as 1. Without queries, a slice of
/// a part would begin behind its end.
bool TileLoops::shouldSplitKeys() {
  auto constantOr = [&](Loop loop, int64_t other) {
    return getConstantIntValue(size(loop)).value_or(other);
  };
  int64_t queries =
      constantOr(Loop::Query, maxQueries > 0 ? maxQueries : INT64_MAX);
  int64_t keys = constantOr(Loop::Key, INT64_MAX);
  std::optional<int64_t> queryHeads = getConstantIntValue(getQueryHeads());
  if (queries > tile.query || keys < 2 * policy.getKeysOfPart() || !queryHeads)
    return false;
  if (queries == 0)
    return false;
  int64_t tasks = constantOr(Loop::Batch, 1) * (*queryHeads / heads);
  return tasks > 0 && tasks <= policy.getWantedTasks() / 2;
}

void TileLoops::placeParts() {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  FoldResults bounds = getBounds();
  Value tasks = toValue(apply(s0 * s1, {bounds[0], bounds[1]}));
  // No batch, no task: any number of parts will do.
  Value some = b.createOrFold<arith::MaxSIOp>(loc, tasks, one());
  Value wanted = b.createOrFold<arith::CeilDivSIOp>(
      loc, constantIndex(b, loc, policy.getWantedTasks()), some);
  Value possible =
      toValue(apply(s0.ceilDiv(policy.getKeysOfPart()), {size(Loop::Key)}));
  Value parts = b.createOrFold<arith::MinSIOp>(loc, wanted, possible);
  numParts = b.createOrFold<arith::MaxSIOp>(loc, parts, one());
  Value tiles = toValue(apply(s0.ceilDiv(tile.key), {size(Loop::Key)}));
  tilesOfPart = b.createOrFold<arith::CeilDivSIOp>(loc, tiles, numParts);
}

/// Of the tensors of states.
Slice TileLoops::getPartSlice(OpFoldResult features) {
  Slice slice = getQuerySlice(features);
  slice.offsets.insert(slice.offsets.begin(), part);
  slice.sizes.insert(slice.sizes.begin(), b.getIndexAttr(1));
  return slice;
}

/// The states of all parts: acc [part, batch, query head, query, feature], max
/// and sum [part, batch, query head, query].
TileLoops::Values TileLoops::buildParts() {
  placeParts();
  FoldResults bounds = getBounds(), shape{numParts, size(Loop::Batch),
                                          getQueryHeads(), size(Loop::Query)};
  bounds.push_back(numParts);
  Type type = op.getScoreType();
  Values states(3, tensor::EmptyOp::create(b, loc, shape, type));
  shape.push_back(size(Loop::ValueFeature));
  states[0] = tensor::EmptyOp::create(b, loc, shape, type);
  auto forall = scf::ForallOp::create(
      b, loc, bounds, states,
      policy.getMapping(b.getContext(), 4, countMultiplyAdds()),
      [&](OpBuilder &, Location, ValueRange args) {
        placeQueryTile(args.take_front(3));
        part = args[3];
        Values state = attendToKeys();
        Slice statistics = getPartSlice({}),
              acc = getPartSlice(size(Loop::ValueFeature));
        insertInParallel(state, args.drop_front(4),
                         {acc, statistics, statistics});
      });
  part = {};
  return forall.getResults();
}

/// Leaves of a loop over key tiles what belongs to `part`.
void TileLoops::clip(KeyTileLoop &loop) {
  if (!part)
    return;
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  Value first = toValue(apply(d0 * s0, {part, tilesOfPart}));
  Value end = toValue(apply(d0 + s0, {first, tilesOfPart}));
  loop.lower = b.createOrFold<arith::MaxSIOp>(loc, loop.lower, first);
  loop.upper = b.createOrFold<arith::MinSIOp>(loc, loop.upper, end);
}

/// The states of all queries, merged in the order of the parts. They are small:
/// not worth waking the threads again.
TileLoops::Values TileLoops::mergeParts(ValueRange states) {
  FoldResults rows{size(Loop::Batch), getQueryHeads(), size(Loop::Query)};
  Values empty = initialize(rows, /*inScratch=*/false);
  auto partOf = [&](Value source, Value part, Type type) -> Value {
    FoldResults sizes = tensor::getMixedSizes(b, loc, source);
    sizes.front() = b.getIndexAttr(1);
    FoldResults offsets(sizes.size(), b.getIndexAttr(0)),
        strides(sizes.size(), b.getIndexAttr(1));
    offsets.front() = part;
    auto slice = tensor::ExtractSliceOp::create(
        b, loc, cast<RankedTensorType>(type), source, offsets, sizes, strides);
    markAsInBounds(slice);
    return slice;
  };
  auto loop = scf::ForOp::create(
      b, loc, constantIndex(b, loc, 0), numParts, one(), empty,
      [&](OpBuilder &, Location, Value part, ValueRange carried) {
        Values both(carried);
        for (auto [source, state] : llvm::zip(states, carried))
          both.push_back(partOf(source, part, state.getType()));
        auto merge = MergeStatesOp::create(b, loc, carried.getTypes(), both);
        scf::YieldOp::create(b, loc, merge.getResults());
      });
  return loop.getResults();
}

/// What replaces the results of the op.
TileLoops::Values TileLoops::finishParts(ValueRange states) {
  FoldResults rows{size(Loop::Batch), getQueryHeads(), size(Loop::Query)};
  FinalizeStateOp finalize = this->finalize(states, rows, op.getSink());
  Values results;
  for (auto [value, result] :
       llvm::zip(finalize->getResults(), op->getResults()))
    results.push_back(
        b.createOrFold<tensor::CastOp>(loc, result.getType(), value));
  return results;
}
