//===- ChunkLoops.cpp - The loops over chunks of tokens -------------------===//
#include "ChunkLoops.h"
#include "attn/Dialect/Attn/Utils/RuntimeCalls.h"
#include "attn/Runtime/Symbols.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

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

Slice ChunkLoops::locate(ArrayRef<int64_t> layout, const Place &place) {
  Slice canonical{{place.batch, place.head, place.first, place.firstFeature},
                  {one, place.heads, place.tokens, place.features}};
  return canonical.inLayout(layout);
}

Value ChunkLoops::extract(Value tensor, DenseI64ArrayAttr layout,
                          const Place &place) {
  return extractSlice(b, loc, tensor, locate(getLayout(layout, 4), place));
}

Value ChunkLoops::extractGate(Value gate, const Place &place) {
  if (!gate)
    return {};
  int64_t rank = cast<RankedTensorType>(gate.getType()).getRank();
  return extractSlice(b, loc, gate, locate(getLayout({}, rank), place));
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

/// A token's part in the state, and what its query reads of it.
std::optional<int64_t> ChunkLoops::getMultiplyAdds() {
  return getConstantProduct({b.getIndexAttr(2), sizes.batches, sizes.queryHeads,
                             sizes.tokens, sizes.features,
                             sizes.valueFeatures});
}

/// As many parts as make no more tasks than there are threads.
void ChunkLoops::divideHeads(std::optional<int64_t> multiplyAdds) {
  parts = one;
  columns = sizes.valueFeatures;
  int64_t unit = policy.getLinearColumns(op, multiplyAdds);
  std::optional<int64_t> heads =
      getConstantProduct({sizes.batches, sizes.kvHeads});
  if (!unit || *getConstantIntValue(columns) <= unit ||
      (heads && *heads > policy.getWantedTasks() / 2))
    return;
  ImplicitLocOpBuilder builder(loc, b);
  auto constant = [&](int64_t n) {
    return arith::ConstantIndexOp::create(builder, n).getResult();
  };
  Value threads =
            callRuntime(builder, loc, ATTN_NUM_THREADS, builder.getIndexType()),
        units = constant(llvm::divideCeil(*getConstantIntValue(columns), unit));
  Value tasks = builder.createOrFold<arith::MulIOp>(toValue(sizes.batches),
                                                    toValue(sizes.kvHeads));
  tasks = builder.createOrFold<arith::MaxUIOp>(tasks, constant(1));
  Value most = builder.createOrFold<arith::DivUIOp>(threads, tasks);
  most = arith::MaxUIOp::create(builder, most, constant(1));
  Value each = arith::CeilDivUIOp::create(builder, units, most);
  parts = arith::CeilDivUIOp::create(builder, units, each).getResult();
  columns = arith::MulIOp::create(builder, each, constant(unit)).getResult();
}

SmallVector<Value> ChunkLoops::build() {
  Value output = createTensor(
      cast<RankedTensorType>(op.getOutput().getType()),
      getLayout(op.getOutputLayoutAttr(), 4),
      {sizes.batches, sizes.queryHeads, sizes.tokens, sizes.valueFeatures});
  Value states = createStates();
  std::optional<int64_t> multiplyAdds = getMultiplyAdds();
  divideHeads(multiplyAdds);
  FoldResults tasks{sizes.batches, sizes.kvHeads};
  if (!isOneInteger(parts))
    tasks.push_back(parts);
  auto forall = scf::ForallOp::create(
      b, loc, tasks, ValueRange{output, states},
      policy.getMapping(b.getContext(), tasks.size(), multiplyAdds),
      [&](OpBuilder &, Location, ValueRange args) {
        buildHead(args.drop_back(2), args.take_back(2));
      });
  Values results{forall.getResult(0)};
  if (op.getNewState())
    results.push_back(finishStates(forall.getResult(1)));
  return results;
}

/// Where the operands of one task lie.
void ChunkLoops::locateHead(ValueRange position) {
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  OpFoldResult firstHead = affine::makeComposedFoldedAffineApply(
      b, loc, d0 * s0, {position[1], sizes.group});
  keys = {position[0],  position[1], one,           zero,
          sizes.tokens, zero,        sizes.features};
  queries = keys;
  queries.head = firstHead;
  queries.heads = sizes.group;
  values = keys;
  values.features = columns;
  if (position.size() > 2) {
    Value first = arith::MulIOp::create(b, loc, position[2], toValue(columns));
    int64_t most = *getConstantIntValue(sizes.valueFeatures);
    // The second is less wherever the third is; the third bounds them all.
    values.firstFeature = first;
    values.features = affine::makeComposedFoldedAffineMin(
        b, loc,
        AffineMap::get(1, 1,
                       {s0, b.getAffineConstantExpr(most) - d0,
                        b.getAffineConstantExpr(most)},
                       b.getContext()),
        {first, toValue(columns)});
  }
  outputs = queries;
  state = values;
  outputs.firstFeature = values.firstFeature;
  outputs.features = values.features;
  // It has one "token" for each feature of the key.
  state.tokens = sizes.features;
}

void ChunkLoops::buildHead(ValueRange position, ValueRange shared) {
  locateHead(position);
  Value begin = toValue(zero), end = toValue(sizes.tokens),
        step = constantIndex(b, loc, chunk);
  Values before{extract(shared[0], op.getOutputLayoutAttr(), outputs),
                extract(shared[1], {}, state)};
  auto loop = scf::ForOp::create(
      b, loc, begin, end, step, before,
      [&](OpBuilder &, Location, Value first, ValueRange carried) {
        scf::YieldOp::create(b, loc, buildChunk(first, carried));
      });
  auto parallel = scf::InParallelOp::create(b, loc);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(parallel.getBody());
  auto insert = [&](unsigned n, DenseI64ArrayAttr layout, const Place &place) {
    Slice at = locate(getLayout(layout, 4), place);
    tensor::ParallelInsertSliceOp::create(b, loc, loop.getResult(n), shared[n],
                                          at.offsets, at.sizes,
                                          FoldResults(4, one));
  };
  insert(0, op.getOutputLayoutAttr(), outputs);
  insert(1, {}, state);
}

SmallVector<Value> ChunkLoops::buildChunk(Value first, ValueRange carried) {
  Place ofKeys = keys, ofValues = values, ofQueries = queries,
        ofOutput = outputs;
  OpFoldResult count = remaining(first);
  for (Place *place : {&ofKeys, &ofValues, &ofQueries, &ofOutput}) {
    place->first = first;
    place->tokens = count;
  }
  // The head's part is carried.
  ofOutput.batch = ofOutput.head = ofOutput.firstFeature = zero;
  DenseI64ArrayAttr layout = op.getOutputLayoutAttr();
  Value query = extract(op.getQuery(), op.getQueryLayoutAttr(), ofQueries);
  Value key = extract(op.getKey(), op.getKeyLayoutAttr(), ofKeys);
  Value value = extract(op.getValue(), op.getValueLayoutAttr(), ofValues);
  Value decay = extractGate(op.getDecay(), ofKeys);
  Value beta = extractGate(op.getBeta(), ofKeys);
  Value output = extract(carried[0], layout, ofOutput);
  auto step = LinearChunkOp::create(
      b, loc, TypeRange{output.getType(), carried[1].getType()},
      op.getRuleAttr(), query, key, value, decay, beta, output, carried[1],
      op.getScaleAttr(), op.getQueryLayoutAttr(), op.getKeyLayoutAttr(),
      op.getValueLayoutAttr(), layout);
  Slice at = locate(getLayout(layout, 4), ofOutput);
  Value whole =
      tensor::InsertSliceOp::create(b, loc, step.getResult(0), carried[0],
                                    at.offsets, at.sizes, FoldResults(4, one));
  return {whole, step.getResult(1)};
}
