//===- ChunkLinearAttention.cpp - attn-chunk-linear-attention -------------===//
#include "ChunkLoops.h"
#include "attn/Analysis/TilingPolicy.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CHUNKLINEARATTENTION
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What chunks cannot do, of the op itself; empty if they can.
static std::string getObstacle(LinearAttentionOp op,
                               const TilingPolicy &policy) {
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  for (Value value : values)
    if (isKnownEmpty(value.getType()))
      return "expected tensors with elements, got an empty one";
  auto sizeOf = [](Value value, DenseI64ArrayAttr layout) {
    return getSize(cast<RankedTensorType>(value.getType()),
                   getLayout(layout, 4), Feature);
  };
  auto either = [](int64_t one, int64_t other) {
    return ShapedType::isDynamic(one) ? other : one;
  };
  int64_t key = either(sizeOf(op.getKey(), op.getKeyLayoutAttr()),
                       sizeOf(op.getQuery(), op.getQueryLayoutAttr()));
  int64_t value = either(sizeOf(op.getValue(), op.getValueLayoutAttr()),
                         sizeOf(op.getOutput(), op.getOutputLayoutAttr()));
  for (auto [name, size] : {std::pair("key", key), {"value", value}})
    if (ShapedType::isDynamic(size))
      return std::string("expected a static feature dimension of ") + name +
             ", got a dynamic one";
  int64_t most = policy.getMostLinearFeatures(op.getScoreType().getWidth());
  if (std::max(key, value) > most)
    return ("expected head sizes of at most " + Twine(most) + ", got " +
            Twine(key) + " and " + Twine(value))
        .str();
  return "";
}

namespace {
struct ChunkLinearAttention
    : attn::impl::ChunkLinearAttentionBase<ChunkLinearAttention> {
  using ChunkLinearAttentionBase::ChunkLinearAttentionBase;

  void runOnOperation() override {
    constexpr int64_t largest = int64_t(1) << 20;
    if (chunk < 1 || chunk > largest) {
      emitError(getOperation()->getLoc())
          << "expected chunk of 1 to " << largest << ", got " << chunk;
      return signalPassFailure();
    }
    SmallVector<LinearAttentionOp> ops;
    getOperation()->walk([&](LinearAttentionOp op) { ops.push_back(op); });
    auto policy = TilingPolicy::get(getOperation());
    for (LinearAttentionOp op : ops)
      rewrite(op, *policy);
  }

  void rewrite(LinearAttentionOp op, const TilingPolicy &policy) {
    auto describe = [](StringRef name) {
      return remark::RemarkOpts::name(name).category(
          "attn-chunk-linear-attention");
    };
    if (std::string obstacle = getObstacle(op, policy); !obstacle.empty()) {
      remark::missed(op.getLoc(), describe("Declined")) << obstacle;
      return;
    }
    OpBuilder builder(op);
    SmallVector<Value> results = ChunkLoops(op, builder, policy, chunk).build();
    remark::passed(op.getLoc(), describe("Chunked"))
        << ("chunks of " + Twine(chunk) + " tokens").str();
    op.replaceAllUsesWith(results);
    op.erase();
  }
};
} // namespace
