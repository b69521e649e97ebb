//===- AttentionWeights.cpp - Attention weights as results ----------------===//

#include "attn/Run/AttentionWeights.h"

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

static RankedTensorType getWeightsType(AttentionOp op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto layout = op.getLayoutOf(op.getQuery());
  return RankedTensorType::get(
      {getSize(query, layout, Batch), getSize(query, layout, Head),
       getSize(query, layout, Sequence),
       getSize(key, op.getLayoutOf(op.getKey()), Sequence)},
      op.getScoreType());
}

/// Regions see the same captured values; of two yielded scores the first one
/// counts, the other is another stage's.
static void cloneRegions(AttentionOp from, AttentionOp to) {
  IRMapping mapping;
  from.getScore().cloneInto(&to.getScore(), mapping);
  from.getMask().cloneInto(&to.getMask(), mapping);
  from.getProb().cloneInto(&to.getProb(), mapping);
  if (to.getScore().empty())
    return;
  Operation *yield = to.getScore().front().getTerminator();
  yield->setOperands(yield->getOperands().take_front());
}

/// The weights of `op`: its own, or those of a second op beside it, whose other
/// result nobody uses.
static Value getWeights(AttentionOp op) {
  if (op.getScores() && op.getScoresStage() == ScoresStage::weights)
    return op.getScores();
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  auto twin = AttentionOp::create(
      builder, op.getLoc(), op.getOutput().getType(), /*lse=*/Type(),
      getWeightsType(op), op.getQuery(), op.getKey(), op.getValue(),
      op.getSink(), op.getScaleAttr(), op.getQueryLayoutAttr(),
      op.getKeyLayoutAttr(), op.getValueLayoutAttr(), op.getOutputLayoutAttr(),
      /*lse_layout=*/nullptr, /*scores_layout=*/nullptr,
      ScoresStageAttr::get(op->getContext(), ScoresStage::weights));
  cloneRegions(op, twin);
  // One pass over the keys is enough where the scores were not asked for.
  if (!op.getScores() && !op.getLse()) {
    op.getOutput().replaceAllUsesWith(twin.getOutput());
    op.erase();
  }
  return twin.getScores();
}

static void appendResult(func::FuncOp function, Value value, unsigned number) {
  Operation *ret = function.front().getTerminator();
  ret->insertOperands(ret->getNumOperands(), value);
  OpBuilder builder(function.getContext());
  auto name = builder.getNamedAttr(
      "attn.name", builder.getStringAttr("attention " + llvm::Twine(number)));
  (void)function.insertResult(function.getNumResults(), value.getType(),
                              builder.getDictionaryAttr(name));
}

FailureOr<unsigned> addAttentionWeights(func::FuncOp function,
                                        std::optional<unsigned> which) {
  llvm::SmallVector<AttentionOp> ops(function.getOps<AttentionOp>());
  if (ops.empty())
    return function.emitError()
           << "expected an attn.attention op in the body of '"
           << function.getName()
           << "' for its weights, got none: attention that is decomposed into "
              "matrix products and a softmax is not recognized yet; let the "
              "model return the softmax's result, and write that output";
  if (which && *which >= ops.size())
    return function.emitError() << "expected an attention in [0, " << ops.size()
                                << "), got " << *which;
  unsigned added = 0;
  for (auto [number, op] : llvm::enumerate(ops)) {
    if (which && number != *which)
      continue;
    appendResult(function, getWeights(op), number);
    ++added;
  }
  return added;
}

} // namespace mlir::attn
