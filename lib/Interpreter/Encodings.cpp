//===- Encodings.cpp - Positional encodings and caches, by the oracle -----===//

#include "Frame.h"
#include "Handlers.h"
#include "Regions.h"

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Reference/CacheUpdate.h"
#include "attn/Reference/PositionalEncodings.h"

namespace mlir::attn::interpreter {

namespace reference = ::attn::reference;

static const Tensor *optional(Frame &frame, Value value) {
  return value ? &frame.tensor(frame.slotOf(value)) : nullptr;
}

static LogicalResult runRotaryEmbedding(const Step &step, Frame &frame) {
  auto op = cast<RotaryEmbeddingOp>(step.op);
  reference::RotaryOptions options;
  options.cos = optional(frame, op.getCos());
  options.sin = optional(frame, op.getSin());
  options.positions = optional(frame, op.getPositions());
  options.rotaryDim = op.getRotaryDim();
  options.interleaved = op.getInterleaved();
  options.base = op.getBase().convertToDouble();
  options.layout = layoutOf(op.getLayout());
  return setResult(
      step, frame, 0,
      reference::rotaryEmbedding(frame.tensor(step.operands[0]), options));
}

static LogicalResult runSinusoidalEncoding(const Step &step, Frame &frame) {
  auto op = cast<SinusoidalEncodingOp>(step.op);
  auto type = cast<RankedTensorType>(op.getOutput().getType());
  return setResult(step, frame, 0,
                   reference::sinusoidalEncoding(
                       frame.tensor(step.operands[0]),
                       type.getDimSize(type.getRank() - 1), step.out.dtype,
                       op.getBase().convertToDouble()));
}

static LogicalResult runCacheUpdate(const Step &step, Frame &frame) {
  auto op = cast<CacheUpdateOp>(step.op);
  reference::CacheUpdateOptions options;
  options.positions = optional(frame, op.getPositions());
  options.axis = op.getAxis();
  options.circular = op.getCircular();
  return setResult(step, frame, 0,
                   reference::cacheUpdate(frame.tensor(step.operands[0]),
                                          frame.tensor(step.operands[1]),
                                          options));
}

void addEncodingHandlers(Handlers &handlers) {
  handlers[RotaryEmbeddingOp::getOperationName()] = {runRotaryEmbedding};
  handlers[SinusoidalEncodingOp::getOperationName()] = {runSinusoidalEncoding};
  handlers[CacheUpdateOp::getOperationName()] = {runCacheUpdate};
}

} // namespace mlir::attn::interpreter
