//===- EncodingsRotary.cpp - attn.rotary_embedding to linalg --------------===//
// Two steps: the cosines and sines of every (batch, token, pair), then one
// linalg.generic over pairs that rotates; its innermost loop is over pairs, or
// over the two of one, so that it becomes vectors.
//===----------------------------------------------------------------------===//
#include "EncodingsRotary.h"
#include "Encodings.h"
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

/// The rotated features of the input.
Value Rotation::sliceRotated(SmallVector<OpFoldResult> &sizes) {
  sizes = tensor::getMixedSizes(builder, loc, op.getInput());
  if (rotatesAll())
    return op.getInput();
  sizes[featureDim] = builder.getIndexAttr(op.getRotaryDim());
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0)),
      strides(4, builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, op.getInput(), offsets,
                                        sizes, strides);
}

/// `rotated` of `sizes` with its features as [2, r/2], or [r/2, 2] interleaved.
Value Rotation::expandPairs(Value rotated, SmallVector<OpFoldResult> sizes) {
  sizes[featureDim] = op.getInterleaved() ? pairs : builder.getIndexAttr(2);
  sizes.insert(sizes.begin() + featureDim + 1,
               op.getInterleaved() ? builder.getIndexAttr(2) : pairs);
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  auto type = RankedTensorType::get(shape, input.type.getElementType());
  return tensor::ExpandShapeOp::create(builder, loc, type, rotated,
                                       getFeatureGroups(), sizes);
}

/// The two dimensions of a pair are one of the input.
SmallVector<ReassociationIndices> Rotation::getFeatureGroups() {
  SmallVector<ReassociationIndices> groups(4);
  for (int64_t p = 0; p < 5; ++p)
    groups[p > featureDim ? p - 1 : p].push_back(p);
  return groups;
}

/// What is read of the pairs: a feature, its partner, and the angle.
SmallVector<AffineMap> Rotation::getPairMaps() {
  int64_t member = op.getInterleaved() ? featureDim + 1 : featureDim;
  int64_t pair = op.getInterleaved() ? featureDim : featureDim + 1;
  AffineMap own = builder.getMultiDimIdentityMap(5);
  SmallVector<AffineExpr> other(own.getResults()), angle;
  other[member] = builder.getAffineConstantExpr(1) - other[member];
  for (int64_t dim : {Dim::Batch, Dim::Sequence}) {
    int64_t p = getTensorDim(input.layout, dim);
    angle.push_back(builder.getAffineDimExpr(p > featureDim ? p + 1 : p));
  }
  angle.push_back(builder.getAffineDimExpr(pair));
  AffineMap ofAngle = AffineMap::get(5, 0, angle, builder.getContext());
  return {own, AffineMap::get(5, 0, other, builder.getContext()), ofAngle,
          ofAngle, own};
}

/// `cos * x1 - sin * x2` for the first of a pair, `cos * x2 + sin * x1` for the
/// second.
Value Rotation::rotate(Angles angles) {
  SmallVector<OpFoldResult> sizes;
  Value rotated = sliceRotated(sizes);
  Value features = expandPairs(rotated, sizes);
  Value empty = tensor::EmptyOp::create(
      builder, loc, tensor::getMixedSizes(builder, loc, features),
      input.type.getElementType());
  int64_t member = op.getInterleaved() ? featureDim + 1 : featureDim;
  auto body = [&](OpBuilder &b, Location l,
                  ValueRange args) -> SmallVector<Value> {
    auto [own, other, cos, sin] =
        std::tuple(convertFloat(b, l, args[0], computeType),
                   convertFloat(b, l, args[1], computeType),
                   convertFloat(b, l, args[2], computeType),
                   convertFloat(b, l, args[3], computeType));
    Value isFirst = arith::CmpIOp::create(b, l, arith::CmpIPredicate::eq,
                                          linalg::IndexOp::create(b, l, member),
                                          constantIndex(b, l, 0));
    Value minusSin = arith::NegFOp::create(b, l, sin);
    Value signedSin = arith::SelectOp::create(b, l, isFirst, minusSin, sin);
    Value turned =
        arith::AddFOp::create(b, l, arith::MulFOp::create(b, l, cos, own),
                              arith::MulFOp::create(b, l, signedSin, other));
    return {convertFloat(b, l, turned, input.type.getElementType())};
  };
  Value result =
      buildGeneric(
          builder, loc, {features, features, angles.cos, angles.sin}, empty,
          getPairMaps(),
          SmallVector<utils::IteratorType>(5, utils::IteratorType::parallel),
          body)
          .getResult(0);
  result = tensor::CollapseShapeOp::create(
      builder, loc, cast<RankedTensorType>(rotated.getType()), result,
      getFeatureGroups());
  return rotatesAll() ? result : insertRotated(result, sizes);
}

/// The features beyond the rotated ones pass through.
Value Rotation::insertRotated(Value rotated, ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0)),
      strides(4, builder.getIndexAttr(1));
  return tensor::InsertSliceOp::create(builder, loc, rotated, op.getInput(),
                                       offsets, sizes, strides);
}

void mlir::attn::populateRotaryEmbeddingPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerRotaryEmbedding>(patterns.getContext());
}
