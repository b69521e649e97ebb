//===- LinearAttentionToken.cpp - One step of the recurrence --------------===//
// A token's slice keeps its sequence dimension, of size 1: then no slice loses
// a dimension, which upstream's folders get wrong where another one has size 1
// too. What a token adds to the state is a sum over that dimension.
//===----------------------------------------------------------------------===//
#include "LinearAttention.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

using utils::IteratorType;
using Loops = SmallVector<IteratorType>;

/// The loops of a step.
enum : unsigned { loopB, loopH, loopS, loopD, loopE, loopCount };

/// All loops parallel but one.
static Loops reduceOver(unsigned reduced) {
  Loops loops(loopCount, IteratorType::parallel);
  loops[reduced] = IteratorType::reduction;
  return loops;
}

AffineMap Recurrence::loopMap(ArrayRef<unsigned> loops) {
  return AffineMap::getMultiDimMapWithTargets(loopCount, loops,
                                              builder.getContext());
}

/// The map of a token's slice; `feature` is the loop over its features.
AffineMap Recurrence::tokenMap(const ShapedOperand &operand, unsigned feature) {
  SmallVector<unsigned> loops;
  for (int64_t dim : operand.layout)
    loops.push_back(dim == Dim::Feature ? feature : dim);
  return loopMap(loops);
}

/// The map of a token's slice when the loops are its canonical dimensions.
AffineMap Recurrence::elementMap(const ShapedOperand &operand) {
  SmallVector<unsigned> loops(operand.layout.begin(), operand.layout.end());
  return AffineMap::getMultiDimMapWithTargets(4, loops, builder.getContext());
}

/// A slice of one token.
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
  if (isKnownEmpty(operand.type))
    return makeEmpty(sizes, operand.type.getElementType());
  return tensor::ExtractSliceOp::create(builder, loc, operand.value, offsets,
                                        sizes, strides);
}

Value Recurrence::updateState(Value token, Value state) {
  if (op.isGated())
    state = decayState(token, state);
  if (op.isDelta())
    return addOuterProduct(token, deltaValue(token, state),
                           loopMap({loopB, loopH, loopS, loopE}), state);
  return addOuterProduct(token, sliceToken(value, token),
                         tokenMap(value, loopE), state);
}

/// S = exp(decay) * S
Value Recurrence::decayState(Value token, Value state) {
  auto decay = ShapedOperand::get("decay", op.getDecay());
  return buildGeneric(
             builder, loc, sliceToken(decay, token), state,
             {tokenMap(decay, loopD), loopMap({loopB, loopH, loopD, loopE})},
             reduceOver(loopS),
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               Value factor =
                   math::ExpOp::create(b, l, convertFloat(b, l, args[0], type));
               return {arith::MulFOp::create(b, l, factor, args[1])};
             })
      .getResult(0);
}

/// v' = beta * (v - S^T k), of shape [B, Hkv, 1, dv]
Value Recurrence::deltaValue(Value token, Value state) {
  Value read =
      buildGeneric(
          builder, loc, {state, sliceToken(key, token)},
          makeZeros({batch, kvHeads, builder.getIndexAttr(1), valueFeatures}),
          {loopMap({loopB, loopH, loopD, loopE}), tokenMap(key, loopD),
           loopMap({loopB, loopH, loopS, loopE})},
          reduceOver(loopD),
          [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
            Value product = arith::MulFOp::create(
                b, l, args[0], convertFloat(b, l, args[1], type));
            return {arith::AddFOp::create(b, l, args[2], product)};
          })
          .getResult(0);
  auto beta = ShapedOperand::get("beta", op.getBeta());
  return buildGeneric(builder, loc,
                      {sliceToken(value, token), sliceToken(beta, token)}, read,
                      {elementMap(value), elementMap(beta),
                       builder.getMultiDimIdentityMap(4)},
                      Loops(4, IteratorType::parallel),
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
             {tokenMap(key, loopD), map, loopMap({loopB, loopH, loopD, loopE})},
             reduceOver(loopS),
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               Value product = arith::MulFOp::create(
                   b, l, convertFloat(b, l, args[0], type),
                   convertFloat(b, l, args[1], type));
               return {arith::AddFOp::create(b, l, args[2], product)};
             })
      .getResult(0);
}

/// S^T q for every query head, [B, Hq, 1, dv]; head h reads the state of kv
/// head h floordiv group.
Value Recurrence::readState(Value token, Value state) {
  OpFoldResult one = builder.getIndexAttr(1);
  OpFoldResult queryBatch = query.size(builder, loc, Dim::Batch);
  return buildGeneric(
             builder, loc, sliceToken(query, token),
             makeZeros({queryBatch, queryHeads, one, valueFeatures}),
             {tokenMap(query, loopD), loopMap({loopB, loopH, loopS, loopE})},
             reduceOver(loopD),
             [&](OpBuilder &b, Location l,
                 ValueRange args) -> SmallVector<Value> {
               SmallVector<Value> place;
               for (unsigned loop : {loopB, loopH, loopD, loopE})
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
  if (isKnownEmpty(whole.getType()))
    return whole;
  int64_t sequence = getTensorDim(output.layout, Dim::Sequence);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, whole);
  sizes[sequence] = builder.getIndexAttr(1);
  Type elementType = output.type.getElementType();
  Value slice =
      buildGeneric(
          builder, loc, read, makeEmpty(sizes, elementType),
          {builder.getMultiDimIdentityMap(4), elementMap(output)},
          Loops(4, IteratorType::parallel),
          [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
            Value scaled = arith::MulFOp::create(b, l, scale, args[0]);
            return {convertFloat(b, l, scaled, elementType)};
          })
          .getResult(0);
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(4, builder.getIndexAttr(1));
  offsets[sequence] = token;
  return tensor::InsertSliceOp::create(builder, loc, slice, whole, offsets,
                                       sizes, strides);
}
