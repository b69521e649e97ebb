//===- Pool.cpp - MaxPool, AveragePool and the global ones ----------------===//
//
// What is added around the data is the least for a maximum. For a mean, what it
// adds to is counted by pooling ones in the same way.
//
//===----------------------------------------------------------------------===//

#include "Core/Elementwise.h"
#include "Ops/Window.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
using Combine = Value (*)(ScalarBuilder &, Value, Value);
} // namespace

static Value combineMax(ScalarBuilder &s, Value x, Value accumulator) {
  return s.make<arith::MaximumFOp>(accumulator, x);
}
static Value combineSum(ScalarBuilder &s, Value x, Value accumulator) {
  return s.add(accumulator, x);
}

static FailureOr<Window> readPool(Node &n) {
  const Operand &data = n.input(0);
  std::optional<SmallVector<int64_t>> given = n.intsAttr("kernel_shape");
  if (!given || given->empty() || int64_t(given->size()) != data.rank() - 2)
    return n.error() << "expected kernel_shape to have a size for each spatial "
                        "dimension of "
                     << data.type();
  Sizes sizes;
  for (int64_t size : *given) {
    if (size < 1 || size > INT32_MAX)
      return n.error() << "expected kernel_shape to be positive, got " << size;
    sizes.push_back(n.math.constant(size));
  }
  FailureOr<Window> window = readWindow(n, data, sizes);
  if (failed(window) || failed(setPadding(n, *window)))
    return failure();
  // Padding by auto_pad says how many results there are.
  bool isCeil = n.intAttr("ceil_mode", 0) != 0;
  window->ceil = isCeil && n.stringAttr("auto_pad", "NOTSET") == "NOTSET";
  if (failed(setOutputSizes(n, *window)))
    return failure();
  return window;
}

/// Folds the elements of each window of `padded`, whose spatial dimensions come
/// last, from `neutral`. A tensor that is not read says how many there are.
static Operand slide(Node &n, const Window &window, const Operand &padded,
                     Value neutral, Combine combine) {
  int64_t lead = padded.rank() - window.spatial();
  int64_t loops = padded.rank() + window.spatial();
  MLIRContext *context = n.b.getContext();
  SmallVector<AffineExpr> data, kernel;
  for (int64_t d = 0; d < lead; ++d)
    data.push_back(n.b.getAffineDimExpr(d));
  for (int64_t d = 0; d < window.spatial(); ++d) {
    kernel.push_back(n.b.getAffineDimExpr(padded.rank() + d));
    data.push_back(n.b.getAffineDimExpr(lead + d) * window.strides[d] +
                   kernel.back() * window.dilations[d]);
  }
  SmallVector<AffineMap> maps{AffineMap::get(loops, 0, data, context),
                              AffineMap::get(loops, 0, kernel, context),
                              AffineMap::getMultiDimIdentityMap(loops, context)
                                  .getMajorSubMap(padded.rank())};
  SmallVector<utils::IteratorType> iterators(padded.rank(),
                                             utils::IteratorType::parallel);
  iterators.append(window.spatial(), utils::IteratorType::reduction);
  Sizes sizes(padded.shape.begin(), padded.shape.begin() + lead);
  sizes.append(window.out);
  Type wide = neutral.getType();
  Value init = filledTensor(n, sizes, neutral);
  Value windows = emptyTensor(n, window.kernelSizes, wide);
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), {padded.value, windows}, init, maps,
      iterators, [&](OpBuilder &nested, Location loc, ValueRange x) {
        ScalarBuilder s(nested, loc);
        Value element = s.convert(x[0], wide, false, false);
        linalg::YieldOp::create(nested, loc, combine(s, element, x[2]));
      });
  return makeOperand(n, generic.getResult(0), sizes);
}

static LogicalResult importMaxPool(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  if (n.hasOutput(1))
    return n.error() << "expected no output Indices, got one";
  // The order of Indices.
  n.intAttr("storage_order", 0);
  FailureOr<Window> window = readPool(n);
  if (failed(window))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Value least = s.floating(window->data.elementType(),
                           -std::numeric_limits<double>::infinity());
  FailureOr<Operand> padded = padWith(n, *window, least);
  if (failed(padded))
    return failure();
  return n.setOutput(0, slide(n, *window, *padded, least, combineMax));
}

