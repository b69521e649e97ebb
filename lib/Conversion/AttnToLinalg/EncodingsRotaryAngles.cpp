//===- EncodingsRotaryAngles.cpp - Cosines and sines of a rotation --------===//
#include "Encodings.h"
#include "EncodingsRotary.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::attn;

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
