//===- FitTile.cpp - Query tiles that fit a mask --------------------------===//
#include "FitTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// n of i floordiv n; positions are not negative.
static std::optional<int64_t> getBlockSize(Operation *op, Value query) {
  if (auto sparse = dyn_cast<BlockSparseOp>(op))
    return sparse.getQuery() == query
               ? std::optional<int64_t>(sparse.getQueryBlock())
               : std::nullopt;
  if (isa<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(op) &&
      op->getOperand(0) == query)
    return getConstantIntValue(op->getOperand(1));
  return std::nullopt;
}

/// Whether `op` is a window in which smaller tiles save more than they cost.
static bool isNarrowWindow(Operation *op, int64_t tile) {
  auto window = dyn_cast<WindowOp>(op);
  uint64_t widest = 12 * uint64_t(tile);
  // -1, which is no bound, is the largest unsigned number.
  return window && uint64_t(window.getLeft()) < widest &&
         uint64_t(window.getRight()) < widest;
}

int64_t attn::fitToMask(AttentionOp op, int64_t tile) {
  if (op.getMask().empty())
    return tile;
  Value query = op.getMask().getArgument(2);
  std::optional<int64_t> block;
  bool isNarrow = false;
  op.getMask().walk([&](Operation *inner) {
    std::optional<int64_t> size = getBlockSize(inner, query);
    if (size && *size > 0 && (!block || *size < *block))
      block = size;
    isNarrow |= isNarrowWindow(inner, tile);
  });
  if (block)
    for (int64_t size = std::min(tile, *block); size * 3 >= tile; --size)
      if (*block % size == 0)
        return size;
  return isNarrow ? std::max<int64_t>(tile * 2 / 3, 1) : tile;
}
