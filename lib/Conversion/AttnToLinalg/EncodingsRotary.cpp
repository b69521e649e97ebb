//===- EncodingsRotary.cpp - attn.rotary_embedding to linalg --------------===//
// Two steps: the cosines and sines of every (batch, token, pair), then one
// linalg.generic over the result that rotates.
//===----------------------------------------------------------------------===//
#include "EncodingsRotary.h"
#include "Encodings.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

struct LowerRotaryEmbedding : OpRewritePattern<RotaryEmbeddingOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(RotaryEmbeddingOp op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, Rotation(op, rewriter).lower());
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

OpFoldResult Rotation::getPairs() {
  int64_t rotated = op.getRotaryDim();
  if (rotated == 0)
    rotated = getSize(input.type, input.layout, Dim::Feature);
  if (!ShapedType::isDynamic(rotated))
    return builder.getIndexAttr(rotated / 2);
  Value features = toValue(input.size(builder, loc, Dim::Feature));
  return builder.createOrFold<arith::DivUIOp>(loc, features,
                                              constantIndex(builder, loc, 2));
}

/// The features to rotate are there, and come in pairs.
void Rotation::checkRotated() {
  int64_t p = getTensorDim(input.layout, Dim::Feature);
  if (!input.type.isDynamicDim(p))
    return;
  Value features = toValue(input.size(builder, loc, Dim::Feature));
  if (int64_t rotated = op.getRotaryDim()) {
    Value enough =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, features,
                              constantIndex(builder, loc, rotated));
    return assertThat(builder, loc, enough,
                      "expected dimension " + Twine(p) +
                          " of input to be at least " + Twine(rotated) +
                          " (rotary_dim)");
  }
  Value odd = arith::RemUIOp::create(builder, loc, features,
                                     constantIndex(builder, loc, 2));
  Value even = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                     odd, constantIndex(builder, loc, 0));
  assertThat(builder, loc, even,
             "expected dimension " + Twine(p) + " of input to be even");
}

void Rotation::checkTable(StringRef name, Value table) {
  auto operand = ShapedOperand::get(name, table);
  int64_t width = operand.type.getRank() - 1;
  if (!op.getPositions()) {
    assertSameSize(builder, loc, operand, 0, input, Dim::Batch);
    assertSameSize(builder, loc, operand, 1, input, Dim::Sequence);
  }
  if (!operand.type.isDynamicDim(width) && isa<Attribute>(pairs))
    return; // the verifier compared them
  Value same = builder.createOrFold<arith::CmpIOp>(
      loc, arith::CmpIPredicate::eq, toValue(operand.size(builder, loc, width)),
      toValue(pairs));
  assertThat(builder, loc, same,
             "expected dimension " + Twine(width) + " of " + name +
                 " to be half of the rotated features of input");
}

void Rotation::checkTables() {
  if (Value positions = op.getPositions()) {
    auto operand = ShapedOperand::get("positions", positions);
    assertSameSize(builder, loc, operand, 0, input, Dim::Batch);
    assertSameSize(builder, loc, operand, 1, input, Dim::Sequence);
  }
  if (!op.getCos())
    return;
  checkTable("cos", op.getCos());
  checkTable("sin", op.getSin());
  if (op.getPositions())
    assertSameSize(builder, loc, ShapedOperand::get("sin", op.getSin()), 0,
                   ShapedOperand::get("cos", op.getCos()), 0);
}

//===----------------------------------------------------------------------===//
// Rotation
//===----------------------------------------------------------------------===//

/// One rotated feature: its pair's number, whether it is the pair's first, and
/// where the other one is.
struct PairOfFeature {
  Value pair, isFirst, other;
};

static PairOfFeature findPair(OpBuilder &builder, Location loc, Value feature,
                              Value pairs, bool interleaved) {
  Value zero = constantIndex(builder, loc, 0);
  Value one = constantIndex(builder, loc, 1);
  Value two = constantIndex(builder, loc, 2);
  Value isFirst, pair, distance = interleaved ? one : pairs;
  if (interleaved) {
    Value odd = arith::RemUIOp::create(builder, loc, feature, two);
    isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, odd,
                                    zero);
    pair = arith::DivUIOp::create(builder, loc, feature, two);
  } else {
    isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                    feature, pairs);
    Value second = arith::SubIOp::create(builder, loc, feature, pairs);
    pair = arith::SelectOp::create(builder, loc, isFirst, feature, second);
  }
  Value after = arith::AddIOp::create(builder, loc, feature, distance);
  Value before = arith::SubIOp::create(builder, loc, feature, distance);
  Value other = arith::SelectOp::create(builder, loc, isFirst, after, before);
  return {pair, isFirst, other};
}

/// `cos * x1 - sin * x2` for the first of a pair, `cos * x2 + sin * x1` for the
/// second.
Value Rotation::rotateElement(OpBuilder &b, Location l, Value x,
                              SmallVector<Value> place, Angles angles) {
  int64_t featureDim = getTensorDim(input.layout, Dim::Feature);
  PairOfFeature found =
      findPair(b, l, place[featureDim], toValue(pairs), op.getInterleaved());
  SmallVector<Value> angle = {place[getTensorDim(input.layout, Dim::Batch)],
                              place[getTensorDim(input.layout, Dim::Sequence)],
                              found.pair};
  place[featureDim] = found.other;
  auto read = [&](Value tensor, ValueRange at) {
    return convertFloat(b, l, tensor::ExtractOp::create(b, l, tensor, at),
                        computeType);
  };
  Value other = read(op.getInput(), place);
  Value cos = read(angles.cos, angle), sin = read(angles.sin, angle);
  Value minusSin = arith::NegFOp::create(b, l, sin);
  Value signedSin = arith::SelectOp::create(b, l, found.isFirst, minusSin, sin);
  Value own =
      arith::MulFOp::create(b, l, cos, convertFloat(b, l, x, computeType));
  Value turned = arith::AddFOp::create(
      b, l, own, arith::MulFOp::create(b, l, signedSin, other));
  return convertFloat(b, l, turned, input.type.getElementType());
}

Value Rotation::rotate(Angles angles) {
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, op.getInput()),
      input.type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(4);
  Value rotated = constantIndex(builder, loc, op.getRotaryDim());
  auto body = [&](OpBuilder &b, Location l,
                  ValueRange args) -> SmallVector<Value> {
    SmallVector<Value> place;
    for (int64_t p = 0; p < 4; ++p)
      place.push_back(linalg::IndexOp::create(b, l, p));
    if (rotatesAll())
      return {rotateElement(b, l, args[0], place, angles)};
    Value turns = arith::CmpIOp::create(
        b, l, arith::CmpIPredicate::ult,
        place[getTensorDim(input.layout, Dim::Feature)], rotated);
    auto turn = [&](OpBuilder &b, Location l) {
      scf::YieldOp::create(b, l, rotateElement(b, l, args[0], place, angles));
    };
    auto pass = [&](OpBuilder &b, Location l) {
      scf::YieldOp::create(b, l, args[0]);
    };
    return {scf::IfOp::create(b, l, turns, turn, pass).getResult(0)};
  };
  return buildGeneric(
             builder, loc, op.getInput(), empty, {identity, identity},
             SmallVector<utils::IteratorType>(4, utils::IteratorType::parallel),
             body)
      .getResult(0);
}

void mlir::attn::populateRotaryEmbeddingPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerRotaryEmbedding>(patterns.getContext());
}
