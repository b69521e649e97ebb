//===- CacheUpdate.cpp - attn.cache_update to linalg ----------------------===//
#include "Patterns.h"
#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What is new is copied into the cache, batch by batch, and nothing else is
/// touched. Circular caches, and GPUs, which have a thread for each place,
/// pull: every place of the result asks which token, if any, was written there.
/// `out[b, .., p, ..] = t in [0, T) ? update[b, .., t, ..] : cache[...]`.
struct LowerCacheUpdate : OpRewritePattern<CacheUpdateOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CacheUpdateOp op,
                                PatternRewriter &rewriter) const override {
    checkSizes(op, rewriter);
    if (!op.getPositions()) {
      rewriter.replaceOp(op, writeAtStart(op, rewriter));
      return success();
    }
    checkPositions(op, rewriter);
    bool hasThreads = isa_and_nonnull<GPUTargetAttr>(getTarget(op));
    rewriter.replaceOp(op, op.getCircular() || hasThreads
                               ? pull(op, rewriter)
                               : writeAtPositions(op, rewriter));
    return success();
  }

private:
  static void checkSizes(CacheUpdateOp op, OpBuilder &builder);
  static void checkPositions(CacheUpdateOp op, OpBuilder &builder);
  static Value writeAtStart(CacheUpdateOp op, OpBuilder &builder);
  static Value writeAtPositions(CacheUpdateOp op, OpBuilder &builder);
  static Value pull(CacheUpdateOp op, OpBuilder &builder);
};

} // namespace

static Value dimOf(OpBuilder &builder, Location loc, Value tensor,
                   int64_t dim) {
  return builder.createOrFold<tensor::DimOp>(loc, tensor, dim);
}

static Value compare(OpBuilder &builder, Location loc,
                     arith::CmpIPredicate predicate, Value a, Value b) {
  return builder.createOrFold<arith::CmpIOp>(loc, predicate, a, b);
}

void LowerCacheUpdate::checkSizes(CacheUpdateOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  auto cache = ShapedOperand::get("cache", op.getCache());
  auto update = ShapedOperand::get("update", op.getUpdate());
  int64_t axis = op.getAxis();
  for (int64_t dim = 0; dim < cache.type.getRank(); ++dim)
    if (dim != axis)
      assertSameSize(builder, loc, update, dim, cache, dim);
  if (cache.type.isDynamicDim(axis) || update.type.isDynamicDim(axis))
    assertThat(builder, loc,
               compare(builder, loc, arith::CmpIPredicate::sle,
                       dimOf(builder, loc, op.getUpdate(), axis),
                       dimOf(builder, loc, op.getCache(), axis)),
               "expected dimension " + Twine(axis) +
                   " of update to be at most dimension " + Twine(axis) +
                   " of cache");
  if (op.getPositions())
    assertSameSize(builder, loc,
                   ShapedOperand::get("positions", op.getPositions()), 0, cache,
                   0);
}

/// D21, for all batches before anything is written. An update without tokens
/// reads no position.
void LowerCacheUpdate::checkPositions(CacheUpdateOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  Value tokens = dimOf(builder, loc, op.getUpdate(), op.getAxis());
  Value size = dimOf(builder, loc, op.getCache(), op.getAxis());
  Value zero = constantIndex(builder, loc, 0);
  Value last = builder.createOrFold<arith::SubIOp>(loc, size, tokens);
  Value valid = allElements(
      builder, loc, op.getPositions(),
      [&](OpBuilder &b, Location l, Value position) {
        position = toIndex(b, l, position);
        Value from = compare(b, l, arith::CmpIPredicate::sge, position, zero);
        if (op.getCircular())
          return from;
        Value to = compare(b, l, arith::CmpIPredicate::sle, position, last);
        return b.createOrFold<arith::AndIOp>(l, from, to);
      });
  Value none = compare(builder, loc, arith::CmpIPredicate::eq, tokens, zero);
  assertThat(builder, loc, builder.createOrFold<arith::OrIOp>(loc, valid, none),
             op.getCircular()
                 ? Twine("expected positions of at least 0, got a negative one")
                 : "expected positions to leave room for the update in "
                   "dimension " +
                       Twine(op.getAxis()) + " of cache, got one out of range");
}

/// Every position is 0: the update is one slice.
Value LowerCacheUpdate::writeAtStart(CacheUpdateOp op, OpBuilder &builder) {
  if (isKnownEmpty(op.getCache().getType()))
    return op.getCache();
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getUpdate().getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getUpdate());
  SmallVector<OpFoldResult> zeros(type.getRank(), builder.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(type.getRank(), builder.getIndexAttr(1));
  return tensor::InsertSliceOp::create(builder, loc, op.getUpdate(),
                                       op.getCache(), zeros, sizes, ones);
}

