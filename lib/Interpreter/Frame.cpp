//===- Frame.cpp - One call of an interpreted function --------------------===//

#include "Frame.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

namespace mlir::attn::interpreter {

static LogicalResult checkShape(const Step &step, unsigned n,
                                const Shape &shape) {
  auto type = cast<RankedTensorType>(step.op->getResult(n).getType());
  for (auto [d, size] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(size) && size != shape[d])
      return step.op->emitOpError()
             << "failed: expected dimension " << d << " of result " << n
             << " to be " << size << ", got " << shape[d];
  return success();
}

FailureOr<Tensor> makeResult(const Step &step, unsigned n, const Shape &shape) {
  if (failed(checkShape(step, n, shape)))
    return failure();
  auto element = Element::of(step.op->getResult(n).getType());
  ::attn::Result<Tensor> tensor = Tensor::create(element->dtype, shape);
  if (!tensor)
    return fail(step, tensor.message());
  return std::move(*tensor);
}

LogicalResult setResult(const Step &step, Frame &frame, unsigned n,
                        Tensor tensor) {
  if (failed(checkShape(step, n, tensor.shape())))
    return failure();
  frame.setTensor(step.results[n], std::move(tensor));
  return success();
}

LogicalResult setResult(const Step &step, Frame &frame, unsigned n,
                        ::attn::Result<Tensor> tensor) {
  if (!tensor)
    return fail(step, tensor.message());
  return setResult(step, frame, n, std::move(*tensor));
}

Shape readMixed(ArrayRef<OpFoldResult> values, Frame &frame) {
  Shape result;
  for (OpFoldResult value : values) {
    auto constant = getConstantIntValue(value);
    result.push_back(
        constant ? *constant : frame.integer(frame.slotOf(cast<Value>(value))));
  }
  return result;
}

/// Deep enough for any program that ends, and for the stack.
static constexpr unsigned kMaxDepth = 200;

FailureOr<std::vector<Datum>> callFunction(Library &library,
                                           func::FuncOp function,
                                           std::vector<Datum> arguments,
                                           unsigned depth) {
  if (depth > kMaxDepth)
    return function.emitError() << "expected at most " << kMaxDepth
                                << " calls inside of each other, got more";
  Frame frame(library, library.get(function), depth);
  const Program &program = frame.programOf(function.getBody());
  for (auto [slot, datum] : llvm::zip_equal(program.arguments, arguments))
    frame[slot] = std::move(datum);
  if (failed(frame.run(program)))
    return failure();
  std::vector<Datum> results;
  for (unsigned slot : program.yielded)
    results.push_back(frame[slot]);
  return results;
}

} // namespace mlir::attn::interpreter
