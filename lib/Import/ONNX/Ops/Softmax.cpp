//===- Softmax.cpp - Softmax, Hardmax, LpNormalization --------------------===//

#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static Value lowest(ScalarBuilder &s, Type type) {
  return s.floating(type, -std::numeric_limits<double>::infinity());
}

/// Reduces `axes` and keeps them with size 1.
static FailureOr<Operand>
reduceKept(Node &n, const Operand &operand, ArrayRef<int64_t> axes,
           Value neutral,
           llvm::function_ref<Value(ScalarBuilder &, Value, Value)> combine) {
  return unsqueeze(n, reduce(n, operand, axes, neutral, combine), axes);
}

FailureOr<SmallVector<int64_t>>
mlir::attn::onnx::readNormalizedAxes(Node &n, int64_t rank) {
  bool flattens = n.opset < 13;
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", flattens ? 1 : -1), rank);
  if (failed(axis))
    return failure();
  return llvm::to_vector(llvm::seq(*axis, flattens ? rank : *axis + 1));
}

// In f32 for the 16-bit types.
FailureOr<Operand> mlir::attn::onnx::softmax(Node &n, const Operand &data,
                                             ArrayRef<int64_t> axes,
                                             bool logarithm) {
  Type element = data.elementType();
  Type wide = accumulatorType(n.b, element);
  FailureOr<Operand> x = castTo(n, data, wide);
  if (failed(x))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  FailureOr<Operand> highest =
      reduceKept(n, *x, axes, lowest(s, wide),
                 [](ScalarBuilder &s, Value element, Value accumulator) {
                   return s.make<arith::MaximumFOp>(accumulator, element);
                 });
  if (failed(highest))
    return failure();
  auto power = [](ScalarBuilder &s, ValueRange v) -> Value {
    return s.make<math::ExpOp>(s.sub(v[0], v[1]));
  };
  FailureOr<Operand> powers = elementwise(n, {*x, *highest}, wide, power);
  if (failed(powers))
    return failure();
  FailureOr<Operand> sum =
      reduceKept(n, *powers, axes, s.floating(wide, 0),
                 [](ScalarBuilder &s, Value element, Value accumulator) {
                   return s.add(accumulator, element);
                 });
  if (failed(sum))
    return failure();
  auto normalize = [&](ScalarBuilder &s, ValueRange v) {
    Value result = logarithm
                       ? s.sub(s.sub(v[0], v[2]), s.make<math::LogOp>(v[1]))
                       : s.div(v[0], v[1]);
    return s.convert(result, element, false, false);
  };
  SmallVector<Operand> operands{logarithm ? *x : *powers, *sum};
  if (logarithm)
    operands.push_back(*highest);
  return elementwise(n, operands, element, normalize);
}

static LogicalResult importSoftmax(Node &n, bool logarithm) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  const Operand &data = n.input(0);
  FailureOr<SmallVector<int64_t>> axes = readNormalizedAxes(n, data.rank());
  if (failed(axes))
    return failure();
  return n.setOutput(0, softmax(n, data, *axes, logarithm));
}

/// 1 at the first of the largest elements, 0 elsewhere.
static LogicalResult importHardmax(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<SmallVector<int64_t>> axes = readNormalizedAxes(n, data.rank());
  if (failed(checkUniform(n, Kinds::Floats)) || failed(axes))
    return failure();
  // The axes as one.
  const int64_t axis = axes->front();
  ArrayRef<OpFoldResult> shape(data.shape);
  Sizes sizes(shape.take_front(axis));
  sizes.push_back(n.math.product(shape.slice(axis, axes->size())));
  llvm::append_range(sizes, shape.drop_front(axis + axes->size()));
  FailureOr<Operand> flat = reshape(n, data, sizes);
  if (failed(flat))
    return failure();
  FailureOr<Operand> best =
      unsqueeze(n, argument(n, *flat, axis, /*isMax=*/true, false), {axis});
  if (failed(best))
    return failure();
  Type element = data.elementType();
  auto scalar = [&](ScalarBuilder &s, ValueRange x) {
    Value here = linalg::IndexOp::create(s.b, s.loc, axis);
    return s.select(s.equal(s.toIndex(x[1]), here), s.floating(element, 1),
                    s.floating(element, 0));
  };
  FailureOr<Operand> result = elementwise(n, {*flat, *best}, element, scalar);
  if (failed(result))
    return failure();
  return n.setOutput(0, reshape(n, *result, data.shape));
}

/// x over the sum of |x|, or over the root of the sum of squares; 0 where that
/// is 0.
static LogicalResult importLpNormalization(Node &n) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  Type element = n.input(0).elementType();
  Type wide = accumulatorType(n.b, element);
  const int64_t p = n.intAttr("p", 2);
  if (p != 1 && p != 2)
    return n.error() << "expected p to be 1 or 2, got " << p;
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -1), n.input(0).rank());
  FailureOr<Operand> x = castTo(n, n.input(0), wide);
  if (failed(axis) || failed(x))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  FailureOr<Operand> sum =
      reduceKept(n, *x, *axis, s.floating(wide, 0),
                 [&](ScalarBuilder &s, Value element, Value accumulator) {
                   Value size = p == 1 ? s.make<math::AbsFOp>(element)
                                       : s.mul(element, element);
                   return s.add(accumulator, size);
                 });
  if (failed(sum))
    return failure();
  auto divide = [&](ScalarBuilder &s, ValueRange v) {
    Value norm = p == 1 ? v[1] : s.make<math::SqrtOp>(v[1]);
    Value zero = s.floating(wide, 0);
    Value result = s.select(s.equal(norm, zero), zero, s.div(v[0], norm));
    return s.convert(result, element, false, false);
  };
  return n.setOutput(0, elementwise(n, {*x, *sum}, element, divide));
}

ArrayRef<OpEntry> mlir::attn::onnx::softmaxOps() {
  static const OpEntry table[] = {
      {"Softmax", [](Node &n) { return importSoftmax(n, false); }, 1, 1},
      {"LogSoftmax", [](Node &n) { return importSoftmax(n, true); }, 1, 1},
      {"Hardmax", importHardmax, 1, 1},
      {"LpNormalization", importLpNormalization, 1, 1},
  };
  return table;
}
