//===- TileLoops.cpp - The loops over tiles -------------------------------===//
#include "TileLoops.h"
#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The sizes of the op's loops, with run-time checks of what is not known to be
/// equal.
static LoopSizes resolveSizes(AttentionOp op, OpBuilder &builder) {
  AttentionInputs inputs = getAttentionInputs(op);
  ShapedOperand output = ShapedOperand::getResult("output", op.getOutput(),
                                                  op.getOutputLayoutAttr());
  ShapedOperand lse, sink;
  SharedDims dims(inputs);
  dims.addRows(output);
  dims.valueFeatures.push_back({&output, Feature});
  if (op.getLse()) {
    lse = ShapedOperand::getResult("lse", op.getLse(), op.getLseLayoutAttr());
    dims.addRows(lse);
  }
  if (op.getSink()) {
    sink = ShapedOperand::get("sink", op.getSink());
    dims.queryHeads.push_back({&sink, 0});
  }
  LoopSizes sizes = dims.resolve(builder, op.getLoc());
  for (OpFoldResult &size : sizes) // a folded tensor.dim is a constant's value
    if (auto value = dyn_cast_if_present<Value>(size))
      size = getAsOpFoldResult(value);
  return sizes;
}

/// Tiles are not larger than a length that is known, and share queries that
/// need two of them.
TileSizes TileLoops::fit() const {
  auto fitOne = [&](int64_t extent, Loop loop) {
    auto length = getConstantIntValue(size(loop));
    if (loop == Loop::Query && length && *length > extent &&
        *length <= 2 * extent)
      return policy.divideQueries(*length, extent);
    return length ? std::clamp<int64_t>(*length, 1, extent) : extent;
  };
  int64_t most =
      maxQueries > 0 ? std::min(wanted.query, maxQueries) : wanted.query;
  return {fitOne(most, Loop::Query), fitOne(wanted.key, Loop::Key)};
}

bool attn::masksByHead(AttentionOp op) {
  return !op.getMask().empty() && !op.getMask().getArgument(1).use_empty();
}

/// Query heads of a tile: a whole group where its queries fit into one tile, so
/// that keys and values are read once for all of them. A mask that looks at the
/// head would need loops over key tiles for each.
int64_t TileLoops::chooseHeads() const {
  std::optional<int64_t> group = getConstantIntValue(size(Loop::Group)),
                         rows = getConstantIntValue(size(Loop::Query));
  if (!rows && maxQueries > 0)
    rows = maxQueries;
  bool fits = group && rows && *group > 1 && *rows > 0 &&
              *group <= wanted.query / *rows;
  return fits && !masksByHead(op) ? *group : 1;
}

/// Whether closed forms may call tiles PARTIAL that are EMPTY or FULL, because
/// data decides or because a range is wider than what it covers.
static bool leavesTilesOpen(const MaskAnalysis &analysis) {
  auto isWide = [](const KeyTileRange &range) { return !range.exact; };
  return !analysis.isExact() ||
         llvm::any_of(analysis.getAttendedTiles(), isWide);
}

TileLoops::TileLoops(AttentionOp op, TileableRegions &regions,
                     OpBuilder &builder, const TilingPolicy &policy,
                     int64_t maxQueries)
    : op(op), regions(regions), b(builder), loc(op.getLoc()), policy(policy),
      sizes(resolveSizes(op, builder)), maxQueries(maxQueries),
      wanted(policy.getTile(op)), tile(fit()),
      unmaskedKeys(std::max(policy.getUnmaskedKeys(op), tile.key)),
      maskedKeys(tile.key), heads(chooseHeads()), analysis(op, tile) {
  if (!leavesTilesOpen(analysis)) {
    maskedKeys = std::max(policy.getMaskedKeys(op), tile.key);
    return;
  }
  classes.emplace(op, tile);
  if (!classes->isWorthwhile())
    classes.reset();
}

OpFoldResult TileLoops::apply(AffineExpr expr,
                              ArrayRef<OpFoldResult> operands) {
  return affine::makeComposedFoldedAffineApply(b, loc, expr, operands);
}

Value TileLoops::toValue(OpFoldResult result) {
  return getValueOrCreateConstantIndexOp(b, loc, result);
}

/// min(tile, end - offset).
OpFoldResult TileLoops::remaining(int64_t tile, Value offset,
                                  OpFoldResult end) {
  AffineExpr extent = b.getAffineConstantExpr(tile);
  auto map = AffineMap::get(
      1, 1, {extent, b.getAffineSymbolExpr(0) - b.getAffineDimExpr(0)},
      b.getContext());
  return affine::makeComposedFoldedAffineMin(b, loc, map, {offset, end});
}

/// first + size - 1.
Value TileLoops::getLast(Value first, OpFoldResult size) {
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  return toValue(apply(d0 + s0 - 1, {first, size}));
}

