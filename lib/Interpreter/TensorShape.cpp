//===- TensorShape.cpp - Reshapes, concatenation, padding -----------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn::interpreter {

static LogicalResult runExpandShape(const Step &step, Frame &frame) {
  auto op = cast<tensor::ExpandShapeOp>(step.op);
  const Tensor &source = frame.tensor(step.operands[0]);
  Shape shape = readMixed(op.getMixedOutputShape(), frame);
  for (auto [d, group] : llvm::enumerate(op.getReassociationIndices())) {
    int64_t product = 1;
    for (int64_t dim : group)
      if (__builtin_mul_overflow(product, shape[dim], &product))
        product = -1;
    if (product != source.dim(d))
      return op.emitOpError() << "failed: expected the sizes that dimension "
                              << d << " expands to to have the product "
                              << source.dim(d) << ", got " << product;
  }
  return setResult(step, frame, 0, source.reshape(shape));
}

static LogicalResult runCollapseShape(const Step &step, Frame &frame) {
  auto op = cast<tensor::CollapseShapeOp>(step.op);
  const Tensor &source = frame.tensor(step.operands[0]);
  Shape shape;
  for (ArrayRef<int64_t> group : op.getReassociationIndices()) {
    int64_t product = 1;
    for (int64_t dim : group)
      product *= source.dim(dim);
    shape.push_back(product);
  }
  return setResult(step, frame, 0, source.reshape(shape));
}

static LogicalResult runReshape(const Step &step, Frame &frame) {
  const Tensor &sizes = frame.tensor(step.operands[1]);
  Shape shape;
  for (int64_t n = 0; n < sizes.size(); ++n)
    shape.push_back(sizes.getInt(n));
  return setResult(step, frame, 0,
                   frame.tensor(step.operands[0]).reshape(shape));
}

/// Copies `source` into `target` with its first element at `offset` along
/// dimension `dim`; their other dimensions are equal.
static void copyAlong(const Element &element, const Tensor &source,
                      Tensor &target, int64_t dim, int64_t offset) {
  Shape index;
  for (int64_t n = 0; n < source.size(); ++n) {
    index = source.indexOf(n);
    index[dim] += offset;
    element.store(target, target.linearOf(index.data(), index.size()),
                  element.load(source, n));
  }
}

static LogicalResult runConcat(const Step &step, Frame &frame) {
  const int64_t dim = cast<tensor::ConcatOp>(step.op).getDim();
  Shape shape = frame.tensor(step.operands[0]).shape();
  for (unsigned slot : ArrayRef(step.operands).drop_front()) {
    Shape other = frame.tensor(slot).shape();
    shape[dim] += other[dim];
    other[dim] = shape[dim];
    if (other != shape)
      return fail(step, "expected inputs that differ in dimension " +
                            std::to_string(dim) + " only, got " +
                            frame.tensor(step.operands[0]).typeString() +
                            " and " + frame.tensor(slot).typeString());
  }
  auto result = makeResult(step, 0, shape);
  if (failed(result))
    return failure();
  int64_t offset = 0;
  for (unsigned slot : step.operands) {
    copyAlong(step.out, frame.tensor(slot), *result, dim, offset);
    offset += frame.tensor(slot).dim(dim);
  }
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

/// The index in the source of `index` in the padded tensor, or false.
static bool unpad(Shape &index, const Shape &low, const Shape &source) {
  for (auto [d, size] : llvm::enumerate(source)) {
    index[d] -= low[d];
    if (index[d] < 0 || index[d] >= size)
      return false;
  }
  return true;
}

static LogicalResult runPad(const Step &step, Frame &frame) {
  auto op = cast<tensor::PadOp>(step.op);
  const Tensor &source = frame.tensor(step.operands[0]);
  const Shape low = readMixed(op.getMixedLowPad(), frame);
  const Shape high = readMixed(op.getMixedHighPad(), frame);
  Shape shape = source.shape();
  for (auto [d, size] : llvm::enumerate(shape))
    if (__builtin_add_overflow(size, low[d], &size) ||
        __builtin_add_overflow(size, high[d], &size))
      return fail(step, "expected padded sizes of at most 64 bits, got more "
                        "in dimension " +
                            std::to_string(d));
  auto result = makeResult(step, 0, shape);
  if (failed(result))
    return failure();
  const Program &body = frame.programOf(op.getRegion());
  for (int64_t n = 0; n < result->size(); ++n) {
    Shape index = result->indexOf(n);
    for (auto [slot, position] : llvm::zip_equal(body.arguments, index))
      frame.scalar(slot).i = position;
    if (unpad(index, low, source.shape())) {
      step.out.store(
          *result, n,
          step.out.load(source, source.linearOf(index.data(), index.size())));
      continue;
    }
    if (failed(frame.run(body)))
      return failure();
    step.out.store(*result, n, frame.scalar(body.yielded[0]));
  }
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

void addTensorShapeHandlers(Handlers &handlers) {
  handlers[tensor::ExpandShapeOp::getOperationName()] = {runExpandShape};
  handlers[tensor::CollapseShapeOp::getOperationName()] = {runCollapseShape};
  handlers[tensor::ReshapeOp::getOperationName()] = {runReshape};
  handlers[tensor::ConcatOp::getOperationName()] = {runConcat};
  handlers[tensor::PadOp::getOperationName()] = {runPad};
}

} // namespace mlir::attn::interpreter
