//===- TensorSlice.cpp - Reading and writing slices -----------------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn::interpreter {

namespace {

/// A slice of a tensor: element t along a dimension is offset + t * stride.
struct Slice {
  Shape offsets, sizes, strides;

  /// Row-major position in a tensor of `shape` of element `n` of the slice.
  int64_t locate(int64_t n, const Shape &shape) const {
    int64_t linear = 0, factor = 1;
    for (int64_t d = int64_t(sizes.size()) - 1; d >= 0; --d) {
      linear += (offsets[d] + n % sizes[d] * strides[d]) * factor;
      factor *= shape[d];
      n /= sizes[d];
    }
    return linear;
  }

  int64_t count() const {
    int64_t product = 1;
    for (int64_t size : sizes)
      product *= size;
    return product;
  }
};

} // namespace

/// Whether elements 0 and size - 1 lie in [0, bound).
static bool isInside(int64_t offset, int64_t size, int64_t stride,
                     int64_t bound) {
  int64_t span, last;
  if (size < 0 || __builtin_mul_overflow(size - 1, stride, &span) ||
      __builtin_add_overflow(offset, span, &last))
    return false;
  return size == 0 ? offset >= 0 && offset <= bound
                   : offset >= 0 && offset < bound && last >= 0 && last < bound;
}

static FailureOr<Slice> readSlice(const Step &step, Frame &frame,
                                  const Tensor &whole) {
  auto op = cast<OffsetSizeAndStrideOpInterface>(step.op);
  Slice slice{readMixed(op.getMixedOffsets(), frame),
              readMixed(op.getMixedSizes(), frame),
              readMixed(op.getMixedStrides(), frame)};
  for (int64_t d = 0; d < whole.rank(); ++d)
    if (!isInside(slice.offsets[d], slice.sizes[d], slice.strides[d],
                  whole.dim(d)))
      return step.op->emitOpError()
             << "failed: expected a slice of dimension " << d << " in [0, "
             << whole.dim(d) << "), got offset " << slice.offsets[d]
             << ", size " << slice.sizes[d] << ", stride " << slice.strides[d];
  return slice;
}

/// The sizes of a slice without the dimensions of size 1 that its type drops.
static Shape dropUnitDims(const Shape &sizes,
                          const llvm::SmallBitVector &drop) {
  Shape shape;
  for (auto [d, size] : llvm::enumerate(sizes))
    if (!drop.test(d))
      shape.push_back(size);
  return shape;
}

static LogicalResult runExtractSlice(const Step &step, Frame &frame) {
  auto op = cast<tensor::ExtractSliceOp>(step.op);
  const Tensor &source = frame.tensor(step.operands[0]);
  auto slice = readSlice(step, frame, source);
  if (failed(slice))
    return failure();
  auto result =
      makeResult(step, 0, dropUnitDims(slice->sizes, op.getDroppedDims()));
  if (failed(result))
    return failure();
  for (int64_t n = 0; n < result->size(); ++n)
    step.out.store(*result, n,
                   step.out.load(source, slice->locate(n, source.shape())));
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

static LogicalResult runInsertSlice(const Step &step, Frame &frame) {
  const Tensor &source = frame.tensor(step.operands[0]);
  Tensor result = frame.tensor(step.operands[1]);
  auto slice = readSlice(step, frame, result);
  if (failed(slice))
    return failure();
  if (slice->count() != source.size())
    return fail(step, "expected a source of " + std::to_string(slice->count()) +
                          " elements, got " + source.typeString());
  for (int64_t n = 0; n < source.size(); ++n)
    step.out.store(result, slice->locate(n, result.shape()),
                   step.out.load(source, n));
  return setResult(step, frame, 0, std::move(result));
}

void addTensorSliceHandlers(Handlers &handlers) {
  handlers[tensor::ExtractSliceOp::getOperationName()] = {runExtractSlice};
  handlers[tensor::InsertSliceOp::getOperationName()] = {runInsertSlice};
}

} // namespace mlir::attn::interpreter
