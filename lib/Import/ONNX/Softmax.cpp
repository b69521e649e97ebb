//===- Softmax.cpp - Softmax and its logarithm ----------------------------===//

#include "Elementwise.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static Value lowest(ScalarBuilder &s, Type type) {
  return s.floating(type, -std::numeric_limits<double>::infinity());
}

/// Reduces dimension `axis` and keeps it with size 1.
static FailureOr<Operand>
reduceKept(Node &n, const Operand &operand, int64_t axis, Value neutral,
           llvm::function_ref<Value(ScalarBuilder &, Value, Value)> combine) {
  return unsqueeze(n, reduce(n, operand, axis, neutral, combine), axis);
}

/// With m the row's maximum: exp(x - m) / sum exp(x - m), or for the logarithm
/// (x - m) - log(sum exp(x - m)); in f32 for the 16-bit types.
static LogicalResult importSoftmax(Node &n, bool logarithm) {
  if (failed(checkUniform(n, Kinds::Floats)))
    return failure();
  Type element = n.input(0).elementType();
  Type wide = accumulatorType(n.b, element);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -1), n.input(0).rank());
  FailureOr<Operand> x = castTo(n, n.input(0), wide);
  if (failed(axis) || failed(x))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  FailureOr<Operand> highest =
      reduceKept(n, *x, *axis, lowest(s, wide),
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
      reduceKept(n, *powers, *axis, s.floating(wide, 0),
                 [](ScalarBuilder &s, Value element, Value accumulator) {
                   return s.add(accumulator, element);
                 });
  if (failed(sum))
    return failure();
  auto normalise = [&](ScalarBuilder &s, ValueRange v) {
    Value result = logarithm
                       ? s.sub(s.sub(v[0], v[2]), s.make<math::LogOp>(v[1]))
                       : s.div(v[0], v[1]);
    return s.convert(result, element, false, false);
  };
  SmallVector<Operand> operands{logarithm ? *x : *powers, *sum};
  if (logarithm)
    operands.push_back(*highest);
  FailureOr<Operand> result = elementwise(n, operands, element, normalise);
  return n.setOutput(0, result);
}

ArrayRef<OpEntry> mlir::attn::onnx::softmaxOps() {
  static const OpEntry table[] = {
      {"Softmax", [](Node &n) { return importSoftmax(n, false); }, 1, 1},
      {"LogSoftmax", [](Node &n) { return importSoftmax(n, true); }, 1, 1},
  };
  return table;
}
