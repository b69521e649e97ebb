//===- Positions.cpp - Predicates and score modifiers, by the oracle ------===//

#include "Frame.h"
#include "Handlers.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Reference/Predicates.h"
#include "attn/Reference/ScoreModifiers.h"

namespace mlir::attn::interpreter {

namespace reference = ::attn::reference;
using reference::Position;

/// Hands the oracle's answer, or its error, on.
template <typename T>
static LogicalResult setAnswer(const Step &step, Frame &frame,
                               const ::attn::Result<T> &answer) {
  if (!answer)
    return fail(step, answer.message());
  if constexpr (std::is_same_v<T, double>)
    frame.scalar(step.results[0]).f = *answer;
  else
    frame.scalar(step.results[0]).i = *answer;
  return success();
}

/// An optional operand is the last one.
static int64_t readOffset(const Step &step, Frame &frame, Value offset) {
  return offset ? frame.integer(step.operands.back()) : 0;
}

static LogicalResult runCausal(const Step &step, Frame &frame) {
  auto op = cast<CausalOp>(step.op);
  frame.scalar(step.results[0]).i = reference::causal(
      frame.integer(step.operands[0]), frame.integer(step.operands[1]),
      readOffset(step, frame, op.getOffset()));
  return success();
}

static LogicalResult runWindow(const Step &step, Frame &frame) {
  auto op = cast<WindowOp>(step.op);
  return setAnswer(step, frame,
                   reference::window(frame.integer(step.operands[0]),
                                     frame.integer(step.operands[1]),
                                     readOffset(step, frame, op.getOffset()),
                                     op.getLeft(), op.getRight()));
}

static LogicalResult runPrefix(const Step &step, Frame &frame) {
  frame.scalar(step.results[0]).i = reference::prefix(
      frame.integer(step.operands[0]), frame.integer(step.operands[1]));
  return success();
}

/// Batch, query and key from three slots on.
static LogicalResult runSameSegment(const Step &step, Frame &frame) {
  const Position at{frame.integer(step.operands[2]), 0,
                    frame.integer(step.operands[3]),
                    frame.integer(step.operands[4])};
  return setAnswer(step, frame,
                   reference::sameSegment(frame.tensor(step.operands[0]),
                                          frame.tensor(step.operands[1]), at));
}

static LogicalResult runBlockSparse(const Step &step, Frame &frame) {
  auto op = cast<BlockSparseOp>(step.op);
  const Position at{
      frame.integer(step.operands[1]), frame.integer(step.operands[2]),
      frame.integer(step.operands[3]), frame.integer(step.operands[4])};
  return setAnswer(step, frame,
                   reference::blockSparse(frame.tensor(step.operands[0]),
                                          op.getQueryBlock(), op.getKeyBlock(),
                                          at));
}

static LogicalResult runSoftcap(const Step &step, Frame &frame) {
  frame.scalar(step.results[0]).f =
      reference::softcap(frame.number(step.operands[0]),
                         cast<SoftcapOp>(step.op).getCap().convertToDouble());
  return success();
}

/// Head, query and key of the modifiers: operands 2 to 4.
static Position positionOf(const Step &step, Frame &frame) {
  return {0, frame.integer(step.operands[2]), frame.integer(step.operands[3]),
          frame.integer(step.operands[4])};
}

static LogicalResult runAlibi(const Step &step, Frame &frame) {
  auto op = cast<AlibiOp>(step.op);
  return setAnswer(step, frame,
                   reference::alibi(frame.number(step.operands[0]),
                                    frame.tensor(step.operands[1]),
                                    positionOf(step, frame),
                                    readOffset(step, frame, op.getOffset()),
                                    op.getAbsolute()));
}

static LogicalResult runRelativePositionBias(const Step &step, Frame &frame) {
  auto op = cast<RelativePositionBiasOp>(step.op);
  reference::RelativePositionOptions options;
  options.offset = readOffset(step, frame, op.getOffset());
  options.maxDistance = op.getMaxDistance();
  options.bidirectional = op.getBidirectional();
  return setAnswer(
      step, frame,
      reference::relativePositionBias(frame.number(step.operands[0]),
                                      frame.tensor(step.operands[1]),
                                      positionOf(step, frame), options));
}

void addPositionHandlers(Handlers &handlers) {
  handlers[CausalOp::getOperationName()] = {runCausal};
  handlers[WindowOp::getOperationName()] = {runWindow};
  handlers[PrefixOp::getOperationName()] = {runPrefix};
  handlers[SameSegmentOp::getOperationName()] = {runSameSegment};
  handlers[BlockSparseOp::getOperationName()] = {runBlockSparse};
  handlers[SoftcapOp::getOperationName()] = {runSoftcap};
  handlers[AlibiOp::getOperationName()] = {runAlibi};
  handlers[RelativePositionBiasOp::getOperationName()] = {
      runRelativePositionBias};
}

} // namespace mlir::attn::interpreter
