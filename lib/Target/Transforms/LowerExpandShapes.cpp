//===- LowerExpandShapes.cpp - Sizes that upstream cannot tell apart ------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWEREXPANDSHAPES
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// expand-strided-metadata divides a source size by the static sizes it
/// becomes, and so takes one dynamic size in a group only.
static bool hasGroupOfDynamicSizes(memref::ExpandShapeOp op) {
  MemRefType type = op.getResultType();
  return llvm::any_of(op.getReassociationIndices(), [&](auto &group) {
    return llvm::count_if(
               group, [&](int64_t dim) { return type.isDynamicDim(dim); }) > 1;
  });
}

/// In each group the last stride is the source's, and each other one the next
/// times its size. Strides that the result's type knows are taken from there.
static SmallVector<OpFoldResult> getStrides(OpBuilder &builder,
                                            memref::ExpandShapeOp op,
                                            ValueRange sourceStrides,
                                            ArrayRef<OpFoldResult> sizes) {
  auto [known, offset] = op.getResultType().getStridesAndOffset();
  SmallVector<OpFoldResult> strides(sizes.size());
  for (auto [group, source] :
       llvm::zip_equal(op.getReassociationIndices(), sourceStrides)) {
    Value stride = source;
    for (int64_t dim : llvm::reverse(group)) {
      strides[dim] = ShapedType::isDynamic(known[dim])
                         ? OpFoldResult(stride)
                         : builder.getIndexAttr(known[dim]);
      stride = arith::MulIOp::create(
          builder, op.getLoc(), stride,
          getValueOrCreateConstantIndexOp(builder, op.getLoc(), sizes[dim]));
    }
  }
  return strides;
}

static void lower(memref::ExpandShapeOp op) {
  OpBuilder builder(op);
  auto source = memref::ExtractStridedMetadataOp::create(builder, op.getLoc(),
                                                         op.getSrc());
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
  SmallVector<OpFoldResult> strides =
      getStrides(builder, op, source.getStrides(), sizes);
  auto [known, knownOffset] = op.getResultType().getStridesAndOffset();
  OpFoldResult offset = ShapedType::isDynamic(knownOffset)
                            ? OpFoldResult(source.getOffset())
                            : builder.getIndexAttr(knownOffset);
  auto cast = memref::ReinterpretCastOp::create(
      builder, op.getLoc(), op.getResultType(), source.getBaseBuffer(), offset,
      sizes, strides);
  op.replaceAllUsesWith(cast.getResult());
  op.erase();
}

namespace {
struct LowerExpandShapes
    : attn::impl::LowerExpandShapesBase<LowerExpandShapes> {
  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> ops;
    getOperation().walk([&](memref::ExpandShapeOp op) {
      if (hasGroupOfDynamicSizes(op))
        ops.push_back(op);
    });
    llvm::for_each(ops, lower);
  }
};
} // namespace
