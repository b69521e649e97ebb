//===- Matrix.cpp - Operands as matrices ----------------------------------===//
#include "Steps/Matrix.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

Value attn::getMatrix(OpBuilder &builder, Location loc, Value operand,
                      ArrayRef<int64_t> layout, int64_t head) {
  auto type = cast<MemRefType>(operand.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  // A memref of a tensor always has strides.
  (void)type.getStridesAndOffset(strides, offset);
  auto metadata =
      memref::ExtractStridedMetadataOp::create(builder, loc, operand);
  auto mixed = [&](int64_t known, Value value) -> OpFoldResult {
    return ShapedType::isDynamic(known)
               ? OpFoldResult(value)
               : OpFoldResult(builder.getIndexAttr(known));
  };
  auto strideOf = [&](int64_t dim) {
    int64_t p = getTensorDim(layout, dim);
    return mixed(strides[p], metadata.getStrides()[p]);
  };
  auto sizeOf = [&](int64_t dim) {
    return memref::getMixedSize(builder, loc, operand,
                                getTensorDim(layout, dim));
  };
  AffineExpr s0 = builder.getAffineSymbolExpr(0),
             s1 = builder.getAffineSymbolExpr(1);
  OpFoldResult start = affine::makeComposedFoldedAffineApply(
      builder, loc, s0 + s1 * head,
      {mixed(offset, metadata.getOffset()), strideOf(Head)});
  return memref::ReinterpretCastOp::create(
      builder, loc, metadata.getBaseBuffer(), start,
      ArrayRef<OpFoldResult>{sizeOf(Sequence), sizeOf(Feature)},
      ArrayRef<OpFoldResult>{strideOf(Sequence), strideOf(Feature)});
}

bool attn::hasUnitStride(MemRefType type, int64_t dim) {
  SmallVector<int64_t> strides;
  int64_t offset;
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         strides[dim] == 1;
}
