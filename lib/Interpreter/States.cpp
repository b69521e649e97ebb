//===- States.cpp - The algebra of attention states, by the oracle --------===//

#include "Frame.h"
#include "Handlers.h"
#include "Regions.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Reference/AttentionState.h"

namespace mlir::attn::interpreter {

namespace reference = ::attn::reference;
using reference::AttentionState;

/// The state in three operands from `first` on.
static AttentionState readState(const Step &step, Frame &frame,
                                unsigned first) {
  return {frame.tensor(step.operands[first]),
          frame.tensor(step.operands[first + 1]),
          frame.tensor(step.operands[first + 2])};
}

static LogicalResult setState(const Step &step, Frame &frame,
                              ::attn::Result<AttentionState> state) {
  if (!state)
    return fail(step, state.message());
  return success(succeeded(setResult(step, frame, 0, std::move(state->acc))) &&
                 succeeded(setResult(step, frame, 1, std::move(state->max))) &&
                 succeeded(setResult(step, frame, 2, std::move(state->sum))));
}

static LogicalResult runInitState(const Step &step, Frame &frame) {
  auto type = cast<RankedTensorType>(step.op->getResult(0).getType());
  Shape shape;
  ArrayRef<unsigned> sizes = step.operands;
  for (int64_t size : type.getShape()) {
    if (ShapedType::isDynamic(size)) {
      size = frame.integer(sizes.front());
      sizes = sizes.drop_front();
    }
    shape.push_back(size);
  }
  return setState(step, frame,
                  reference::initState(shape[0], shape[1], shape[2], shape[3],
                                       step.out.dtype));
}

static LogicalResult runAttend(const Step &step, Frame &frame) {
  auto op = cast<AttendOp>(step.op);
  Regions regions(frame);
  reference::AttentionOptions options;
  if (auto scale = op.getScale())
    options.scale = scale->convertToDouble();
  options.score = regions.score(op.getScore());
  options.mask = regions.mask(op.getMask());
  options.queryLayout = layoutOf(op.getQueryLayout());
  options.keyLayout = layoutOf(op.getKeyLayout());
  options.valueLayout = layoutOf(op.getValueLayout());
  auto state = reference::attend(
      frame.tensor(step.operands[0]), frame.tensor(step.operands[1]),
      frame.tensor(step.operands[2]), readState(step, frame, 3), options);
  if (regions.hasFailed())
    return failure();
  return setState(step, frame, std::move(state));
}

static LogicalResult runMergeStates(const Step &step, Frame &frame) {
  return setState(step, frame,
                  reference::mergeStates(readState(step, frame, 0),
                                         readState(step, frame, 3)));
}

static LogicalResult runFinalizeState(const Step &step, Frame &frame) {
  auto op = cast<FinalizeStateOp>(step.op);
  reference::FinalizeOptions options;
  if (op.getSink())
    options.sink = &frame.tensor(step.operands[3]);
  options.outputLayout = layoutOf(op.getOutputLayout());
  options.lseLayout = layoutOf(op.getLseLayout());
  options.outputType = dtypeOf(op.getOutput());
  options.wantLse = bool(op.getLse());
  auto results = reference::finalizeState(readState(step, frame, 0), options);
  if (!results)
    return fail(step, results.message());
  if (failed(setResult(step, frame, 0, std::move(results->output))))
    return failure();
  if (!op.getLse())
    return success();
  return setResult(step, frame, 1, results->lse->cast(dtypeOf(op.getLse())));
}

void addStateHandlers(Handlers &handlers) {
  handlers[InitStateOp::getOperationName()] = {runInitState};
  handlers[AttendOp::getOperationName()] = {runAttend};
  handlers[MergeStatesOp::getOperationName()] = {runMergeStates};
  handlers[FinalizeStateOp::getOperationName()] = {runFinalizeState};
}

} // namespace mlir::attn::interpreter
