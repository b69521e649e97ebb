//===- LinearAttention.cpp - attn.linear_attention to linalg --------------===//
// An scf.for over the tokens carries the output and the state [B, Hkv, dk, dv];
// each step of the recurrence (D15) is one linalg.generic over one token.
//===----------------------------------------------------------------------===//
#include "LinearAttention.h"
#include "Patterns.h"
#include "attn/Dialect/Attn/Utils/LinearSizes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

struct LowerLinearAttention : OpRewritePattern<LinearAttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearAttentionOp op,
                                PatternRewriter &rewriter) const override {
    ReifiedRankedShapedTypeDims sizes;
    if (failed(op.reifyResultShapes(rewriter, sizes)))
      return failure();
    (void)resolveLinearSizes(op, rewriter);
    rewriter.replaceOp(op, Recurrence(op, rewriter).lower(sizes));
    return success();
  }
};

/// A chunk is linear attention that starts from its state.
struct DecomposeLinearChunk : OpRewritePattern<LinearChunkOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearChunkOp op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() == 0)
      return rewriter.notifyMatchFailure(op, "expected tensors, got memrefs");
    rewriter.replaceOpWithNewOp<LinearAttentionOp>(
        op, op.getOutput().getType(), op.getState().getType(), op.getRuleAttr(),
        op.getQuery(), op.getKey(), op.getValue(), op.getDecay(), op.getBeta(),
        op.getState(), op.getScaleAttr(), op.getQueryLayoutAttr(),
        op.getKeyLayoutAttr(), op.getValueLayoutAttr(),
        op.getOutputLayoutAttr());
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
  // Without features every product is 0, whatever multiplies it.
  Value some = arith::MaxUIOp::create(builder, loc, toValue(keyFeatures),
                                      constantIndex(builder, loc, 1));
  Value features =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), some);
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
  if (isKnownEmpty(state.getType()))
    return makeEmpty(sizes, wanted.getElementType());
  // All of it, by sizes that do not come out of the loop: the shapes of results
  // must follow from those of operands without running it.
  SmallVector<OpFoldResult> zeros(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(4, builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, wanted, state, zeros,
                                        sizes, ones);
}

void mlir::attn::populateLinearAttentionPatterns(RewritePatternSet &patterns,
                                                 bool keepChunks) {
  patterns.add<LowerLinearAttention>(patterns.getContext());
  if (!keepChunks)
    patterns.add<DecomposeLinearChunk>(patterns.getContext());
}
