//===- StateOps.cpp - Attention states: verifiers and shapes --------------===//
#include "Verify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// acc and max of one state: one element type, equal (batch, head, sequence).
static LogicalResult verifyState(Operation *op, Value accValue,
                                 Value maxValue) {
  NamedTensor acc = makeNamed("acc", accValue, {}),
              max = makeNamed("max", maxValue, {});
  if (acc.type.getElementType() != max.type.getElementType())
    return op->emitOpError("expected acc and max of one element type, got ")
           << acc.type.getElementType() << " and " << max.type.getElementType();
  for (int64_t dim : {Batch, Head, Sequence})
    if (failed(verifySameSize(op, acc, dim, max, dim)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// InitStateOp
//===----------------------------------------------------------------------===//

LogicalResult InitStateOp::verify() {
  auto acc = cast<RankedTensorType>(getAcc().getType());
  if (getMax().getType() != getSum().getType())
    return emitOpError("expected max and sum of one type, got ")
           << getMax().getType() << " and " << getSum().getType();
  if (static_cast<size_t>(acc.getNumDynamicDims()) != getSizes().size())
    return emitOpError("expected one size for each dynamic dimension of acc (")
           << acc.getNumDynamicDims() << "), got " << getSizes().size();
  auto max = cast<RankedTensorType>(getMax().getType());
  for (int64_t dim : {Batch, Head, Sequence})
    if (acc.isDynamicDim(dim) != max.isDynamicDim(dim))
      return emitOpError("expected acc and max dimension ")
             << dim << " to be both static or both dynamic, got " << acc
             << " and " << max;
  return verifyState(*this, getAcc(), getMax());
}

LogicalResult
InitStateOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  auto acc = cast<RankedTensorType>(getAcc().getType());
  SmallVector<OpFoldResult> shape;
  unsigned next = 0;
  for (int64_t dim = 0; dim < 4; ++dim)
    shape.push_back(acc.isDynamicDim(dim) ? OpFoldResult(getSizes()[next++])
                                          : OpFoldResult(builder.getIndexAttr(
                                                acc.getDimSize(dim))));
  shapes.push_back(shape);
  shape.pop_back();
  shapes.push_back(shape);
  shapes.push_back(shape);
  return success();
}

//===----------------------------------------------------------------------===//
// MergeStatesOp
//===----------------------------------------------------------------------===//

LogicalResult MergeStatesOp::verify() {
  return verifyState(*this, getAcc(), getMax());
}

LogicalResult
MergeStatesOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &shapes) {
  for (Value state : {getLhsAcc(), getLhsMax(), getLhsSum()})
    shapes.push_back(tensor::getMixedSizes(builder, getLoc(), state));
  return success();
}

//===----------------------------------------------------------------------===//
// FinalizeStateOp
//===----------------------------------------------------------------------===//

LogicalResult FinalizeStateOp::verify() {
  if (failed(verifyLayout(*this, "output", getOutputLayoutAttr(), 4)) ||
      failed(verifyLayout(*this, "lse", getLseLayoutAttr(), 3)) ||
      failed(verifyState(*this, getAcc(), getMax())))
    return failure();
  NamedTensor acc = makeNamed("acc", getAcc(), {});
  NamedTensor output = makeNamed("output", getOutput(), getOutputLayoutAttr());
  for (int64_t dim : {Batch, Head, Sequence, Feature})
    if (failed(verifySameSize(*this, output, dim, acc, dim)))
      return failure();
  if (getLse()) {
    NamedTensor lse = makeNamed("lse", getLse(), getLseLayoutAttr());
    if (lse.type.getElementType() != acc.type.getElementType())
      return emitOpError("expected lse elements of type ")
             << acc.type.getElementType() << ", got "
             << lse.type.getElementType();
    for (int64_t dim : {Batch, Head, Sequence})
      if (failed(verifySameSize(*this, lse, dim, acc, dim)))
        return failure();
  }
  if (!getSink())
    return success();
  int64_t heads = acc.size(Head);
  int64_t got = cast<RankedTensorType>(getSink().getType()).getDimSize(0);
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(got) ||
      heads == got)
    return success();
  return emitOpError(
             "expected sink dimension 0 to equal the number of query heads ")
         << heads << ", got " << got;
}

LogicalResult
FinalizeStateOp::reifyResultShapes(OpBuilder &builder,
                                   ReifiedRankedShapedTypeDims &shapes) {
  auto add = [&](Value result, DenseI64ArrayAttr attr) {
    if (!result)
      return;
    SmallVector<OpFoldResult> shape;
    auto type = cast<RankedTensorType>(result.getType());
    for (auto [p, dim] : llvm::enumerate(getLayout(attr, type.getRank())))
      if (type.isDynamicDim(p))
        shape.push_back(
            builder.createOrFold<tensor::DimOp>(getLoc(), getAcc(), dim));
      else
        shape.push_back(builder.getIndexAttr(type.getDimSize(p)));
    shapes.push_back(shape);
  };
  add(getOutput(), getOutputLayoutAttr());
  add(getLse(), getLseLayoutAttr());
  return success();
}