OpFoldResult TileLoops::getTileSize(int64_t tile, Value offset, Loop loop,
                                    OpFoldResult end) {
  auto length = getConstantIntValue(size(loop));
  return length && *length % tile == 0 ? b.getIndexAttr(tile)
                                       : remaining(tile, offset, end);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

Slice TileLoops::inLayout(const Slice &canonical, DenseI64ArrayAttr layout) {
  return canonical.inLayout(getLayout(layout, canonical.sizes.size()));
}

Value TileLoops::extract(Value tensor, DenseI64ArrayAttr layout,
                         const Slice &canonical) {
  Value slice = extractSlice(b, loc, tensor, inLayout(canonical, layout));
  // The loops' bounds are those of the op, whose operands were checked.
  markAsInBounds(slice.getDefiningOp());
  return slice;
}

/// Of the query tile; without `features`, of a tensor of rows.
Slice TileLoops::getQuerySlice(OpFoldResult features) const {
  Slice slice{{batch, head, firstQuery},
              {b.getIndexAttr(1), b.getIndexAttr(heads), rows}};
  if (features)
    slice.add(b.getIndexAttr(0), features);
  return slice;
}

OpFoldResult TileLoops::getQueryHeads() {
  AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1);
  return apply(s0 * s1, {size(Loop::KvHead), size(Loop::Group)});
}

/// An empty tensor of a result's type.
Value TileLoops::createOutput(Value result, DenseI64ArrayAttr layout) {
  auto type = cast<RankedTensorType>(result.getType());
  FoldResults shape, canonical{size(Loop::Batch), getQueryHeads(),
                               size(Loop::Query), size(Loop::ValueFeature)};
  for (auto [p, dim] : llvm::enumerate(getLayout(layout, type.getRank())))
    shape.push_back(type.isDynamicDim(p) ? OpFoldResult(toValue(canonical[dim]))
                                         : b.getIndexAttr(type.getDimSize(p)));
  return tensor::EmptyOp::create(b, loc, shape, type.getElementType());
}

//===----------------------------------------------------------------------===//
// Query tiles
//===----------------------------------------------------------------------===//

/// Numbers of batches, query heads (or groups of them) and query tiles.
TileLoops::FoldResults TileLoops::getBounds() {
  return {
      size(Loop::Batch), heads > 1 ? size(Loop::KvHead) : getQueryHeads(),
      apply(b.getAffineSymbolExpr(0).ceilDiv(tile.query), {size(Loop::Query)})};
}

/// Of both products, were no pair masked; none where sizes are not constant.
std::optional<int64_t> TileLoops::countMultiplyAdds() {
  std::optional<int64_t> pairs = getConstantProduct(
      {size(Loop::Batch), getQueryHeads(), size(Loop::Query), size(Loop::Key)});
  std::optional<int64_t> features = getConstantProduct(size(Loop::Feature)),
                         values = getConstantProduct(size(Loop::ValueFeature));
  int64_t count;
  if (!pairs || !features || !values ||
      llvm::MulOverflow(*pairs, *features + *values, count))
    return std::nullopt;
  return count;
}

TileLoops::Values TileLoops::build() {
  if (classes)
    classes->prepare(b);
  if (shouldSplitKeys())
    return finishParts(mergeParts(buildParts()));
  Values outputs{createOutput(op.getOutput(), op.getOutputLayoutAttr())};
  if (op.getLse())
    outputs.push_back(createOutput(op.getLse(), op.getLseLayoutAttr()));
  auto forall = scf::ForallOp::create(
      b, loc, getBounds(), outputs,
      policy.getMapping(b.getContext(), 3, countMultiplyAdds()),
      [&](OpBuilder &, Location, ValueRange args) {
        placeQueryTile(args.take_front(3));
        finish(attendToKeys(), args.drop_front(3));
      });
  return forall.getResults();
}

std::string TileLoops::describe() const {
  std::string group = heads > 1 ? std::to_string(heads) + " heads by " : "";
  return ("tiles of " + group + Twine(tile.query) + " queries by " +
          Twine(tile.key) + " keys; loops over key tiles: " + Twine(numFull) +
          " without the mask, " + Twine(numPartial) + " with it" +
          (classes ? ", where data decides" : "") +
          (numParts ? "; split-KV" : "") +
          (analysis.getEffort().isSpent()
               ? "; expected a mask whose tiles are found with the effort that "
                 "is spent on it, got one that takes more: some may be visited "
                 "or masked in vain"
               : ""))
      .str();
}

