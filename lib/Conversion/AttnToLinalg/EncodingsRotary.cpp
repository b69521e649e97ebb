//===- EncodingsRotary.cpp - attn.rotary_embedding to linalg --------------===//
// Two steps: the cosines and sines of every (batch, token, pair), then one
// linalg.generic over the result that rotates.
//===----------------------------------------------------------------------===//
#include "Building.h"
#include "Encodings.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// [B, S, r/2] each.
struct Angles {
  Value cos, sin;
};

class Rotation {
public:
  Rotation(RotaryEmbeddingOp op, OpBuilder &builder)
      : op(op), builder(builder), loc(op.getLoc()),
        input(ShapedOperand::get("input", op.getInput(), op.getLayoutAttr())),
        computeType(input.type.getElementType().isF64()
                        ? builder.getF64Type()
                        : builder.getF32Type()) {}

  Value lower() {
    checkRotated();
    pairs = getPairs();
    checkTables();
    return rotate(getAngles());
  }

private:
  void checkRotated();
  void checkTables();
  void checkTable(StringRef name, Value table);

  Angles getAngles();
  Angles gatherAngles();
  Angles computeAngles();
  /// A generic over (batch, token, pair) that makes both tensors.
  Angles buildAngles(
      ValueRange ins, ArrayRef<AffineMap> maps,
      function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body);
  Value computeRate(OpBuilder &b, Location l);

  Value rotate(Angles angles);
  Value rotateElement(OpBuilder &b, Location l, Value x,
                      SmallVector<Value> place, Angles angles);

  OpFoldResult getPairs();
  bool rotatesAll() {
    int64_t features = getSize(input.type, input.layout, Dim::Feature);
    return op.getRotaryDim() == 0 ||
           static_cast<int64_t>(op.getRotaryDim()) == features;
  }
  Value toValue(OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(builder, loc, size);
  }
  AffineMap loopMap(ArrayRef<unsigned> loops) {
    SmallVector<AffineExpr> results = llvm::map_to_vector(
        loops, [&](unsigned loop) { return builder.getAffineDimExpr(loop); });
    return AffineMap::get(3, 0, results, builder.getContext());
  }

  RotaryEmbeddingOp op;
  OpBuilder &builder;
  Location loc;
  ShapedOperand input;
  FloatType computeType;
  /// Half the number of rotated features.
  OpFoldResult pairs;
};

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
// Angles
//===----------------------------------------------------------------------===//

Angles Rotation::getAngles() {
  if (!op.getCos())
    return computeAngles();
  if (!op.getPositions())
    return {op.getCos(), op.getSin()};
  return gatherAngles();
}

Angles Rotation::buildAngles(
    ValueRange ins, ArrayRef<AffineMap> maps,
    function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)> body) {
  SmallVector<OpFoldResult> sizes = {input.size(builder, loc, Dim::Batch),
                                     input.size(builder, loc, Dim::Sequence),
                                     pairs};
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, computeType);
  SmallVector<AffineMap> allMaps(maps);
  allMaps.append(2, builder.getMultiDimIdentityMap(3));
  auto generic = buildGeneric(
      builder, loc, ins, {empty, empty}, allMaps,
      SmallVector<utils::IteratorType>(3, utils::IteratorType::parallel), body);
  return {generic.getResult(0), generic.getResult(1)};
}

/// Rows of the tables. D21: positions are data; one out of range fails the
/// check, and is not read by.
Angles Rotation::gatherAngles() {
  Value zero = constantIndex(builder, loc, 0);
  Value rows = builder.createOrFold<tensor::DimOp>(loc, op.getCos(), 0);
  auto inRange = [&](OpBuilder &b, Location l, Value position) -> Value {
    Value from =
        arith::CmpIOp::create(b, l, arith::CmpIPredicate::sge, position, zero);
    Value to =
        arith::CmpIOp::create(b, l, arith::CmpIPredicate::slt, position, rows);
    return arith::AndIOp::create(b, l, from, to);
  };
  Value valid = allElements(builder, loc, op.getPositions(),
                            [&](OpBuilder &b, Location l, Value position) {
                              return inRange(b, l, toIndex(b, l, position));
                            });
  assertThat(builder, loc, valid,
             "expected positions from 0 to below dimension 0 of cos, got one "
             "out of range");

  return buildAngles(
      op.getPositions(), loopMap({0, 1}),
      [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
        Value position = toIndex(b, l, args[0]);
        Value pair = linalg::IndexOp::create(b, l, 2);
        auto readRow = [&](OpBuilder &b, Location l, Value table) {
          Value element = tensor::ExtractOp::create(b, l, table,
                                                    ValueRange{position, pair});
          return convertFloat(b, l, element, computeType);
        };
        auto read = [&](OpBuilder &b, Location l) {
          Value cos = readRow(b, l, op.getCos());
          Value sin = readRow(b, l, op.getSin());
          scf::YieldOp::create(b, l, ValueRange{cos, sin});
        };
        auto skip = [&](OpBuilder &b, Location l) {
          Value none = constantFloat(b, l, computeType, 0);
          scf::YieldOp::create(b, l, ValueRange{none, none});
        };
        auto either =
            scf::IfOp::create(b, l, inRange(b, l, position), read, skip);
        return llvm::to_vector_of<Value>(either.getResults());
      });
}

/// `base^(-2t/r)` when r is known only at run time.
Value Rotation::computeRate(OpBuilder &b, Location l) {
  Value pair = toF64(b, l, linalg::IndexOp::create(b, l, 2));
  Value share = arith::DivFOp::create(b, l, pair, toF64(b, l, toValue(pairs)));
  Value exponent = arith::NegFOp::create(b, l, share);
  Value base =
      constantFloat(b, l, b.getF64Type(), op.getBase().convertToDouble());
  return math::PowFOp::create(b, l, base, exponent);
}

/// cos and sin of `pos * base^(-2t/r)`, that angle rounded once, to f32 (D13).
Angles Rotation::computeAngles() {
  SmallVector<Value> ins;
  SmallVector<AffineMap> maps;
  std::optional<int64_t> count = getConstantIntValue(pairs);
  if (count) {
    SmallVector<double> rates =
        llvm::map_to_vector(llvm::seq<int64_t>(0, *count), [&](int64_t pair) {
          return std::pow(op.getBase().convertToDouble(),
                          -2.0 * pair / (2 * *count));
        });
    ins.push_back(constantTable(builder, loc, rates));
    maps.push_back(loopMap({2}));
  }
  if (op.getPositions()) {
    ins.push_back(op.getPositions());
    maps.push_back(loopMap({0, 1}));
  }
  return buildAngles(
      ins, maps,
      [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
        Value position = op.getPositions() ? args[count ? 1 : 0]
                                           : linalg::IndexOp::create(b, l, 1);
        Value rate = count ? args[0] : computeRate(b, l);
        Value exact = arith::MulFOp::create(b, l, toF64(b, l, position), rate);
        Value angle = convertFloat(
            b, l, convertFloat(b, l, exact, b.getF32Type()), computeType);
        return {math::CosOp::create(b, l, angle),
                math::SinOp::create(b, l, angle)};
      });
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
