//===- LinearAttention.cpp - attn.linear_attention to linalg --------------===//
// An scf.for over the tokens carries the output and the state [B, Hkv, dk, dv];
// each step of the recurrence (D15) is one linalg.generic over one token.
//===----------------------------------------------------------------------===//
#include "LinearAttention.h"
#include "Building.h"
#include "Patterns.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

using utils::IteratorType;
using Loops = SmallVector<IteratorType>;

namespace {

struct LowerLinearAttention : OpRewritePattern<LinearAttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearAttentionOp op,
                                PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims sizes;
    if (failed(op.reifyResultShapes(rewriter, sizes)))
      return failure();
    checkLinearAttentionSizes(op, rewriter);
    rewriter.replaceOp(op, Recurrence(op, rewriter).lower(sizes));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// The loop
//===----------------------------------------------------------------------===//

Recurrence::Recurrence(LinearAttentionOp op, OpBuilder &builder)
    : op(op), builder(builder), loc(op.getLoc()), type(op.getScoreType()),
      query(
          ShapedOperand::get("query", op.getQuery(), op.getQueryLayoutAttr())),
      key(ShapedOperand::get("key", op.getKey(), op.getKeyLayoutAttr())),
      value(
          ShapedOperand::get("value", op.getValue(), op.getValueLayoutAttr())),
      output(ShapedOperand::getResult("output", op.getOutput(),
                                      op.getOutputLayoutAttr())) {}

SmallVector<Value>
Recurrence::lower(ArrayRef<SmallVector<OpFoldResult>> sizes) {
  SmallVector<Value> results;
  readSizes();
  Value scale = getScale(), zero = constantIndex(builder, loc, 0);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes[0],
                                        output.type.getElementType());
  auto loop = scf::ForOp::create(
      builder, loc, zero, toValue(query.size(builder, loc, Dim::Sequence)),
      constantIndex(builder, loc, 1), ValueRange{empty, initialState()},
      [&](OpBuilder &b, Location l, Value token, ValueRange carried) {
        Value state = updateState(token, carried[1]);
        Value read = readState(token, state);
        scf::YieldOp::create(
            b, l,
            ValueRange{writeOutput(token, read, scale, carried[0]), state});
      });
  results.push_back(loop.getResult(0));
  if (op.getNewState())
    results.push_back(finalState(loop.getResult(1), sizes[1]));
  return results;
}

void Recurrence::readSizes() {
  batch = key.size(builder, loc, Dim::Batch);
  kvHeads = key.size(builder, loc, Dim::Head);
  keyFeatures = key.size(builder, loc, Dim::Feature);
  valueFeatures = value.size(builder, loc, Dim::Feature);
  queryHeads = query.size(builder, loc, Dim::Head);
  group = getGroup();
}

/// Query heads per kv head, at least 1: a model without heads has no rows, but
/// must not divide by zero.
Value Recurrence::getGroup() {
  Value one = constantIndex(builder, loc, 1);
  Value heads =
      builder.createOrFold<arith::MaxSIOp>(loc, toValue(kvHeads), one);
  Value group =
      builder.createOrFold<arith::DivSIOp>(loc, toValue(queryHeads), heads);
  return builder.createOrFold<arith::MaxSIOp>(loc, group, one);
}

/// The attribute, or 1/sqrt(dk).
Value Recurrence::getScale() {
  if (std::optional<double> scale = op.getStaticScale())
    return constantFloat(builder, loc, type, *scale);
  Value features = arith::IndexCastOp::create(
      builder, loc, builder.getI64Type(), toValue(keyFeatures));
  Value size = arith::SIToFPOp::create(builder, loc, type, features);
  Value root = math::SqrtOp::create(builder, loc, size);
  return arith::DivFOp::create(builder, loc,
                               constantFloat(builder, loc, type, 1), root);
}

Value Recurrence::makeEmpty(ArrayRef<OpFoldResult> sizes, Type elementType) {
  return tensor::EmptyOp::create(builder, loc, sizes, elementType);
}

Value Recurrence::makeZeros(ArrayRef<OpFoldResult> sizes) {
  return linalg::FillOp::create(builder, loc,
                                constantFloat(builder, loc, type, 0),
                                makeEmpty(sizes, type))
      .getResult(0);
}

