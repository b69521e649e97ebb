//===- ShapeChecks.cpp - Checks of sizes before one op --------------------===//

#include "ShapeChecks.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

using namespace mlir;
using namespace mlir::attn;

OpFoldResult Checks::getDim(Value tensor, int64_t d) {
  if (OpFoldResult known = findKnownSize(tensor, d))
    return known;
  if (auto collapse = tensor.getDefiningOp<tensor::CollapseShapeOp>()) {
    AffineExpr product = builder.getAffineConstantExpr(1);
    SmallVector<OpFoldResult> sizes;
    const ReassociationIndices group = collapse.getReassociationIndices()[d];
    for (int64_t from : group) {
      product = product * builder.getAffineSymbolExpr(sizes.size());
      sizes.push_back(getDim(collapse.getSrc(), from));
    }
    return affine::makeComposedFoldedAffineApply(
        builder, loc, AffineMap::get(0, sizes.size(), product), sizes);
  }
  return linalg::createFoldedDimOp(builder, loc, tensor, d);
}

Value Checks::toValue(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(builder, loc, size);
}

Value Checks::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value Checks::apply(AffineMap expr, ArrayRef<OpFoldResult> operands) {
  return toValue(
      affine::makeComposedFoldedAffineApply(builder, loc, expr, operands));
}

Value Checks::compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
  return builder.createOrFold<arith::CmpIOp>(loc, predicate, lhs, rhs);
}

Value Checks::both(Value lhs, Value rhs) {
  return builder.createOrFold<arith::AndIOp>(loc, lhs, rhs);
}

Value Checks::either(Value lhs, Value rhs) {
  return builder.createOrFold<arith::OrIOp>(loc, lhs, rhs);
}

void Checks::require(Value condition, const Twine &message) {
  if (matchPattern(condition, m_One()))
    return;
  cf::AssertOp::create(builder, loc, condition,
                       (op->getName().getStringRef() + ": " + message).str());
}

void Checks::requireEqual(OpFoldResult lhs, OpFoldResult rhs,
                          const Twine &message) {
  if (isSameSize(lhs, rhs))
    return;
  require(compare(arith::CmpIPredicate::eq, toValue(lhs), toValue(rhs)),
          message);
}

void Checks::requireWithin(Value value, Value limit, const Twine &message) {
  require(compare(arith::CmpIPredicate::ule, value, limit), message);
}