/// Where a batch is written: what has failed a check must not be written by.
static Value readPosition(CacheUpdateOp op, OpBuilder &builder, Location loc,
                          Value batch) {
  Value position =
      tensor::ExtractOp::create(builder, loc, op.getPositions(), batch);
  Value size = dimOf(builder, loc, op.getCache(), op.getAxis()),
        tokens = dimOf(builder, loc, op.getUpdate(), op.getAxis());
  Value last = builder.createOrFold<arith::SubIOp>(loc, size, tokens);
  position = arith::MinSIOp::create(builder, loc,
                                    toIndex(builder, loc, position), last);
  return arith::MaxSIOp::create(builder, loc, position,
                                constantIndex(builder, loc, 0));
}

/// One slice for each batch.
Value LowerCacheUpdate::writeAtPositions(CacheUpdateOp op, OpBuilder &builder) {
  if (isKnownEmpty(op.getUpdate().getType()))
    return op.getCache();
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getUpdate());
  OpFoldResult batches = sizes[Dim::Batch];
  sizes[Dim::Batch] = builder.getIndexAttr(1);
  SmallVector<OpFoldResult> from(sizes.size(), builder.getIndexAttr(0)),
      ones(sizes.size(), builder.getIndexAttr(1));
  auto forall = scf::ForallOp::create(
      builder, loc, batches, op.getCache(), std::nullopt,
      [&](OpBuilder &b, Location l, ValueRange args) {
        from[Dim::Batch] = args[0];
        auto slice = tensor::ExtractSliceOp::create(b, l, op.getUpdate(), from,
                                                    sizes, ones);
        markAsInBounds(slice);
        SmallVector<OpFoldResult> to(from);
        to[op.getAxis()] = readPosition(op, b, l, args[0]);
        auto ends = scf::InParallelOp::create(b, l);
        b.setInsertionPointToStart(ends.getBody());
        tensor::ParallelInsertSliceOp::create(b, l, slice, args[1], to, sizes,
                                              ones);
      });
  return forall.getResult(0);
}

/// Which token was written at `place`, maybe none: less than 0 or past the
/// update. Circular caches count places from the first written one, around the
/// end.
static Value writtenToken(OpBuilder &builder, Location loc, Value place,
                          Value position, Value size, bool circular) {
  Value zero = constantIndex(builder, loc, 0);
  if (!circular)
    return arith::SubIOp::create(builder, loc, place, position);
  // D21: a negative position has failed a check, but must not be read by.
  position = arith::MaxSIOp::create(builder, loc, position, zero);
  Value first = arith::RemSIOp::create(builder, loc, position, size);
  Value token = arith::SubIOp::create(builder, loc, place, first);
  Value around = arith::AddIOp::create(builder, loc, token, size);
  Value wraps = compare(builder, loc, arith::CmpIPredicate::slt, token, zero);
  return arith::SelectOp::create(builder, loc, wraps, around, token);
}

/// The token's element, or what the cache held: a read that is out of bounds is
/// not made.
static Value readUpdate(CacheUpdateOp op, OpBuilder &builder, Location loc,
                        Value token, Value tokens, Value old) {
  Value zero = constantIndex(builder, loc, 0);
  Value from = compare(builder, loc, arith::CmpIPredicate::sge, token, zero);
  Value to = compare(builder, loc, arith::CmpIPredicate::slt, token, tokens);
  Value written = builder.createOrFold<arith::AndIOp>(loc, from, to);
  int64_t rank = cast<RankedTensorType>(op.getUpdate().getType()).getRank();
  SmallVector<Value> place;
  for (int64_t dim = 0; dim < rank; ++dim)
    place.push_back(dim == static_cast<int64_t>(op.getAxis())
                        ? token
                        : linalg::IndexOp::create(builder, loc, dim));
  auto read = [&](OpBuilder &b, Location l) {
    Value element = tensor::ExtractOp::create(b, l, op.getUpdate(), place);
    scf::YieldOp::create(b, l, element);
  };
  auto keep = [&](OpBuilder &b, Location l) {
    scf::YieldOp::create(b, l, old);
  };
  return scf::IfOp::create(builder, loc, written, read, keep).getResult(0);
}

Value LowerCacheUpdate::pull(CacheUpdateOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getCache().getType());
  int64_t rank = type.getRank(), axis = op.getAxis();
  Value tokens = dimOf(builder, loc, op.getUpdate(), axis);
  Value size = dimOf(builder, loc, op.getCache(), axis);
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, op.getCache()),
      type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  AffineMap batch =
      AffineMap::get(rank, 0, builder.getAffineDimExpr(Dim::Batch));
  return buildGeneric(builder, loc, {op.getCache(), op.getPositions()}, empty,
                      {identity, batch, identity},
                      SmallVector<utils::IteratorType>(
                          rank, utils::IteratorType::parallel),
                      [&](OpBuilder &b, Location l,
                          ValueRange args) -> SmallVector<Value> {
                        Value place = linalg::IndexOp::create(b, l, axis);
                        Value position = toIndex(b, l, args[1]);
                        Value token = writtenToken(b, l, place, position, size,
                                                   op.getCircular());
                        return {readUpdate(op, b, l, token, tokens, args[0])};
                      })
      .getResult(0);
}

void mlir::attn::populateCacheUpdatePatterns(RewritePatternSet &patterns) {
  patterns.add<LowerCacheUpdate>(patterns.getContext());
}
