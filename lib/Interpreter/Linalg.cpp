//===- Linalg.cpp - Every structured op of linalg -------------------------===//
//===----------------------------------------------------------------------===//
//
// A structured op says all about itself: iterators, an indexing map for each
// operand, and a region on elements. Outputs are kept unrounded while the loops
// run, so that a reduction is rounded once.
//
//===----------------------------------------------------------------------===//

#include "Affine.h"
#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn::interpreter {

namespace {

/// One operand: its elements as numbers, and where an iteration finds its own.
class Operand {
public:
  Operand(AffineMap map, Element element, const Datum &datum)
      : map(map), element(element) {
    if (!datum.tensor) {
      values = {datum.scalar};
      return;
    }
    shape = datum.tensor->shape();
    values.resize(datum.tensor->size());
    for (auto [n, value] : llvm::enumerate(values))
      value = element.load(*datum.tensor, n);
    readProjection();
  }

  /// The place of the element for `iteration`, or nothing out of range.
  std::optional<int64_t> locate(const int64_t *iteration) const {
    int64_t linear = 0;
    if (isProjection) {
      for (auto [loop, stride] : projection)
        linear += iteration[loop] * stride;
      return linear;
    }
    for (auto [d, size] : llvm::enumerate(shape)) {
      auto index = evaluate(map.getResult(d), iteration, nullptr);
      if (!index || *index < 0 || *index >= size)
        return std::nullopt;
      linear = linear * size + *index;
    }
    return linear;
  }

  AffineMap map;
  Element element;
  Shape shape;
  std::vector<Scalar> values;

private:
  /// Maps of plain loop indices, which loops keep in range, need no evaluation.
  void readProjection() {
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      return;
    isProjection = true;
    Shape strides = ::attn::rowMajorStrides(shape);
    for (auto [expression, stride] : llvm::zip_equal(map.getResults(), strides))
      if (auto dim = dyn_cast<AffineDimExpr>(expression))
        projection.emplace_back(dim.getPosition(), stride);
  }

  bool isProjection = false;
  llvm::SmallVector<std::pair<unsigned, int64_t>, 6> projection;
};

/// One op while it runs.
class Loops {
public:
  Loops(const Step &step, Frame &frame)
      : step(step), frame(frame), op(cast<linalg::LinalgOp>(step.op)),
        body(frame.programOf(step.op->getRegion(0))) {}

  LogicalResult run();

private:
  void readOperands();
  LogicalResult findBounds();
  LogicalResult setBound(unsigned loop, int64_t size, unsigned operand,
                         int64_t dim);
  LogicalResult runIteration(const int64_t *iteration);
  LogicalResult runAll();
  LogicalResult writeResults();

  const Step &step;
  Frame &frame;
  linalg::LinalgOp op;
  const Program &body;
  std::vector<Operand> operands;
  /// The number of iterations of each loop, and the operand that said so.
  std::vector<int64_t> bounds;
  std::vector<unsigned> saidBy;
};

} // namespace

void Loops::readOperands() {
  auto maps = op.getIndexingMapsArray();
  for (OpOperand &operand : op->getOpOperands()) {
    unsigned n = operand.getOperandNumber();
    operands.emplace_back(maps[n], *Element::of(operand.get().getType()),
                          frame[step.operands[n]]);
  }
}

LogicalResult Loops::setBound(unsigned loop, int64_t size, unsigned operand,
                              int64_t dim) {
  if (bounds[loop] < 0) {
    bounds[loop] = size;
    saidBy[loop] = operand;
  }
  if (bounds[loop] == size)
    return success();
  return op->emitOpError() << "failed: expected dimension " << dim
                           << " of operand " << operand << " to be "
                           << bounds[loop] << " as in operand " << saidBy[loop]
                           << ", got " << size;
}

LogicalResult Loops::findBounds() {
  bounds.assign(op.getNumLoops(), -1);
  saidBy.assign(op.getNumLoops(), 0);
  for (auto [n, operand] : llvm::enumerate(operands))
    for (auto [d, size] : llvm::enumerate(operand.shape))
      if (auto dim = dyn_cast<AffineDimExpr>(operand.map.getResult(d)))
        if (failed(setBound(dim.getPosition(), size, n, d)))
          return failure();
  for (auto [loop, bound] : llvm::enumerate(bounds))
    if (bound < 0)
      return op->emitOpError()
             << "failed: expected an operand that is indexed by loop " << loop
             << ", got none";
  return success();
}

LogicalResult Loops::runIteration(const int64_t *iteration) {
  const unsigned numOperands = operands.size();
  llvm::SmallVector<int64_t, 8> places(numOperands);
  for (unsigned n = 0; n < numOperands; ++n) {
    auto place = operands[n].locate(iteration);
    if (!place)
      return op->emitOpError()
             << "failed: expected the indexing map of operand " << n
             << " to stay in " << ::attn::shapeString(operands[n].shape);
    places[n] = *place;
    if (n < body.arguments.size())
      frame.scalar(body.arguments[n]) = operands[n].values[*place];
  }
  frame.iteration = iteration;
  if (failed(frame.run(body)))
    return failure();
  const unsigned numInputs = op.getNumDpsInputs();
  for (auto [n, slot] : llvm::enumerate(body.yielded))
    operands[numInputs + n].values[places[numInputs + n]] = frame.scalar(slot);
  return success();
}

LogicalResult Loops::runAll() {
  if (llvm::is_contained(bounds, 0))
    return success();
  std::vector<int64_t> iteration(bounds.size(), 0);
  while (true) {
    if (failed(runIteration(iteration.data())))
      return failure();
    int64_t loop = int64_t(bounds.size()) - 1;
    for (; loop >= 0 && ++iteration[loop] == bounds[loop]; --loop)
      iteration[loop] = 0;
    if (loop < 0)
      return success();
  }
}

LogicalResult Loops::writeResults() {
  const unsigned numInputs = op.getNumDpsInputs();
  for (unsigned n = 0; n < step.results.size(); ++n) {
    const Operand &output = operands[numInputs + n];
    auto result = makeResult(step, n, output.shape);
    if (failed(result))
      return failure();
    for (auto [k, value] : llvm::enumerate(output.values))
      output.element.store(*result, k, value);
    frame.setTensor(step.results[n], std::move(*result));
  }
  return success();
}

LogicalResult Loops::run() {
  readOperands();
  if (failed(findBounds()))
    return failure();
  // An op in the region of another one would not hide its iteration for long.
  const int64_t *outer = frame.iteration;
  LogicalResult result = runAll();
  frame.iteration = outer;
  return failed(result) ? failure() : writeResults();
}

static LogicalResult runLinalg(const Step &step, Frame &frame) {
  return Loops(step, frame).run();
}

static LogicalResult runIndex(const Step &step, Frame &frame) {
  const uint64_t dim = cast<linalg::IndexOp>(step.op).getDim();
  frame.scalar(step.results[0]).i = frame.iteration[dim];
  return success();
}

template <typename... Ops> static void addStructured(Handlers &handlers) {
  ((handlers[Ops::getOperationName()] = {runLinalg}), ...);
}

void addLinalgHandlers(Handlers &handlers) {
  addStructured<
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
      >(handlers);
  handlers[linalg::IndexOp::getOperationName()] = {runIndex};
}

} // namespace mlir::attn::interpreter
