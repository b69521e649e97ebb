//===- KnownSizes.cpp - Sizes of tensors, from where they were made -------===//

#include "attn/Target/Transforms/KnownSizes.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `value` is `argument`, or was made of it without another size.
static bool keepsSizes(Value value, Value argument) {
  if (value == argument)
    return true;
  // Another one that is carried may have other sizes.
  if (value.getType() != argument.getType() || isa<BlockArgument>(value))
    return false;
  if (auto branch = value.getDefiningOp<scf::IfOp>()) {
    const unsigned i = cast<OpResult>(value).getResultNumber();
    return keepsSizes(branch.thenYield().getOperand(i), argument) &&
           keepsSizes(branch.elseYield().getOperand(i), argument);
  }
  int64_t d = 0;
  Value shaping = findShaping(value, d);
  return shaping && keepsSizes(shaping, argument);
}

/// Whether each iteration hands on a tensor of the sizes that it was handed;
/// others grow.
static bool keepsSizes(scf::ForOp loop, unsigned carried) {
  return keepsSizes(loop.getYieldedValues()[carried],
                    loop.getRegionIterArg(carried));
}

Value attn::findShaping(Value tensor, int64_t &d) {
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (!loop || argument.getArgNumber() == 0)
      return nullptr;
    const unsigned carried = argument.getArgNumber() - 1;
    return keepsSizes(loop, carried) ? loop.getInitArgs()[carried] : nullptr;
  }
  auto result = cast<OpResult>(tensor);
  Operation *op = result.getOwner();
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return style.getTiedOpOperand(result)->get();
  if (auto attend = dyn_cast<AttendOp>(op))
    return ValueRange{attend.getAcc(), attend.getMax(),
                      attend.getSum()}[result.getResultNumber()];
  if (auto loop = dyn_cast<scf::ForallOp>(op))
    return loop.getTiedOpOperand(result)->get();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return keepsSizes(loop, result.getResultNumber())
               ? loop.getInitArgs()[result.getResultNumber()]
               : nullptr;
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return cast.getSource();
  if (auto allocation = dyn_cast<bufferization::AllocTensorOp>(op))
    return allocation.getCopy();
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

/// Whether `size` is known where `branch` is.
static bool isOutside(OpFoldResult size, scf::IfOp branch) {
  auto value = dyn_cast<Value>(size);
  return !value ||
         value.getParentRegion()->isAncestor(branch->getParentRegion());
}

/// Whether `branch` is taken where `size` is the number that it has there.
static bool isTakenWhere(scf::IfOp branch, OpFoldResult size,
                         OpFoldResult number) {
  auto condition = branch.getCondition().getDefiningOp<arith::CmpIOp>();
  return condition && getConstantIntValue(number) &&
         condition.getPredicate() == arith::CmpIPredicate::eq &&
         isSameSize(condition.getLhs(), size) &&
         isEqualConstantIntOrValue(getAsOpFoldResult(condition.getRhs()),
                                   number);
}

/// Of branches that make the same size of what is outside, or of which one is
/// taken only where it is the same.
static OpFoldResult findBranchSize(scf::IfOp branch, unsigned i, int64_t d) {
  Value yields[] = {branch.thenYield().getOperand(i),
                    branch.elseYield().getOperand(i)};
  int64_t dims[] = {d, d};
  OpFoldResult then = findKnownSize(yields[0], dims[0]);
  OpFoldResult other = findKnownSize(yields[1], dims[1]);
  bool isSame = then && other && isOutside(other, branch) &&
                (isSameSize(then, other) || isTakenWhere(branch, other, then));
  return isSame ? other : nullptr;
}

OpFoldResult attn::findKnownSize(Value &tensor, int64_t &d) {
  auto isDynamic = [&] {
    return cast<RankedTensorType>(tensor.getType()).isDynamicDim(d);
  };
  while (isDynamic()) {
    Value shaping = findShaping(tensor, d);
    if (!shaping)
      break;
    tensor = shaping;
  }
  if (!isDynamic())
    return Builder(tensor.getContext())
        .getIndexAttr(cast<RankedTensorType>(tensor.getType()).getDimSize(d));
  if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[d];
  if (auto expand = tensor.getDefiningOp<tensor::ExpandShapeOp>())
    return expand.getMixedOutputShape()[d];
  auto branch = tensor.getDefiningOp<scf::IfOp>();
  return branch ? findBranchSize(branch,
                                 cast<OpResult>(tensor).getResultNumber(), d)
                : OpFoldResult();
}

bool attn::isSameSize(OpFoldResult lhs, OpFoldResult rhs) {
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
