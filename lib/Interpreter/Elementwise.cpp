//===- Elementwise.cpp - Scalar ops, also on tensors ----------------------===//

#include "Frame.h"
#include "Handlers.h"

namespace mlir::attn::interpreter {

static constexpr unsigned kMaxOperands = 4;

static LogicalResult apply(const Step &step, const Scalar *operands,
                           Scalar &result) {
  if (const char *message = step.scalar(step, operands, result))
    return fail(step, message);
  return success();
}

static LogicalResult runOnScalars(const Step &step, Frame &frame) {
  Scalar operands[kMaxOperands];
  for (auto [n, slot] : llvm::enumerate(step.operands))
    operands[n] = frame.scalar(slot);
  return apply(step, operands, frame.scalar(step.results[0]));
}

/// The shape that all tensor operands have; scalars (select's condition) go
/// with every element.
static FailureOr<Shape> commonShape(const Step &step, Frame &frame) {
  std::optional<Shape> shape;
  for (unsigned slot : step.operands) {
    if (!frame[slot].tensor)
      continue;
    const Shape &other = frame.tensor(slot).shape();
    if (shape && *shape != other)
      return fail(step, "expected operands of one shape, got " +
                            ::attn::shapeString(*shape) + " and " +
                            ::attn::shapeString(other));
    shape = other;
  }
  return *shape;
}

static LogicalResult runOnTensors(const Step &step, Frame &frame) {
  auto shape = commonShape(step, frame);
  if (failed(shape))
    return failure();
  auto result = makeResult(step, 0, *shape);
  if (failed(result))
    return failure();
  llvm::SmallVector<Element, kMaxOperands> elements;
  for (Value operand : step.op->getOperands())
    elements.push_back(*Element::of(operand.getType()));
  for (int64_t n = 0; n < result->size(); ++n) {
    Scalar operands[kMaxOperands], value;
    for (auto [k, slot] : llvm::enumerate(step.operands))
      operands[k] = frame[slot].tensor ? elements[k].load(frame.tensor(slot), n)
                                       : frame.scalar(slot);
    if (failed(apply(step, operands, value)))
      return failure();
    step.out.store(*result, n, value);
  }
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

LogicalResult runElementwise(const Step &step, Frame &frame) {
  return isa<TensorType>(step.op->getResult(0).getType())
             ? runOnTensors(step, frame)
             : runOnScalars(step, frame);
}

} // namespace mlir::attn::interpreter
