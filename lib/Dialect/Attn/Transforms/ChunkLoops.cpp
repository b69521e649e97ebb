//===- ChunkLoops.cpp - The loops over chunks of tokens -------------------===//
#include "ChunkLoops.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

ChunkLoops::ChunkLoops(LinearAttentionOp op, OpBuilder &builder,
                       const TilingPolicy &policy, int64_t chunk)
    : op(op), b(builder), loc(op.getLoc()), policy(policy), chunk(chunk),
      type(op.getScoreType()), sizes(resolveLinearSizes(op, builder)),
      zero(b.getIndexAttr(0)), one(b.getIndexAttr(1)) {}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

/// An empty tensor of a type whose dynamic sizes are looked up by canonical
/// dimension.
Value ChunkLoops::createTensor(RankedTensorType like, ArrayRef<int64_t> layout,
                               const FoldResults &canonical) {
  FoldResults shape;
  for (auto [p, dim] : llvm::enumerate(layout))
    shape.push_back(like.isDynamicDim(p) ? OpFoldResult(toValue(canonical[dim]))
                                         : b.getIndexAttr(like.getDimSize(p)));
  return tensor::EmptyOp::create(b, loc, shape, like.getElementType());
}

ChunkLoops::FoldResults ChunkLoops::getStatesShape() {
  return {sizes.batches, sizes.kvHeads, sizes.features, sizes.valueFeatures};
}

/// All heads' states before the first token.
Value ChunkLoops::createStates() {
  FoldResults shape = getStatesShape();
  Value result = op.getNewState();
  Value empty =
      result
          ? createTensor(cast<RankedTensorType>(result.getType()).clone(type),
                         {0, 1, 2, 3}, shape)
          : tensor::EmptyOp::create(b, loc, shape, type);
  Value state = op.getState();
  if (!state)
    return linalg::FillOp::create(b, loc, constantFloat(b, loc, type, 0), empty)
        .getResult(0);
  return state.getType() == empty.getType()
             ? state
             : convertTensor(b, loc, state, empty);
}

