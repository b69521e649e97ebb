//===- CacheOps.cpp - Cache update: verifier and shapes -------------------===//
#include "Verify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult CacheUpdateOp::verify() {
  auto cache = cast<RankedTensorType>(getCache().getType());
  auto update = cast<RankedTensorType>(getUpdate().getType());
  int64_t rank = cache.getRank(), axis = getAxis();
  if (update.getRank() != rank)
    return emitOpError("expected update of rank ")
           << rank << ", got " << update.getRank();
  if (cache.getElementType() != update.getElementType())
    return emitOpError("expected update elements of type ")
           << cache.getElementType() << ", got " << update.getElementType();
  if (axis < 1 || axis >= rank)
    return emitOpError("expected axis between 1 and ")
           << rank - 1 << ", got " << axis;
  auto known = [](int64_t size) { return !ShapedType::isDynamic(size); };
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t size = cache.getDimSize(dim), written = update.getDimSize(dim);
    if (!known(size) || !known(written))
      continue;
    if (dim == axis ? written > size : written != size)
      return emitOpError("expected update dimension ")
             << dim << (dim == axis ? " to be at most" : " to equal")
             << " cache dimension " << dim << ", got " << written << " and "
             << size;
  }
  if (!getPositions())
    return success();
  int64_t got = cast<RankedTensorType>(getPositions().getType()).getDimSize(0);
  if (known(got) && known(cache.getDimSize(0)) && got != cache.getDimSize(0))
    return emitOpError(
               "expected positions dimension 0 to equal cache dimension 0 "
               "(batch), got ")
           << got << " and " << cache.getDimSize(0);
  return success();
}

LogicalResult
CacheUpdateOp::reifyResultShapes(OpBuilder &builder,
                                 ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(builder, getLoc(), getCache()));
  return success();
}
