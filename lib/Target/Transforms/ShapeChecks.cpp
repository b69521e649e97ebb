//===- ShapeChecks.cpp - Checks of sizes before one op --------------------===//

#include "ShapeChecks.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `size` is known where `branch` is.
static bool isOutside(OpFoldResult size, scf::IfOp branch) {
  auto value = dyn_cast<Value>(size);
  return !value ||
         value.getParentRegion()->isAncestor(branch->getParentRegion());
}

/// The tensor, computed earlier, that has the size of `tensor` along `d`, which
/// becomes the dimension there.
static Value getShaping(OpResult tensor, int64_t &d) {
  Operation *op = tensor.getOwner();
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return style.getTiedOpOperand(tensor)->get();
  // Other loops may carry tensors that grow.
  if (auto loop = dyn_cast<scf::ForallOp>(op))
    return loop.getTiedOpOperand(tensor)->get();
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return cast.getSource();
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return insert.getDest();
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    ReassociationIndices from = collapse.getReassociationIndices()[d];
    if (from.size() == 1) {
      d = from.front();
      return collapse.getSrc();
    }
  }
  return nullptr;
}

/// The size of `tensor` along `d`, if it is a number or a value that is there.
/// Otherwise both go as far up as the size does.
static OpFoldResult findDim(Value &tensor, int64_t &d) {
  while (auto result = dyn_cast<OpResult>(tensor)) {
    Value shaping = getShaping(result, d);
    if (!shaping)
      break;
    tensor = shaping;
  }
  if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[d];
  if (auto expand = tensor.getDefiningOp<tensor::ExpandShapeOp>())
    return expand.getMixedOutputShape()[d];
  auto branch = tensor.getDefiningOp<scf::IfOp>();
  if (!branch)
    return nullptr;
  // Branches that make the same size of what is outside.
  unsigned i = cast<OpResult>(tensor).getResultNumber();
  Value yields[] = {branch.thenYield().getOperand(i),
                    branch.elseYield().getOperand(i)};
  int64_t dims[] = {d, d};
  OpFoldResult then = findDim(yields[0], dims[0]);
  OpFoldResult other = findDim(yields[1], dims[1]);
  bool isSame = then && other && isOutside(then, branch) &&
                Checks::isSameSize(then, other);
  return isSame ? then : nullptr;
}

OpFoldResult Checks::getDim(Value tensor, int64_t d) {
  if (OpFoldResult known = findDim(tensor, d))
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

bool Checks::isSameSize(OpFoldResult lhs, OpFoldResult rhs) {
  if (isEqualConstantIntOrValue(lhs, rhs))
    return true;
  auto getDimOp = [](OpFoldResult size) {
    auto value = dyn_cast<Value>(size);
    return value ? value.getDefiningOp<tensor::DimOp>() : tensor::DimOp();
  };
  tensor::DimOp left = getDimOp(lhs), right = getDimOp(rhs);
  return left && right && left.getSource() == right.getSource() &&
         left.getConstantIndex() &&
         left.getConstantIndex() == right.getConstantIndex();
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
