//===- Verify.cpp - Relations between operands, shared by verifiers -------===//
#include "Verify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

NamedTensor attn::makeNamed(StringRef name, Value value,
                            DenseI64ArrayAttr layout, bool scores) {
  auto shaped = cast<ShapedType>(value.getType());
  auto type = RankedTensorType::get(shaped.getShape(), shaped.getElementType());
  return {name, type, getLayout(layout, type.getRank()), scores};
}

LogicalResult attn::verifySameSize(Operation *op, const NamedTensor &a,
                                   int64_t dimA, const NamedTensor &b,
                                   int64_t dimB) {
  int64_t sizeA = a.size(dimA), sizeB = b.size(dimB);
  if (ShapedType::isDynamic(sizeA) || ShapedType::isDynamic(sizeB) ||
      sizeA == sizeB)
    return success();
  return op->emitOpError("expected ")
         << a.name << " dimension " << getTensorDim(a.layout, dimA) << " ("
         << getDimName(dimA, a.scores) << ") to equal " << b.name
         << " dimension " << getTensorDim(b.layout, dimB) << " ("
         << getDimName(dimB, b.scores) << "), got " << sizeA << " and "
         << sizeB;
}

LogicalResult attn::verifyLayout(Operation *op, StringRef name,
                                 DenseI64ArrayAttr layout, int64_t rank) {
  if (!layout)
    return success();
  SmallVector<bool> seen(rank, false);
  bool valid = layout.size() == rank;
  for (int64_t dim : layout.asArrayRef())
    if (!valid || dim < 0 || dim >= rank || std::exchange(seen[dim], true))
      valid = false;
  if (valid)
    return success();
  return op->emitOpError("expected the ")
         << name << " layout to be a permutation of 0.." << rank - 1
         << ", got [" << layout.asArrayRef() << "]";
}

LogicalResult attn::verifyHeadGroups(Operation *op, const NamedTensor &query,
                                     const NamedTensor &key) {
  int64_t heads = query.size(Head), kvHeads = key.size(Head);
  if (ShapedType::isDynamic(kvHeads) || ShapedType::isDynamic(heads))
    return success();
  if (kvHeads == 0 ? heads == 0 : heads % kvHeads == 0)
    return success();
  return op->emitOpError("expected ")
         << query.name << " dimension " << getTensorDim(query.layout, Head)
         << " (head) to be a multiple of " << key.name << " dimension "
         << getTensorDim(key.layout, Head) << " (head), got " << heads
         << " and " << kvHeads;
}

LogicalResult attn::verifyPositionRegion(Operation *op, StringRef name,
                                         Region &region, TypeRange first,
                                         Type yields, unsigned maxYields) {
  if (region.empty())
    return success();
  SmallVector<Type> expected(first);
  expected.append(4, IndexType::get(op->getContext()));
  if (TypeRange(region.getArgumentTypes()) != TypeRange(expected))
    return op->emitOpError("expected the ")
           << name << " region to take (" << expected << "), got ("
           << region.getArgumentTypes() << ")";
  Block &block = region.front();
  if (block.empty() || !isa<YieldOp>(block.back()))
    return op->emitOpError("expected the ")
           << name << " region to end in attn.yield";
  TypeRange yielded = block.back().getOperandTypes();
  bool fits = !yielded.empty() && yielded.size() <= maxYields &&
              llvm::all_of(yielded, [&](Type type) { return type == yields; });
  if (fits)
    return success();
  auto diag = op->emitOpError("expected the ")
              << name << " region to yield " << yields;
  if (maxYields > 1)
    diag << " once or twice";
  return diag << ", got (" << yielded << ")";
}

LogicalResult attn::verifyScale(Operation *op, std::optional<APFloat> scale) {
  if (!scale || scale->isFinite())
    return success();
  return op->emitOpError("expected a finite scale, got ")
         << scale->convertToDouble();
}

LogicalResult attn::verifyTensorsOrMemRefs(Operation *op) {
  Type first = op->getOperands().back().getType();
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) !=
        isa<RankedTensorType>(first))
      return op->emitOpError("expected only tensors or only memrefs, got ")
             << first << " and " << operand.getType();
  return success();
}

FloatType attn::getScoreTypeOf(ArrayRef<Type> types) {
  MLIRContext *context = types.front().getContext();
  if (llvm::any_of(
          types, [](Type type) { return getElementTypeOrSelf(type).isF64(); }))
    return Float64Type::get(context);
  return Float32Type::get(context);
}

std::optional<double> attn::getScaleOf(std::optional<APFloat> scale,
                                       Value query, DenseI64ArrayAttr layout) {
  if (scale)
    return scale->convertToDouble();
  int64_t features = makeNamed("query", query, layout).size(Feature);
  if (ShapedType::isDynamic(features))
    return std::nullopt;
  // No features: every product is 0, whatever multiplies it.
  return features == 0 ? 1.0 : 1.0 / std::sqrt(static_cast<double>(features));
}

OpFoldResult attn::reifyDim(OpBuilder &builder, Location loc, Value value,
                            ArrayRef<int64_t> layout, int64_t dim) {
  return tensor::getMixedSize(builder, loc, value, getTensorDim(layout, dim));
}
