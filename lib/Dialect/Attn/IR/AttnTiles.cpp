//===- AttnTiles.cpp - What ops on tiles of others share ------------------===//
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

void Slice::add(OpFoldResult offset, OpFoldResult size) {
  offsets.push_back(offset);
  sizes.push_back(size);
}

Slice Slice::inLayout(ArrayRef<int64_t> layout) const {
  Slice result;
  for (int64_t dim : layout)
    result.add(offsets[dim], sizes[dim]);
  return result;
}

Value attn::extractSlice(OpBuilder &builder, Location loc, Value tensor,
                         const Slice &slice) {
  SmallVector<OpFoldResult> strides(slice.sizes.size(),
                                    builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, tensor, slice.offsets,
                                        slice.sizes, strides);
}

void attn::shiftPositions(OpBuilder &builder, Block &block,
                          ArrayRef<Value> origins) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&block);
  for (auto [argument, origin] :
       llvm::zip(block.getArguments().take_back(4), origins)) {
    if (!origin || argument.use_empty() || isConstantIntValue(origin, 0))
      continue;
    auto shifted =
        arith::AddIOp::create(builder, argument.getLoc(), argument, origin);
    argument.replaceAllUsesExcept(shifted, shifted);
  }
}
