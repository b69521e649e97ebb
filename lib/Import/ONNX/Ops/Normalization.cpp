//===- Normalization.cpp - Layer, RMS, group and batch normalization ------===//

#include "Ops/Normalization.h"

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"

using namespace mlir;
using namespace mlir::attn::onnx;

FailureOr<Operand> mlir::attn::onnx::meanOver(Node &n, const Operand &x,
                                              ArrayRef<int64_t> axes) {
  Type type = x.elementType();
  OpFoldResult count = n.math.constant(1);
  for (int64_t axis : axes)
    count = n.math.mul(count, x.shape[axis]);
  ScalarBuilder s(n.b, n.loc);
  Value number = s.convert(
      s.make<arith::IndexCastOp>(n.b.getI64Type(), n.math.materialize(count)),
      type, false, false);
  Operand sum = reduce(n, x, axes, s.floating(type, 0),
                       [](ScalarBuilder &s, Value x, Value accumulator) {
                         return s.add(accumulator, x);
                       });
  FailureOr<Operand> kept = unsqueeze(n, sum, axes);
  if (failed(kept))
    return failure();
  return elementwise(n, *kept, type, [&](ScalarBuilder &s, ValueRange v) {
    return s.div(v[0], number);
  });
}

static FailureOr<Operand> combine(Node &n, const Operand &x, const Operand &y,
                                  ScalarFn scalar) {
  return elementwise(n, {x, y}, x.elementType(), scalar);
}

static Value subtract(ScalarBuilder &s, ValueRange x) {
  return s.sub(x[0], x[1]);
}
static Value times(ScalarBuilder &s, ValueRange x) { return s.mul(x[0], x[1]); }

/// 1 / sqrt(mean(x^2) + epsilon).
static FailureOr<Operand> inverseRoot(Node &n, const Operand &x,
                                      ArrayRef<int64_t> axes, double epsilon) {
  FailureOr<Operand> squares = combine(n, x, x, times);
  if (failed(squares))
    return failure();
  FailureOr<Operand> variance = meanOver(n, *squares, axes);
  if (failed(variance))
    return failure();
  return elementwise(
      n, *variance, x.elementType(), [&](ScalarBuilder &s, ValueRange v) {
        Type type = v[0].getType();
        Value sum = s.add(v[0], s.floating(type, epsilon));
        return s.div(s.floating(type, 1), s.make<math::SqrtOp>(sum));
      });
}

namespace {
struct Normalized {
  Operand value, mean, inverse;
};
} // namespace

/// (x - mean) / sqrt(variance + epsilon) over `axes`, in f32 or f64.
static FailureOr<Normalized> normalize(Node &n, const Operand &x,
                                       ArrayRef<int64_t> axes, double epsilon) {
  FailureOr<Operand> average = meanOver(n, x, axes);
  if (failed(average))
    return failure();
  FailureOr<Operand> centered = combine(n, x, *average, subtract);
  if (failed(centered))
    return failure();
  FailureOr<Operand> inverse = inverseRoot(n, *centered, axes, epsilon);
  if (failed(inverse))
    return failure();
  FailureOr<Operand> value = combine(n, *centered, *inverse, times);
  if (failed(value))
    return failure();
  return Normalized{*value, *average, *inverse};
}

/// Scales and the like broadcast to `x`, which stands for the node's data.
static LogicalResult requireBroadcastToData(Node &n, ArrayRef<Operand> operands,
                                            const Operand &x) {
  Operand data = x;
  data.name = n.input(0).name;
  return success(llvm::all_of(operands, [&](const Operand &operand) {
    return succeeded(requireBroadcastTo(n, operand, data));
  }));
}

/// x * scale + bias in x's type, each operand converted to it; then as `type`.
static FailureOr<Operand> scaleAndShift(Node &n, const Operand &x,
                                        const Operand &scale,
                                        const Operand &bias, Type type) {
  SmallVector<Operand> operands{x, scale};
  if (bias)
    operands.push_back(bias);
  if (failed(requireBroadcastToData(n, ArrayRef(operands).drop_front(), x)))
    return failure();
  Type wide = x.elementType();
  return elementwiseOver(
      n, operands, x.shape, type, [&](ScalarBuilder &s, ValueRange v) {
        Value y = s.mul(v[0], s.convert(v[1], wide, false, false));
        if (v.size() > 2)
          y = s.add(y, s.convert(v[2], wide, false, false));
        return s.convert(y, type, false, false);
      });
}

/// stash_type says in which type the statistics are kept: f32, or better.
static LogicalResult checkStashType(Node &n) {
  int64_t stash = n.intAttr("stash_type", 1);
  if (stash == 1 || stash == 11 || stash == 10 || stash == 16)
    return success();
  return n.error() << "expected stash_type to be a float type, got " << stash;
}