void TileLoops::placeQueryTile(ValueRange position) {
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  batch = position[0];
  // From the last: with a causal mask these take longest, and what takes
  // longest starts first.
  AffineExpr last = s0.ceilDiv(tile.query) - 1;
  queryTile = toValue(apply(last - d0, {position[2], size(Loop::Query)}));
  firstQuery = toValue(apply(d0 * tile.query, {queryTile}));
  rows = getTileSize(tile.query, firstQuery, Loop::Query, size(Loop::Query));
  if (heads > 1) {
    kvHead = position[1];
    head = toValue(apply(d0 * heads, {kvHead}));
    return;
  }
  head = position[1];
  // Without heads there is nothing to divide, nor a tile.
  OpFoldResult group = size(Loop::Group);
  if (isConstantIntValue(group, 0))
    group = b.getIndexAttr(1);
  kvHead = isConstantIntValue(group, 1)
               ? head
               : toValue(apply(d0.floorDiv(s0), {head, group}));
}

TileLoops::Values TileLoops::attendToKeys() {
  query = moveToScratch(extract(op.getQuery(), op.getQueryLayoutAttr(),
                                getQuerySlice(size(Loop::Feature))));
  scoreRegion.emplace(b, regions.getScore(), batch, head, heads == 1);
  maskRegion.emplace(b, regions.getMask(), batch, head, heads == 1);
  if (classes)
    classes->beginQueryTile(b, batch, head, firstQuery,
                            getLast(firstQuery, rows));
  Values state = initialize(getQuerySlice({}).sizes, /*inScratch=*/true);
  QueryTilePosition position{batch, head, queryTile, toValue(size(Loop::Query)),
                             toValue(size(Loop::Key))};
  for (KeyTileLoop &loop : emitKeyTileLoops(b, op, analysis, position)) {
    clip(loop);
    state = visitKeys(loop, state);
    ++(loop.needsMask ? numPartial : numFull);
  }
  return state;
}

/// All loops over keys read it: kernels bring it into their layout once.
Value TileLoops::moveToScratch(Value tensor) {
  auto copy = bufferization::AllocTensorOp::create(
      b, loc, cast<RankedTensorType>(tensor.getType()),
      /*dynamicSizes=*/ValueRange(), /*copy=*/tensor);
  copy.setMemorySpaceAttr(ScratchAttr::get(b.getContext()));
  return copy;
}

/// An empty state of `rows`: batches, query heads and queries.
TileLoops::Values TileLoops::initialize(FoldResults rows, bool inScratch) {
  rows.push_back(size(Loop::ValueFeature));
  Values dynamic;
  SmallVector<int64_t> shape;
  dispatchIndexOpFoldResults(rows, dynamic, shape);
  Type type = op.getScoreType();
  auto acc = RankedTensorType::get(shape, type);
  auto statistics = RankedTensorType::get(ArrayRef(shape).drop_back(), type);
  return InitStateOp::create(b, loc, acc, statistics, statistics, dynamic,
                             inScratch)
      .getResults();
}

FinalizeStateOp TileLoops::finalize(ValueRange state, FoldResults rows,
                                    Value sink) {
  auto typeOf = [&](Value result, DenseI64ArrayAttr layout,
                    FoldResults canonical) -> Type {
    if (!result)
      return {};
    Slice slice = inLayout({canonical, canonical}, layout);
    Values dynamic;
    SmallVector<int64_t> shape;
    dispatchIndexOpFoldResults(slice.sizes, dynamic, shape);
    return RankedTensorType::get(shape, getElementTypeOrSelf(result.getType()));
  };
  FoldResults all = rows;
  all.push_back(size(Loop::ValueFeature));
  return FinalizeStateOp::create(
      b, loc, typeOf(op.getOutput(), op.getOutputLayoutAttr(), all),
      typeOf(op.getLse(), op.getLseLayoutAttr(), rows), state[0], state[1],
      state[2], sink, op.getOutputLayoutAttr(), op.getLseLayoutAttr());
}

void TileLoops::finish(ValueRange state, ValueRange outputs) {
  Value sink;
  if (op.getSink())
    sink =
        extractSlice(b, loc, op.getSink(), {{head}, {b.getIndexAttr(heads)}});
  FinalizeStateOp finalize =
      this->finalize(state, getQuerySlice({}).sizes, sink);
  SmallVector<Slice> slices{inLayout(getQuerySlice(size(Loop::ValueFeature)),
                                     op.getOutputLayoutAttr())};
  if (op.getLse())
    slices.push_back(inLayout(getQuerySlice({}), op.getLseLayoutAttr()));
  insertInParallel(finalize->getResults(), outputs, slices);
}

/// Ends the body of a scf.forall.
void TileLoops::insertInParallel(ValueRange sources, ValueRange outputs,
                                 ArrayRef<Slice> slices) {
  auto parallel = scf::InParallelOp::create(b, loc);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(parallel.getBody());
  for (auto [source, output, slice] : llvm::zip(sources, outputs, slices)) {
    FoldResults strides(slice.sizes.size(), b.getIndexAttr(1));
    tensor::ParallelInsertSliceOp::create(b, loc, source, output, slice.offsets,
                                          slice.sizes, strides);
  }
}
