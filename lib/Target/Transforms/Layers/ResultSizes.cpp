//===- ResultSizes.cpp - The sizes of what a segment computes -------------===//

#include "ResultSizes.h"

#include "attn/Target/Transforms/KnownSizes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

FailureOr<SmallVector<Value>> ResultSizes::getDynamicSizes(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> sizes;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    if (!type.isDynamicDim(d))
      continue;
    FailureOr<Value> size = getSize(tensor, d);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
  }
  return sizes;
}

FailureOr<Value> ResultSizes::getSize(Value tensor, int64_t dimension) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type)
    return failure();
  Location loc = tensor.getLoc();
  if (!type.isDynamicDim(dimension))
    return getSize(b.getIndexAttr(type.getDimSize(dimension)));
  if (!segment.isInside(tensor))
    return tensor::DimOp::create(b, loc, tensor, dimension).getResult();
  auto result = dyn_cast<OpResult>(tensor);
  if (!result)
    return failure();
  int64_t d = dimension;
  if (Value shaping = findShaping(result, d))
    return getSize(shaping, d);
  if (auto branch = dyn_cast<scf::IfOp>(result.getOwner()))
    return getBranchSize(branch, result.getResultNumber(), dimension);
  if (auto empty = tensor.getDefiningOp<tensor::EmptyOp>())
    return getNumber(empty.getDynamicSize(dimension));
  if (auto expand = tensor.getDefiningOp<tensor::ExpandShapeOp>())
    return getSize(expand.getMixedOutputShape()[dimension]);
  if (auto collapse = tensor.getDefiningOp<tensor::CollapseShapeOp>())
    return getProduct(collapse.getSrc(),
                      collapse.getReassociationIndices()[dimension]);
  return failure();
}

/// What one branch knows of a size, such as that it is 1, holds there alone.
FailureOr<Value> ResultSizes::getBranchSize(scf::IfOp branch, unsigned result,
                                            int64_t dimension) {
  FailureOr<Value> condition = getNumber(branch.getCondition());
  FailureOr<Value> lhs =
      getSize(branch.thenYield().getOperand(result), dimension);
  FailureOr<Value> rhs =
      getSize(branch.elseYield().getOperand(result), dimension);
  if (failed(condition) || failed(lhs) || failed(rhs))
    return failure();
  return b.createOrFold<arith::SelectOp>(branch.getLoc(), *condition, *lhs,
                                         *rhs);
}

FailureOr<Value> ResultSizes::getProduct(Value tensor,
                                         ArrayRef<int64_t> dimensions) {
  FailureOr<Value> product = getSize(b.getIndexAttr(1));
  for (int64_t d : dimensions) {
    FailureOr<Value> size = getSize(tensor, d);
    if (failed(size))
      return failure();
    product = b.createOrFold<arith::MulIOp>(tensor.getLoc(), *product, *size);
  }
  return product;
}

FailureOr<Value> ResultSizes::getSize(OpFoldResult size) {
  if (auto number = dyn_cast<Value>(size))
    return getNumber(number);
  int64_t number = cast<IntegerAttr>(cast<Attribute>(size)).getInt();
  return arith::ConstantIndexOp::create(b, b.getUnknownLoc(), number)
      .getResult();
}

FailureOr<Value> ResultSizes::getNumber(Value number) {
  if (!segment.isInside(number))
    return number;
  if (Value value = known.lookup(number))
    return value;
  if (auto size = number.getDefiningOp<tensor::DimOp>())
    if (std::optional<int64_t> dimension = size.getConstantIndex())
      return getSize(size.getSource(), *dimension);
  Operation *op = number.getDefiningOp();
  if (!op || op->getNumResults() != 1 || op->getNumRegions() != 0 ||
      !isMemoryEffectFree(op) ||
      llvm::any_of(op->getOperandTypes(), llvm::IsaPred<ShapedType>))
    return failure();
  FailureOr<Value> value = compute(op);
  if (succeeded(value))
    known[number] = *value;
  return value;
}

/// A clone of `op`, of operands that are computed in the same way.
FailureOr<Value> ResultSizes::compute(Operation *op) {
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> value = getNumber(operand);
    if (failed(value))
      return failure();
    mapping.map(operand, *value);
  }
  return b.clone(*op, mapping)->getResult(0);
}