/// The states after the last token, as the op returns them.
Value ChunkLoops::finishStates(Value states) {
  auto wanted = cast<RankedTensorType>(op.getNewState().getType());
  if (states.getType() == wanted)
    return states;
  return convertTensor(b, loc, states,
                       createTensor(wanted, {0, 1, 2, 3}, getStatesShape()));
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

Slice ChunkLoops::locate(ArrayRef<int64_t> layout, const Place &place,
                         OpFoldResult features) {
  Slice canonical{{place.batch, place.head, place.first, zero},
                  {one, place.heads, place.tokens, features}};
  return canonical.inLayout(layout);
}

Value ChunkLoops::extract(Value tensor, DenseI64ArrayAttr layout,
                          const Place &place, OpFoldResult features) {
  return extractSlice(b, loc, tensor,
                      locate(getLayout(layout, 4), place, features));
}

Value ChunkLoops::extractGate(Value gate, const Place &place) {
  if (!gate)
    return {};
  int64_t rank = cast<RankedTensorType>(gate.getType()).getRank();
  return extractSlice(b, loc, gate,
                      locate(getLayout({}, rank), place, sizes.features));
}

/// The state has one "token" for each feature of the key.
ChunkLoops::Place ChunkLoops::atState() const {
  Place place = keys;
  place.first = zero;
  place.tokens = sizes.features;
  return place;
}

/// min(chunk, tokens - first).
OpFoldResult ChunkLoops::remaining(Value first) {
  if (auto length = getConstantIntValue(sizes.tokens)) {
    if (*length <= chunk)
      return sizes.tokens;
    if (*length % chunk == 0)
      return b.getIndexAttr(chunk);
  }
  auto map = AffineMap::get(1, 1,
                            {b.getAffineConstantExpr(chunk),
                             b.getAffineSymbolExpr(0) - b.getAffineDimExpr(0)},
                            b.getContext());
  return affine::makeComposedFoldedAffineMin(b, loc, map,
                                             {first, sizes.tokens});
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> ChunkLoops::build() {
  Value output = createTensor(
      cast<RankedTensorType>(op.getOutput().getType()),
      getLayout(op.getOutputLayoutAttr(), 4),
      {sizes.batches, sizes.queryHeads, sizes.tokens, sizes.valueFeatures});
  Value states = createStates();
  // A token's part in the state, and what its query reads of it.
  std::optional<int64_t> multiplyAdds =
      getConstantProduct({b.getIndexAttr(2), sizes.batches, sizes.queryHeads,
                          sizes.tokens, sizes.features, sizes.valueFeatures});
  auto forall =
      scf::ForallOp::create(b, loc, FoldResults{sizes.batches, sizes.kvHeads},
                            ValueRange{output, states},
                            policy.getMapping(b.getContext(), 2, multiplyAdds),
                            [&](OpBuilder &, Location, ValueRange args) {
                              buildHead(args.take_front(2), args.drop_front(2));
                            });
  Values results{forall.getResult(0)};
  if (op.getNewState())
    results.push_back(finishStates(forall.getResult(1)));
  return results;
}

void ChunkLoops::buildHead(ValueRange position, ValueRange shared) {
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  OpFoldResult firstHead = affine::makeComposedFoldedAffineApply(
      b, loc, d0 * s0, {position[1], sizes.group});
  keys = {position[0], position[1], one, zero, sizes.tokens};
  queries = {position[0], firstHead, sizes.group, zero, sizes.tokens};
  Value begin = toValue(zero), end = toValue(sizes.tokens),
        step = constantIndex(b, loc, chunk);
  Values before{extract(shared[0], op.getOutputLayoutAttr(), queries,
                        sizes.valueFeatures),
                extract(shared[1], {}, atState(), sizes.valueFeatures)};
  auto loop = scf::ForOp::create(
      b, loc, begin, end, step, before,
      [&](OpBuilder &, Location, Value first, ValueRange carried) {
        scf::YieldOp::create(b, loc, buildChunk(first, carried));
      });
  auto parallel = scf::InParallelOp::create(b, loc);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(parallel.getBody());
  auto insert = [&](unsigned n, DenseI64ArrayAttr layout, const Place &place) {
    Slice at = locate(getLayout(layout, 4), place, sizes.valueFeatures);
    tensor::ParallelInsertSliceOp::create(b, loc, loop.getResult(n), shared[n],
                                          at.offsets, at.sizes,
                                          FoldResults(4, one));
  };
  insert(0, op.getOutputLayoutAttr(), queries);
  insert(1, {}, atState());
}

SmallVector<Value> ChunkLoops::buildChunk(Value first, ValueRange carried) {
  Place ofKeys = keys, ofQueries = queries, ofOutput = queries;
  ofKeys.first = ofQueries.first = ofOutput.first = first;
  ofKeys.tokens = ofQueries.tokens = ofOutput.tokens = remaining(first);
  ofOutput.batch = ofOutput.head = zero; // the head's part is carried
  DenseI64ArrayAttr layout = op.getOutputLayoutAttr();
  Value query = extract(op.getQuery(), op.getQueryLayoutAttr(), ofQueries,
                        sizes.features);
  Value key =
      extract(op.getKey(), op.getKeyLayoutAttr(), ofKeys, sizes.features);
  Value value = extract(op.getValue(), op.getValueLayoutAttr(), ofKeys,
                        sizes.valueFeatures);
  Value decay = extractGate(op.getDecay(), ofKeys);
  Value beta = extractGate(op.getBeta(), ofKeys);
  Value output = extract(carried[0], layout, ofOutput, sizes.valueFeatures);
  auto step = LinearChunkOp::create(
      b, loc, TypeRange{output.getType(), carried[1].getType()},
      op.getRuleAttr(), query, key, value, decay, beta, output, carried[1],
      op.getScaleAttr(), op.getQueryLayoutAttr(), op.getKeyLayoutAttr(),
      op.getValueLayoutAttr(), layout);
  Slice at = locate(getLayout(layout, 4), ofOutput, sizes.valueFeatures);
  Value whole =
      tensor::InsertSliceOp::create(b, loc, step.getResult(0), carried[0],
                                    at.offsets, at.sizes, FoldResults(4, one));
  return {whole, step.getResult(1)};
}
