//===- Softmax.cpp - linalg.softmax ---------------------------------------===//

#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <cmath>

namespace mlir::attn::interpreter {

/// The softmax of `row` in place, in f64. As in what the op decomposes to, a
/// row of -inf alone is NaN.
static void takeSoftmax(MutableArrayRef<double> row) {
  double largest = -INFINITY, sum = 0;
  for (double x : row)
    largest = std::isnan(x)         ? x
              : std::isnan(largest) ? largest
                                    : std::max(largest, x);
  for (double &x : row)
    sum += x = std::exp(x - largest);
  for (double &x : row)
    x /= sum;
}

static LogicalResult runSoftmax(const Step &step, Frame &frame) {
  auto op = cast<linalg::SoftmaxOp>(step.op);
  const Tensor &input = frame.tensor(step.operands[0]);
  const Shape &shape = input.shape(),
              &outShape = frame.tensor(step.operands[1]).shape();
  if (shape != outShape)
    return fail(step, "expected an output of " + ::attn::shapeString(shape) +
                          " as the input, got " +
                          ::attn::shapeString(outShape));
  auto result = makeResult(step, 0, shape);
  if (failed(result))
    return failure();
  Element element = *Element::of(op.getInput().getType());
  const int64_t length = shape[op.getDimension()],
                stride = ::attn::rowMajorStrides(shape)[op.getDimension()];
  std::vector<double> row(length);
  for (int64_t n = 0; n < input.size(); ++n) {
    if (n / stride % length != 0)
      continue;
    for (int64_t k = 0; k < length; ++k)
      row[k] = element.load(input, n + k * stride).f;
    takeSoftmax(row);
    for (int64_t k = 0; k < length; ++k)
      step.out.store(*result, n + k * stride, Scalar::of(row[k]));
  }
  frame.setTensor(step.results[0], std::move(*result));
  return success();
}

void addSoftmaxHandlers(Handlers &handlers) {
  handlers[linalg::SoftmaxOp::getOperationName()] = {runSoftmax};
}

} // namespace mlir::attn::interpreter
