//===- RoundAttention.cpp - Attention in a narrower type ------------------===//

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ROUNDATTENTION
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What `value` is another shape or order of.
static Value findSource(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp,
             tensor::ReshapeOp, linalg::TransposeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

static bool isComputed(Value value) {
  Operation *op = findSource(value).getDefiningOp();
  return op && (isa<linalg::LinalgOp, RotaryEmbeddingOp>(op) ||
                OpTrait::hasElementwiseMappableTraits(op));
}

/// Why the operands of `op` stay, or nothing.
static StringRef findObstacle(AttentionOp op) {
  for (Value operand : {op.getQuery(), op.getKey(), op.getValue()})
    if (!getElementTypeOrSelf(operand.getType()).isF32())
      return "expected queries, keys and values of f32";
  for (Value operand : {op.getKey(), op.getValue()})
    if (!isComputed(operand))
      return "expected keys and values that are computed, got stored ones";
  return {};
}

namespace {
struct RoundAttention : attn::impl::RoundAttentionBase<RoundAttention> {
  using RoundAttentionBase::RoundAttentionBase;

  void runOnOperation() override {
    if (precision == Precision::F32)
      return;
    getOperation()->walk([&](AttentionOp op) {
      auto options = [](StringRef name) {
        return remark::RemarkOpts::name(name).category("attn-round-attention");
      };
      StringRef obstacle = findObstacle(op);
      if (!obstacle.empty()) {
        remark::missed(op.getLoc(), options("Declined")) << obstacle.str();
        return;
      }
      round(op);
      remark::passed(op.getLoc(), options("Rounded"))
          << "queries, keys and values";
    });
  }

private:
  void round(AttentionOp op) {
    OpBuilder b(op);
    Type narrow =
        precision == Precision::BF16 ? Type(b.getBF16Type()) : b.getF16Type();
    for (OpOperand *operand :
         {&op.getQueryMutable(), &op.getKeyMutable(), &op.getValueMutable()}) {
      Value wide = operand->get();
      auto type = cast<RankedTensorType>(wide.getType());
      operand->set(
          arith::TruncFOp::create(b, op.getLoc(), type.clone(narrow), wide));
    }
  }
};
} // namespace