static LogicalResult checkFloats(Node &n) {
  for (const Operand &operand : n.allInputs())
    if (operand && !operand.isFloat())
      return n.error() << "expected floats, got " << operand.type();
  return success();
}

namespace {
/// What is normalized over its last axes.
struct LastAxes {
  SmallVector<int64_t> axes;
  double epsilon;
};
} // namespace

static FailureOr<LastAxes> readLastAxes(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -1), data.rank());
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (failed(axis) || failed(checkFloats(n)) || failed(checkStashType(n)))
    return failure();
  return LastAxes{llvm::to_vector(llvm::seq(*axis, data.rank())), epsilon};
}

FailureOr<LayerNorm>
mlir::attn::onnx::layerNormalize(Node &n, const Operand &data,
                                 ArrayRef<int64_t> axes, double epsilon,
                                 const Operand &scale, const Operand &bias) {
  FailureOr<Operand> x =
      castTo(n, data, accumulatorType(n.b, data.elementType()));
  if (failed(x))
    return failure();
  FailureOr<Normalized> normalized = normalize(n, *x, axes, epsilon);
  if (failed(normalized))
    return failure();
  FailureOr<Operand> value =
      scaleAndShift(n, normalized->value, scale, bias, data.elementType());
  if (failed(value))
    return failure();
  return LayerNorm{*value, normalized->mean, normalized->inverse};
}

FailureOr<Operand> mlir::attn::onnx::rmsNormalize(Node &n, const Operand &data,
                                                  ArrayRef<int64_t> axes,
                                                  double epsilon,
                                                  const Operand &scale,
                                                  Operand *inverse) {
  FailureOr<Operand> x =
      castTo(n, data, accumulatorType(n.b, data.elementType()));
  if (failed(x))
    return failure();
  FailureOr<Operand> factor = inverseRoot(n, *x, axes, epsilon);
  if (failed(factor))
    return failure();
  if (inverse)
    *inverse = *factor;
  FailureOr<Operand> value = combine(n, *x, *factor, times);
  if (failed(value))
    return failure();
  return scaleAndShift(n, *value, scale, Operand(), scale.elementType());
}

static LogicalResult importLayerNormalization(Node &n) {
  FailureOr<LastAxes> last = readLastAxes(n);
  if (failed(last))
    return failure();
  FailureOr<LayerNorm> result =
      layerNormalize(n, n.input(0), last->axes, last->epsilon, n.input(1),
                     n.hasInput(2) ? n.input(2) : Operand());
  if (failed(result) || failed(n.setOutput(0, result->value)))
    return failure();
  for (auto [i, statistic] :
       {std::pair(1, result->mean), std::pair(2, result->inverse)})
    if (failed(n.setOutput(i, castTo(n, statistic, n.b.getF32Type()))))
      return failure();
  return success();
}

/// Also SimplifiedLayerNormalization, which people met before it was standard,
/// and whose second output is the inverse.
static LogicalResult importRMSNormalization(Node &n) {
  FailureOr<LastAxes> last = readLastAxes(n);
  if (failed(last))
    return failure();
  Operand inverse;
  FailureOr<Operand> result = rmsNormalize(n, n.input(0), last->axes,
                                           last->epsilon, n.input(1), &inverse);
  if (failed(n.setOutput(0, result)))
    return failure();
  return n.setOutput(1, castTo(n, inverse, n.b.getF32Type()));
}

//===----------------------------------------------------------------------===//
// Over channels
//===----------------------------------------------------------------------===//

/// A list of one value a channel, to broadcast over (batch, channel, rest...).
static FailureOr<Operand> perChannel(Node &n, const Operand &list,
                                     int64_t rank) {
  if (list.rank() != 1)
    return n.error() << "expected '" << list.name << "' to have rank 1, got "
                     << list.type();
  FailureOr<Operand> result =
      unsqueeze(n, list, llvm::to_vector(llvm::seq<int64_t>(1, rank - 1)));
  if (succeeded(result))
    result->name = list.name;
  return result;
}

static FailureOr<Operand> scalePerChannel(Node &n, const Operand &x,
                                          const Operand &scale,
                                          const Operand &bias) {
  FailureOr<Operand> factor = perChannel(n, scale, x.rank());
  FailureOr<Operand> shift = perChannel(n, bias, x.rank());
  if (failed(factor) || failed(shift))
    return failure();
  return scaleAndShift(n, x, *factor, *shift, n.input(0).elementType());
}

