//===- Tensor.cpp - Elements and sizes of tensors -------------------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn::interpreter {

/// Row-major position of the index in `slots`, or an error at the op.
static FailureOr<int64_t> locate(const Step &step, Frame &frame,
                                 const Tensor &tensor,
                                 ArrayRef<unsigned> slots) {
  int64_t linear = 0;
  for (auto [d, slot] : llvm::enumerate(slots)) {
    const int64_t index = frame.integer(slot);
    if (index < 0 || index >= tensor.dim(d))
      return step.op->emitOpError()
             << "failed: expected index " << d << " to be in [0, "
             << tensor.dim(d) << "), got " << index;
    linear = linear * tensor.dim(d) + index;
  }
  return linear;
}

static LogicalResult runExtract(const Step &step, Frame &frame) {
  const Tensor &tensor = frame.tensor(step.operands[0]);
  auto n = locate(step, frame, tensor, ArrayRef(step.operands).drop_front());
  if (failed(n))
    return failure();
  frame.scalar(step.results[0]) = step.out.load(tensor, *n);
  return success();
}

static LogicalResult runInsert(const Step &step, Frame &frame) {
  Tensor tensor = frame.tensor(step.operands[1]);
  auto n = locate(step, frame, tensor, ArrayRef(step.operands).drop_front(2));
  if (failed(n))
    return failure();
  step.out.store(tensor, *n, frame.scalar(step.operands[0]));
  frame.setTensor(step.results[0], std::move(tensor));
  return success();
}

static LogicalResult runDim(const Step &step, Frame &frame) {
  const Tensor &tensor = frame.tensor(step.operands[0]);
  const int64_t index = frame.integer(step.operands[1]);
  if (index < 0 || index >= tensor.rank())
    return step.op->emitOpError() << "failed: expected a dimension in [0, "
                                  << tensor.rank() << "), got " << index;
  frame.scalar(step.results[0]).i = tensor.dim(index);
  return success();
}

static LogicalResult runRank(const Step &step, Frame &frame) {
  frame.scalar(step.results[0]).i = frame.tensor(step.operands[0]).rank();
  return success();
}

/// The shape of a result whose dynamic sizes are `slots`, in order.
static Shape shapeOf(const Step &step, Frame &frame, ArrayRef<unsigned> slots) {
  Shape shape;
  auto type = cast<RankedTensorType>(step.op->getResult(0).getType());
  for (int64_t size : type.getShape()) {
    if (ShapedType::isDynamic(size)) {
      size = frame.integer(slots.front());
      slots = slots.drop_front();
    }
    shape.push_back(size);
  }
  return shape;
}

static LogicalResult runEmpty(const Step &step, Frame &frame) {
  auto result = makeResult(step, 0, shapeOf(step, frame, step.operands));
  if (failed(result))
    return failure();
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

static LogicalResult runSplat(const Step &step, Frame &frame) {
  auto result = makeResult(
      step, 0, shapeOf(step, frame, ArrayRef(step.operands).drop_front()));
  if (failed(result))
    return failure();
  for (int64_t n = 0; n < result->size(); ++n)
    step.out.store(*result, n, frame.scalar(step.operands[0]));
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

static LogicalResult runFromElements(const Step &step, Frame &frame) {
  auto result = makeResult(step, 0, shapeOf(step, frame, {}));
  if (failed(result))
    return failure();
  for (auto [n, slot] : llvm::enumerate(step.operands))
    step.out.store(*result, n, frame.scalar(slot));
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

static LogicalResult runCast(const Step &step, Frame &frame) {
  return setResult(step, frame, 0, Tensor(frame.tensor(step.operands[0])));
}

/// tensor.bitcast: between types of one width.
static LogicalResult runBitcast(const Step &step, Frame &frame) {
  const Tensor &tensor = frame.tensor(step.operands[0]);
  auto result = makeResult(step, 0, tensor.shape());
  if (failed(result))
    return failure();
  std::copy_n(static_cast<const char *>(tensor.data()), tensor.sizeInBytes(),
              static_cast<char *>(result->data()));
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

/// tensor.generate: the region gives each element from its index.
static LogicalResult runGenerate(const Step &step, Frame &frame) {
  auto result = makeResult(step, 0, shapeOf(step, frame, step.operands));
  if (failed(result))
    return failure();
  const Program &body = frame.programOf(step.op->getRegion(0));
  for (int64_t n = 0; n < result->size(); ++n) {
    for (auto [slot, index] :
         llvm::zip_equal(body.arguments, result->indexOf(n)))
      frame.scalar(slot).i = index;
    if (failed(frame.run(body)))
      return failure();
    step.out.store(*result, n, frame.scalar(body.yielded[0]));
  }
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

void addTensorHandlers(Handlers &handlers) {
  handlers[tensor::ExtractOp::getOperationName()] = {runExtract};
  handlers[tensor::InsertOp::getOperationName()] = {runInsert};
  handlers[tensor::DimOp::getOperationName()] = {runDim};
  handlers[tensor::RankOp::getOperationName()] = {runRank};
  handlers[tensor::EmptyOp::getOperationName()] = {runEmpty};
  handlers[tensor::SplatOp::getOperationName()] = {runSplat};
  handlers[tensor::FromElementsOp::getOperationName()] = {runFromElements};
  handlers[tensor::CastOp::getOperationName()] = {runCast};
  handlers[tensor::BitcastOp::getOperationName()] = {runBitcast};
  handlers[tensor::GenerateOp::getOperationName()] = {runGenerate};
}

} // namespace mlir::attn::interpreter
