//===- Flops.cpp - The arithmetic in attention and matrix products --------===//

#include "attn/Run/Flops.h"
#include "KnownTypes.h"

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

namespace mlir::attn {

/// A product of sizes; negative when one of them is dynamic.
static double product(ArrayRef<int64_t> sizes) {
  double result = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      return -1;
    result *= double(size);
  }
  return result;
}

/// The sizes of a value's canonical dimensions.
static llvm::SmallVector<int64_t> canonicalSizes(Value value,
                                                 ArrayRef<int64_t> layout) {
  RankedTensorType type = getKnownType(value);
  llvm::SmallVector<int64_t> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    sizes.push_back(getSize(type, layout, dim));
  return sizes;
}

template <typename Op> static double countAttention(Op op) {
  auto q = canonicalSizes(op.getQuery(), op.getLayoutOf(op.getQuery()));
  auto k = canonicalSizes(op.getKey(), op.getLayoutOf(op.getKey()));
  auto v = canonicalSizes(op.getValue(), op.getLayoutOf(op.getValue()));
  if (ShapedType::isDynamic(v[Feature]) || ShapedType::isDynamic(q[Feature]))
    return -1;
  return 2 * product({q[Batch], q[Head], q[Sequence], k[Sequence],
                      q[Feature] + v[Feature]});
}

static double countLinearAttention(LinearAttentionOp op) {
  auto layout = [](DenseI64ArrayAttr attr) { return getLayout(attr, 4); };
  auto q = canonicalSizes(op.getQuery(), layout(op.getQueryLayoutAttr()));
  auto v = canonicalSizes(op.getValue(), layout(op.getValueLayoutAttr()));
  if (ShapedType::isDynamic(q[Head]) || ShapedType::isDynamic(v[Head]))
    return -1;
  const int64_t heads = q[Head] + v[Head] * (op.isDelta() ? 2 : 1);
  return 2 * product({q[Batch], q[Sequence], q[Feature], v[Feature], heads});
}

static bool isProduct(Operation *op) {
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && (linalg::isaContractionOpInterface(structured) ||
                        linalg::isaConvolutionOpInterface(structured));
}

/// The operations of one op; nothing when it is not one that counts.
static std::optional<double> count(Operation *op) {
  if (auto attention = dyn_cast<AttentionOp>(op))
    return countAttention(attention);
  if (auto attend = dyn_cast<AttendOp>(op))
    return countAttention(attend);
  if (auto linear = dyn_cast<LinearAttentionOp>(op))
    return countLinearAttention(linear);
  if (isProduct(op))
    return 2 * product(cast<linalg::LinalgOp>(op).getStaticLoopRanges());
  return std::nullopt;
}

std::optional<double> countFlops(func::FuncOp function) {
  double total = 0;
  WalkResult result = function.walk([&](Operation *op) {
    // What runs how often in a call or a loop is not looked into.
    if (isa<func::CallOp>(op))
      return WalkResult::interrupt();
    auto flops = count(op);
    if (!flops)
      return WalkResult::advance();
    if (*flops < 0 || op->getParentOfType<LoopLikeOpInterface>())
      return WalkResult::interrupt();
    total += *flops;
    return WalkResult::advance();
  });
  if (result.wasInterrupted() || total == 0)
    return std::nullopt;
  return total;
}

ProductCount countProducts(func::FuncOp function) {
  ProductCount count;
  function.walk([&](Operation *op) {
    const bool isAttention = isa<AttentionOp, AttendOp, LinearAttentionOp>(op);
    if (!isAttention && !isProduct(op))
      return;
    count.operators += 1;
    count.products += isAttention ? 2 : 1;
  });
  return count;
}

} // namespace mlir::attn