Value Recurrence::initialState() {
  SmallVector<OpFoldResult> sizes = {batch, kvHeads, keyFeatures,
                                     valueFeatures};
  if (!op.getState())
    return makeZeros(sizes);
  return convertTensor(builder, loc, op.getState(), makeEmpty(sizes, type));
}

Value Recurrence::finalState(Value state, ArrayRef<OpFoldResult> sizes) {
  auto wanted = cast<RankedTensorType>(op.getNewState().getType());
  if (state.getType() != wanted)
    return convertTensor(builder, loc, state,
                         makeEmpty(sizes, wanted.getElementType()));
  if (wanted.hasStaticShape())
    return state;
  // All of it, by sizes that do not come out of the loop: the shapes of results
  // must follow from those of operands without running it.
  SmallVector<OpFoldResult> zeros(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(4, builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, wanted, state, zeros,
                                        sizes, ones);
}

//===----------------------------------------------------------------------===//
// One token
//===----------------------------------------------------------------------===//

/// A slice of one token; the other dimensions stay in their order.
Value Recurrence::sliceToken(const ShapedOperand &operand, Value token) {
  int64_t sequence = getTensorDim(operand.layout, Dim::Sequence);
  SmallVector<OpFoldResult> offsets(operand.type.getRank(),
                                    builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(operand.type.getRank(),
                                    builder.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, operand.value);
  offsets[sequence] = token;
  sizes[sequence] = builder.getIndexAttr(1);
  SmallVector<int64_t> shape(operand.type.getShape());
  shape.erase(shape.begin() + sequence);
  return tensor::ExtractSliceOp::create(
      builder, loc, RankedTensorType::get(shape, operand.type.getElementType()),
      operand.value, offsets, sizes, strides);
}

/// The map of a token's slice when `loops` says which loop runs over which
/// canonical dimension.
AffineMap Recurrence::tokenMap(const ShapedOperand &operand, unsigned loopCount,
                               TokenLoops loops) {
  SmallVector<AffineExpr> results;
  for (int64_t dim : operand.layout)
    if (dim != Dim::Sequence)
      results.push_back(builder.getAffineDimExpr(dim == Dim::Batch ? loops.batch
                                                 : dim == Dim::Head
                                                     ? loops.head
                                                     : loops.feature));
  return AffineMap::get(loopCount, 0, results, builder.getContext());
}

AffineMap Recurrence::loopMap(unsigned loopCount, ArrayRef<unsigned> loops) {
  return AffineMap::getMultiDimMapWithTargets(loopCount, loops,
                                              builder.getContext());
}

Value Recurrence::updateState(Value token, Value state) {
  if (op.isGated())
    state = decayState(token, state);
  if (op.isDelta())
    return addOuterProduct(token, deltaValue(token, state),
                           loopMap(4, {0, 1, 3}), state);
  return addOuterProduct(token, sliceToken(value, token),
                         tokenMap(value, 4, {0, 1, 3}), state);
}

/// S = exp(decay) * S
Value Recurrence::decayState(Value token, Value state) {
  auto decay = ShapedOperand::get("decay", op.getDecay());
  return buildGeneric(builder, loc, sliceToken(decay, token), state,
                      {tokenMap(decay, 4, {0, 1, 2}), loopMap(4, {0, 1, 2, 3})},
                      Loops(4, IteratorType::parallel),
                      [&](OpBuilder &b, Location l,
                          ValueRange args) -> SmallVector<Value> {
                        Value factor = math::ExpOp::create(
                            b, l, convertFloat(b, l, args[0], type));
                        return {arith::MulFOp::create(b, l, factor, args[1])};
                      })
      .getResult(0);
}

/// v' = beta * (v - S^T k), of shape [B, Hkv, dv]
Value Recurrence::deltaValue(Value token, Value state) {
  Loops reduction = {IteratorType::parallel, IteratorType::parallel,
                     IteratorType::parallel, IteratorType::reduction};
  Value read =
      buildGeneric(
          builder, loc, {state, sliceToken(key, token)},
          makeZeros({batch, kvHeads, valueFeatures}),
          {loopMap(4, {0, 1, 3, 2}), tokenMap(key, 4, {0, 1, 3}),
           loopMap(4, {0, 1, 2})},
          reduction,
          [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
            Value product = arith::MulFOp::create(
                b, l, args[0], convertFloat(b, l, args[1], type));
            return {arith::AddFOp::create(b, l, args[2], product)};
          })
          .getResult(0);
  auto beta = ShapedOperand::get("beta", op.getBeta());
  return buildGeneric(builder, loc,
                      {sliceToken(value, token), sliceToken(beta, token)}, read,
                      {tokenMap(value, 3, {0, 1, 2}),
                       tokenMap(beta, 3, {0, 1, 2}), loopMap(3, {0, 1, 2})},
                      Loops(3, IteratorType::parallel),
                      [&](OpBuilder &b, Location l,
                          ValueRange args) -> SmallVector<Value> {
                        Value error = arith::SubFOp::create(
                            b, l, convertFloat(b, l, args[0], type), args[2]);
                        return {arith::MulFOp::create(
                            b, l, convertFloat(b, l, args[1], type), error)};
                      })
      .getResult(0);
}

/// S = S + k v'^T
Value Recurrence::addOuterProduct(Value token, Value written, AffineMap map,
                                  Value state) {
  return buildGeneric(
             builder, loc, {sliceToken(key, token), written}, state,
             {tokenMap(key, 4, {0, 1, 2}), map, loopMap(4, {0, 1, 2, 3})},
             Loops(4, IteratorType::parallel),
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               Value product = arith::MulFOp::create(
                   b, l, convertFloat(b, l, args[0], type),
                   convertFloat(b, l, args[1], type));
               return {arith::AddFOp::create(b, l, args[2], product)};
             })
      .getResult(0);
}

/// S^T q for every query head, [B, Hq, dv]; the loops are (b, h, e, d), and
/// head h reads the state of kv head h floordiv group.
Value Recurrence::readState(Value token, Value state) {
  Loops reduction = {IteratorType::parallel, IteratorType::parallel,
                     IteratorType::parallel, IteratorType::reduction};
  OpFoldResult queryBatch = query.size(builder, loc, Dim::Batch);
  return buildGeneric(
             builder, loc, sliceToken(query, token),
             makeZeros({queryBatch, queryHeads, valueFeatures}),
             {tokenMap(query, 4, {0, 1, 3}), loopMap(4, {0, 1, 2})}, reduction,
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               SmallVector<Value> place;
               for (int64_t loop : {0, 1, 3, 2})
                 place.push_back(linalg::IndexOp::create(b, l, loop));
               place[1] = arith::DivSIOp::create(b, l, place[1], group);
               Value row = tensor::ExtractOp::create(b, l, state, place);
               Value product = arith::MulFOp::create(
                   b, l, convertFloat(b, l, args[0], type), row);
               return {arith::AddFOp::create(b, l, args[1], product)};
             })
      .getResult(0);
}

/// The token's slice of the output: scale * S^T q in the output's layout.
Value Recurrence::writeOutput(Value token, Value read, Value scale,
                              Value whole) {
  int64_t sequence = getTensorDim(output.layout, Dim::Sequence);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, whole);
  SmallVector<OpFoldResult> tokenSizes = sizes;
  tokenSizes.erase(tokenSizes.begin() + sequence);
  Type elementType = output.type.getElementType();
  Value slice =
      buildGeneric(
          builder, loc, read, makeEmpty(tokenSizes, elementType),
          {loopMap(3, {0, 1, 2}), tokenMap(output, 3, {0, 1, 2})},
          Loops(3, IteratorType::parallel),
          [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
            Value scaled = arith::MulFOp::create(b, l, scale, args[0]);
            return {convertFloat(b, l, scaled, elementType)};
          })
          .getResult(0);
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(4, builder.getIndexAttr(1));
  offsets[sequence] = token;
  sizes[sequence] = builder.getIndexAttr(1);
  return tensor::InsertSliceOp::create(builder, loc, slice, whole, offsets,
                                       sizes, strides);
}

void mlir::attn::populateLinearAttentionPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerLinearAttention>(patterns.getContext());
}