/// Statistics over the channels of a group and all that follows; before opset
/// 21 scale and bias had one value a group.
static LogicalResult importGroups(Node &n, OpFoldResult groups,
                                  double epsilon) {
  const Operand &data = n.input(0);
  if (data.rank() < 2 || failed(checkFloats(n)))
    return n.error() << "expected floats of rank 2 or more, got "
                     << data.type();
  FailureOr<Operand> x =
      castTo(n, data, accumulatorType(n.b, data.elementType()));
  if (failed(x))
    return failure();
  OpFoldResult channels = n.math.div(data.shape[1], groups);
  if (failed(requireEqual(n, n.math.mul(channels, groups), data.shape[1],
                          "expected groups of one size in dimension 1")))
    return failure();
  Sizes split{data.shape[0], groups, channels};
  split.append(data.shape.begin() + 2, data.shape.end());
  FailureOr<Operand> grouped = reshape(n, *x, split);
  if (failed(grouped))
    return failure();
  auto axes = llvm::to_vector(llvm::seq<int64_t>(2, split.size()));
  FailureOr<Normalized> normalized = normalize(n, *grouped, axes, epsilon);
  if (failed(normalized))
    return failure();
  bool perGroup = n.op() == "GroupNormalization" && n.opset < 21;
  FailureOr<Operand> value = normalized->value;
  if (perGroup)
    value = scalePerChannel(n, *value, n.input(1), n.input(2));
  if (failed(value))
    return failure();
  value = reshape(n, *value, data.shape);
  if (failed(value))
    return failure();
  if (!perGroup)
    value = scalePerChannel(n, *value, n.input(1), n.input(2));
  return n.setOutput(0, value);
}

static LogicalResult importGroupNormalization(Node &n) {
  int64_t groups = n.intAttr("num_groups", 0);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (groups <= 0 || groups > INT32_MAX)
    return n.error() << "expected num_groups to be positive, got " << groups;
  if (failed(checkStashType(n)))
    return failure();
  return importGroups(n, n.math.constant(groups), epsilon);
}

static LogicalResult importInstanceNormalization(Node &n) {
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  if (n.input(0).rank() < 2)
    return n.error() << "expected a rank of 2 or more, got "
                     << n.input(0).type();
  return importGroups(n, n.input(0).shape[1], epsilon);
}

/// Inference: (x - mean) / sqrt(variance + epsilon) * scale + bias, by channel;
/// before opset 9 also by element of an example, with `spatial` 0.
static LogicalResult importBatchNormalization(Node &n) {
  const Operand &data = n.input(0);
  double epsilon = n.floatAttr("epsilon", 1e-5f);
  bool byElement = n.opset < 9 && n.intAttr("spatial", 1) == 0;
  n.floatAttr("momentum", 0.9f);
  if (n.intAttr("training_mode", 0) != 0)
    return n.error() << "expected training_mode to be 0";
  if (data.rank() < 2 || failed(checkFloats(n)))
    return n.error() << "expected floats of rank 2 or more, got "
                     << data.type();
  Type wide = accumulatorType(n.b, data.elementType());
  SmallVector<Operand> operands{data};
  for (size_t i = 1; i < 5; ++i) {
    FailureOr<Operand> list =
        byElement ? n.input(i) : perChannel(n, n.input(i), data.rank());
    if (failed(list))
      return failure();
    operands.push_back(*list);
  }
  if (failed(requireBroadcastToData(n, ArrayRef(operands).drop_front(), data)))
    return failure();
  auto scalar = [&](ScalarBuilder &s, ValueRange v) {
    SmallVector<Value> x;
    for (Value value : v)
      x.push_back(s.convert(value, wide, false, false));
    Value root = s.make<math::SqrtOp>(s.add(x[4], s.floating(wide, epsilon)));
    Value normal = s.div(s.sub(x[0], x[3]), root);
    return s.convert(s.add(s.mul(normal, x[1]), x[2]), data.elementType(),
                     false, false);
  };
  return n.setOutput(
      0, elementwiseOver(n, operands, data.shape, data.elementType(), scalar));
}

ArrayRef<OpEntry> mlir::attn::onnx::normalizationOps() {
  static const OpEntry table[] = {
      {"LayerNormalization", importLayerNormalization, 2, 3, 17},
      {"RMSNormalization", importRMSNormalization, 2, 2, 23},
      {"SimplifiedLayerNormalization", importRMSNormalization, 2, 2},
      {"GroupNormalization", importGroupNormalization, 3, 3, 18},
      {"InstanceNormalization", importInstanceNormalization, 3, 3},
      {"BatchNormalization", importBatchNormalization, 5, 5},
  };
  return table;
}