/// How many elements a mean is of: those in the data or, with `withPads`, in
/// its pads, over the spatial dimensions alone.
static FailureOr<Operand> countElements(Node &n, const Window &window,
                                        bool withPads, Type type) {
  ScalarBuilder s(n.b, n.loc);
  Window ones = window;
  Sizes &sizes = ones.data.shape;
  for (int64_t d = 0; withPads && d < window.spatial(); ++d) {
    sizes[d + 2] =
        n.math.add(sizes[d + 2], n.math.add(window.low[d], window.high[d]));
    ones.low[d] = ones.high[d] = n.math.constant(0);
  }
  sizes[0] = sizes[1] = n.math.constant(1);
  ones.data =
      makeOperand(n, filledTensor(n, sizes, s.floating(type, 1)), sizes);
  Value zero = s.floating(type, 0);
  FailureOr<Operand> padded = padWith(n, ones, zero);
  if (failed(padded))
    return failure();
  return slide(n, ones, *padded, zero, combineSum);
}

/// `sum` by `count`, in the type of the input.
static LogicalResult setMean(Node &n, const Operand &sum,
                             const Operand &count) {
  Type element = n.input(0).elementType();
  return n.setOutput(0, elementwiseOver(n, {sum, count}, sum.shape, element,
                                        [&](ScalarBuilder &s, ValueRange x) {
                                          return s.convert(s.div(x[0], x[1]),
                                                           element, false,
                                                           false);
                                        }));
}

static LogicalResult importAveragePool(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  bool withPads = n.intAttr("count_include_pad", 0) != 0;
  FailureOr<Window> window = readPool(n);
  if (failed(window))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Type element = window->data.elementType(),
       wide = accumulatorType(n.b, element);
  FailureOr<Operand> padded = padWith(n, *window, s.floating(element, 0));
  FailureOr<Operand> count = countElements(n, *window, withPads, wide);
  if (failed(padded) || failed(count))
    return failure();
  Operand sum = slide(n, *window, *padded, s.floating(wide, 0), combineSum);
  return setMean(n, sum, *count);
}

/// Folds all spatial dimensions, which stay with size 1.
static FailureOr<Operand> foldSpatial(Node &n, double neutral, Combine combine,
                                      Type type) {
  const Operand &data = n.input(0);
  if (data.rank() < 3)
    return n.error() << "expected '" << data.name
                     << "' to have rank 3 or more, got " << data.type();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(2, data.rank()));
  ScalarBuilder s(n.b, n.loc);
  Operand folded = reduce(n, data, axes, s.floating(type, neutral),
                          [&](ScalarBuilder &s, Value x, Value accumulator) {
                            x = s.convert(x, type, false, false);
                            return combine(s, x, accumulator);
                          });
  return unsqueeze(n, folded, axes);
}

static LogicalResult importGlobalMaxPool(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  return n.setOutput(0, foldSpatial(n, -std::numeric_limits<double>::infinity(),
                                    combineMax, n.input(0).elementType()));
}

static LogicalResult importGlobalAveragePool(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  const Operand &data = n.input(0);
  Type wide = accumulatorType(n.b, data.elementType());
  FailureOr<Operand> sum = foldSpatial(n, 0, combineSum, wide);
  if (failed(sum))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Value elements =
      n.math.materialize(n.math.product(ArrayRef(data.shape).drop_front(2)));
  Value count =
      s.convert(s.make<arith::IndexCastOp>(n.b.getI64Type(), elements), wide,
                false, false);
  return setMean(n, *sum, makeOperand(n, filledTensor(n, {}, count), {}));
}

ArrayRef<OpEntry> mlir::attn::onnx::poolOps() {
  static const OpEntry table[] = {
      {"AveragePool", importAveragePool, 1, 1},
      {"GlobalAveragePool", importGlobalAveragePool, 1, 1},
      {"GlobalMaxPool", importGlobalMaxPool, 1, 1},
      {"MaxPool", importMaxPool, 1, 1},
  };
  return table;
}
