//===- Encodings.cpp - attn.sinusoidal_encoding to linalg -----------------===//
#include "Encodings.h"
#include "Patterns.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// One linalg.generic over the result, with `base^(2t/d)` per feature as a
/// constant.
struct LowerSinusoidalEncoding : OpRewritePattern<SinusoidalEncodingOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SinusoidalEncodingOp op,
                                PatternRewriter &rewriter) const override;
};

} // namespace

Value attn::constantTable(OpBuilder &builder, Location loc,
                          ArrayRef<double> values) {
  auto type = RankedTensorType::get(values.size(), builder.getF64Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, values));
}

/// `base^(2t/d)` for each of the d features; t = feature / 2 (D14).
static SmallVector<double> wavelengths(double base, int64_t features) {
  return llvm::map_to_vector(
      llvm::seq<int64_t>(0, features), [&](int64_t feature) {
        return std::pow(base, 2.0 * (feature / 2) / features);
      });
}

/// sin of the angle for even features, cos for odd ones.
static Value encode(OpBuilder &builder, Location loc, Value angle,
                    int64_t featureLoop) {
  Value feature = linalg::IndexOp::create(builder, loc, featureLoop);
  Value odd = arith::RemUIOp::create(builder, loc, feature,
                                     constantIndex(builder, loc, 2));
  Value isOdd = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                      odd, constantIndex(builder, loc, 0));
  Value sin = math::SinOp::create(builder, loc, angle);
  Value cos = math::CosOp::create(builder, loc, angle);
  return arith::SelectOp::create(builder, loc, isOdd, cos, sin);
}

LogicalResult
LowerSinusoidalEncoding::matchAndRewrite(SinusoidalEncodingOp op,
                                         PatternRewriter &rewriter) const {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  auto positions = ShapedOperand::get("positions", op.getPositions());
  auto output = ShapedOperand::getResult("output", op.getOutput());
  int64_t rank = type.getRank(), featureLoop = rank - 1;
  for (int64_t dim = 0; dim < featureLoop; ++dim)
    assertSameSize(rewriter, loc, output, dim, positions, dim);

  ReifiedRankedShapedTypeDims sizes;
  if (failed(op.reifyResultShapes(rewriter, sizes)))
    return failure();
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, sizes[0], type.getElementType());
  Value table = constantTable(rewriter, loc,
                              wavelengths(op.getBase().convertToDouble(),
                                          type.getDimSize(featureLoop)));
  AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
  AffineMap leading = identity.dropResult(featureLoop);
  AffineMap feature =
      AffineMap::get(rank, 0, rewriter.getAffineDimExpr(featureLoop));
  Type angleType = type.getElementType().isF64() ? rewriter.getF64Type()
                                                 : rewriter.getF32Type();
  auto generic = buildGeneric(
      rewriter, loc, {op.getPositions(), table}, empty,
      {leading, feature, identity},
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
      [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
        // The division is exact enough to round once, also at position 1e5.
        Value exact =
            arith::DivFOp::create(b, l, toF64(b, l, args[0]), args[1]);
        Value angle = convertFloat(b, l, exact, angleType);
        return {convertFloat(b, l, encode(b, l, angle, featureLoop),
                             type.getElementType())};
      });
  rewriter.replaceOp(op, generic.getResult(0));
  return success();
}

void mlir::attn::populateEncodingPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerSinusoidalEncoding>(patterns.getContext());
  populateRotaryEmbeddingPatterns(patterns);
}
