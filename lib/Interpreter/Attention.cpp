//===- Attention.cpp - attention, linear attention, by the oracle ---------===//

#include "Frame.h"
#include "Handlers.h"
#include "Regions.h"

#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Reference/LinearAttention.h"

namespace mlir::attn::interpreter {

namespace reference = ::attn::reference;

/// The tensor of an optional operand.
static const Tensor *optional(Frame &frame, Value value) {
  return value ? &frame.tensor(frame.slotOf(value)) : nullptr;
}

static std::optional<double> toDouble(std::optional<APFloat> value) {
  if (!value)
    return std::nullopt;
  return value->convertToDouble();
}

static reference::ScoresStage stageOf(ScoresStage stage) {
  switch (stage) {
  case ScoresStage::scaled:
    return reference::ScoresStage::scaled;
  case ScoresStage::intermediate:
    return reference::ScoresStage::intermediate;
  case ScoresStage::modified:
    return reference::ScoresStage::modified;
  case ScoresStage::weights:
    return reference::ScoresStage::weights;
  }
  return reference::ScoresStage::weights;
}

static reference::AttentionOptions optionsOf(AttentionOp op, Frame &frame,
                                             Regions &regions) {
  reference::AttentionOptions options;
  options.scale = toDouble(op.getScale());
  options.score = regions.score(op.getScore());
  options.mask = regions.mask(op.getMask());
  options.prob = regions.prob(op.getProb());
  options.sink = optional(frame, op.getSink());
  options.queryLayout = layoutOf(op.getQueryLayout());
  options.keyLayout = layoutOf(op.getKeyLayout());
  options.valueLayout = layoutOf(op.getValueLayout());
  options.outputLayout = layoutOf(op.getOutputLayout());
  options.lseLayout = layoutOf(op.getLseLayout());
  options.scoresLayout = layoutOf(op.getScoresLayout());
  options.outputType = dtypeOf(op.getOutput());
  options.wantLse = bool(op.getLse());
  if (op.getScores()) {
    options.scoresType = dtypeOf(op.getScores());
    options.wantScores = stageOf(*op.getScoresStage());
  }
  return options;
}

/// The numbers of batches, heads, queries and keys.
static Shape pairsOf(AttentionOp op, Frame &frame) {
  const Tensor &query = frame.tensor(frame.slotOf(op.getQuery()));
  const Tensor &key = frame.tensor(frame.slotOf(op.getKey()));
  const auto queryLayout = getLayout(op.getQueryLayoutAttr(), 4);
  return {query.dim(getTensorDim(queryLayout, Batch)),
          query.dim(getTensorDim(queryLayout, Head)),
          query.dim(getTensorDim(queryLayout, Sequence)),
          key.dim(getTensorDim(getLayout(op.getKeyLayoutAttr(), 4), Sequence))};
}

static LogicalResult runAttention(const Step &step, Frame &frame) {
  auto op = cast<AttentionOp>(step.op);
  Regions regions(frame);
  auto results = reference::attention(
      frame.tensor(step.operands[0]), frame.tensor(step.operands[1]),
      frame.tensor(step.operands[2]), optionsOf(op, frame, regions));
  if (results)
    regions.runProbElsewhere(op.getProb(), pairsOf(op, frame));
  if (regions.hasFailed())
    return failure();
  if (!results)
    return fail(step, results.message());
  unsigned n = 0;
  LogicalResult status =
      setResult(step, frame, n++, std::move(results->output));
  if (succeeded(status) && op.getLse())
    status =
        setResult(step, frame, n++, results->lse->cast(dtypeOf(op.getLse())));
  if (succeeded(status) && op.getScores())
    status = setResult(step, frame, n++, std::move(*results->scores));
  return status;
}

static reference::LinearRule ruleOf(LinearRule rule) {
  switch (rule) {
  case LinearRule::linear:
    return reference::LinearRule::linear;
  case LinearRule::gated:
    return reference::LinearRule::gated;
  case LinearRule::delta:
    return reference::LinearRule::delta;
  case LinearRule::gated_delta:
    return reference::LinearRule::gatedDelta;
  }
  return reference::LinearRule::linear;
}

static LogicalResult runLinearAttention(const Step &step, Frame &frame) {
  auto op = cast<LinearAttentionOp>(step.op);
  reference::LinearAttentionOptions options;
  options.rule = ruleOf(op.getRule());
  options.decay = optional(frame, op.getDecay());
  options.beta = optional(frame, op.getBeta());
  options.pastState = optional(frame, op.getState());
  options.scale = toDouble(op.getScale());
  options.queryLayout = layoutOf(op.getQueryLayout());
  options.keyLayout = layoutOf(op.getKeyLayout());
  options.valueLayout = layoutOf(op.getValueLayout());
  options.outputLayout = layoutOf(op.getOutputLayout());
  options.outputType = dtypeOf(op.getOutput());
  auto results = reference::linearAttention(
      frame.tensor(step.operands[0]), frame.tensor(step.operands[1]),
      frame.tensor(step.operands[2]), options);
  if (!results)
    return fail(step, results.message());
  if (failed(setResult(step, frame, 0, std::move(results->output))))
    return failure();
  if (!op.getNewState())
    return success();
  return setResult(step, frame, 1, std::move(results->presentState));
}

void addAttentionHandlers(Handlers &handlers) {
  handlers[AttentionOp::getOperationName()] = {runAttention};
  handlers[LinearAttentionOp::getOperationName()] = {runLinearAttention};
}

} // namespace mlir::attn::interpreter
