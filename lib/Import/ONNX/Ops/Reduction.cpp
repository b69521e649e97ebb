//===- Reduction.cpp - ReduceSum and its like -----------------------------===//

#include "Core/Elementwise.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
using Combine = Value (*)(ScalarBuilder &, Value element, Value accumulator);
using Finish = Value (*)(ScalarBuilder &, Value sum, Value count);

/// What one of the operators does with the elements.
struct Reduction {
  Value (*neutral)(ScalarBuilder &, Type);
  Combine combine;
  /// From the folded value and the number of elements; null for identity.
  Finish finish = nullptr;
  bool floatsOnly = false;
};
} // namespace

static FailureOr<SmallVector<int64_t>> readAxes(Node &n, bool &isIdentity) {
  int64_t rank = n.input(0).rank();
  bool noop = n.intAttr("noop_with_empty_axes", 0) != 0;
  FailureOr<std::optional<SmallVector<int64_t>>> given =
      n.constantList(1, "axes");
  if (failed(given))
    return failure();
  bool isEmpty = !*given || (*given)->empty();
  isIdentity = isEmpty && noop;
  if (isEmpty && !noop)
    return llvm::to_vector(llvm::seq(rank));
  return n.axes(given->value_or(SmallVector<int64_t>()), rank);
}

static FailureOr<Operand> keepDims(Node &n, const Operand &reduced,
                                   SmallVector<int64_t> axes) {
  llvm::sort(axes);
  return unsqueeze(n, reduced, axes);
}

//===----------------------------------------------------------------------===//
// Known elements, for arithmetic on shapes
//===----------------------------------------------------------------------===//

/// A list of integers that is folded to one.
static std::optional<OpFoldResult> foldKnown(Node &n, ArrayRef<int64_t> axes) {
  const Operand &data = n.input(0);
  if (!data.elements || !data.isInt() || data.rank() != 1 || axes.size() != 1 ||
      data.elements->empty())
    return std::nullopt;
  OpFoldResult result = data.elements->front();
  for (OpFoldResult next : ArrayRef(*data.elements).drop_front()) {
    if (n.op() == "ReduceProd")
      result = n.math.mul(result, next);
    else if (n.op() == "ReduceSum")
      result = n.math.add(result, next);
    else if (n.op() == "ReduceMax")
      result = n.math.max(result, next);
    else if (n.op() == "ReduceMin")
      result = n.math.min(result, next);
    else
      return std::nullopt;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

static Value countOf(Node &n, ArrayRef<int64_t> axes, Type type) {
  OpFoldResult count = n.math.constant(1);
  for (int64_t axis : axes)
    count = n.math.mul(count, n.input(0).shape[axis]);
  ScalarBuilder s(n.b, n.loc);
  if (std::optional<int64_t> value = constantOf(count))
    return s.number(type, *value);
  Value integer =
      s.make<arith::IndexCastOp>(s.b.getI64Type(), n.math.materialize(count));
  return s.convert(integer, type, false, false);
}

static LogicalResult importReduction(Node &n, const Reduction &reduction) {
  const Operand &data = n.input(0);
  bool isIdentity = false, keep = n.intAttr("keepdims", 1) != 0;
  FailureOr<SmallVector<int64_t>> axes = readAxes(n, isIdentity);
  if (failed(axes))
    return failure();
  if (data.isBool() || (reduction.floatsOnly && !data.isFloat()))
    return n.error() << "expected input 0 to hold "
                     << (reduction.floatsOnly ? "floats" : "numbers")
                     << ", got " << data.type();
  if (isIdentity)
    return n.setOutput(0, data);
  if (auto known = foldKnown(n, *axes))
    return n.setOutput(
        0, fromElements(n, {*known}, keep ? Sizes{n.math.constant(1)} : Sizes(),
                        data.elementType(), data.isUnsigned));

  Type element = data.elementType();
  Type wide = accumulatorType(n.b, element);
  ScalarBuilder s(n.b, n.loc, data.isUnsigned);
  Operand reduced =
      reduce(n, data, *axes, reduction.neutral(s, wide),
             [&](ScalarBuilder &s, Value x, Value accumulator) {
               return reduction.combine(s, s.convert(x, wide, false, false),
                                        accumulator);
             });
  if (reduction.finish || wide != element) {
    Value count = reduction.finish ? countOf(n, *axes, wide) : Value();
    FailureOr<Operand> finished =
        elementwise(n, reduced, element, [&](ScalarBuilder &s, ValueRange x) {
          Value value =
              reduction.finish ? reduction.finish(s, x[0], count) : x[0];
          return s.convert(value, element, false, false);
        });
    if (failed(finished))
      return failure();
    reduced = *finished;
    reduced.isUnsigned = data.isUnsigned;
  }
  return keep ? n.setOutput(0, keepDims(n, reduced, *axes))
              : n.setOutput(0, reduced);
}

static Value zero(ScalarBuilder &s, Type type) { return s.number(type, 0); }
static Value one(ScalarBuilder &s, Type type) { return s.number(type, 1); }

static Value smallest(ScalarBuilder &s, Type type) {
  if (isa<FloatType>(type))
    return s.floating(type, -std::numeric_limits<double>::infinity());
  unsigned bits = type.getIntOrFloatBitWidth();
  APInt value =
      s.isUnsigned ? APInt::getZero(bits) : APInt::getSignedMinValue(bits);
  return arith::ConstantOp::create(s.b, s.loc, s.b.getIntegerAttr(type, value));
}

static Value largest(ScalarBuilder &s, Type type) {
  if (isa<FloatType>(type))
    return s.floating(type, std::numeric_limits<double>::infinity());
  unsigned bits = type.getIntOrFloatBitWidth();
  APInt value =
      s.isUnsigned ? APInt::getMaxValue(bits) : APInt::getSignedMaxValue(bits);
  return arith::ConstantOp::create(s.b, s.loc, s.b.getIntegerAttr(type, value));
}

static Value combineSum(ScalarBuilder &s, Value x, Value accumulator) {
  return s.add(accumulator, x);
}
static Value combineSquares(ScalarBuilder &s, Value x, Value accumulator) {
  return s.add(accumulator, s.mul(x, x));
}
static Value combineSizes(ScalarBuilder &s, Value x, Value accumulator) {
  Value size = isa<FloatType>(x.getType()) ? s.make<math::AbsFOp>(x)
               : s.isUnsigned              ? x
                                           : s.make<math::AbsIOp>(x);
  return s.add(accumulator, size);
}
static Value combineProduct(ScalarBuilder &s, Value x, Value accumulator) {
  return s.mul(accumulator, x);
}
static Value combineMax(ScalarBuilder &s, Value x, Value accumulator) {
  if (isa<FloatType>(x.getType()))
    return s.make<arith::MaximumFOp>(accumulator, x);
  return s.isUnsigned ? s.make<arith::MaxUIOp>(accumulator, x)
                      : s.make<arith::MaxSIOp>(accumulator, x);
}
static Value combineMin(ScalarBuilder &s, Value x, Value accumulator) {
  if (isa<FloatType>(x.getType()))
    return s.make<arith::MinimumFOp>(accumulator, x);
  return s.isUnsigned ? s.make<arith::MinUIOp>(accumulator, x)
                      : s.make<arith::MinSIOp>(accumulator, x);
}
static Value finishMean(ScalarBuilder &s, Value sum, Value count) {
  return s.div(sum, count);
}
static Value finishRoot(ScalarBuilder &s, Value sum, Value) {
  return s.make<math::SqrtOp>(sum);
}
static Value finishLog(ScalarBuilder &s, Value sum, Value) {
  return s.make<math::LogOp>(sum);
}

static LogicalResult importReduceSum(Node &n) {
  return importReduction(n, {zero, combineSum});
}
static LogicalResult importReduceMean(Node &n) {
  return importReduction(n, {zero, combineSum, finishMean});
}
static LogicalResult importReduceProd(Node &n) {
  return importReduction(n, {one, combineProduct});
}
static LogicalResult importReduceSumSquare(Node &n) {
  return importReduction(n, {zero, combineSquares});
}
static LogicalResult importReduceL1(Node &n) {
  return importReduction(n, {zero, combineSizes});
}
static LogicalResult importReduceL2(Node &n) {
  return importReduction(n, {zero, combineSquares, finishRoot, true});
}
static LogicalResult importReduceLogSum(Node &n) {
  return importReduction(n, {zero, combineSum, finishLog, true});
}

/// Booleans are reduced by `or` and `and`, from opset 20 on.
static LogicalResult importBooleanExtreme(Node &n, bool isMax) {
  bool isIdentity = false, keep = n.intAttr("keepdims", 1) != 0;
  FailureOr<SmallVector<int64_t>> axes = readAxes(n, isIdentity);
  if (failed(axes))
    return failure();
  if (isIdentity)
    return n.setOutput(0, n.input(0));
  ScalarBuilder s(n.b, n.loc);
  Operand reduced =
      reduce(n, n.input(0), *axes, s.boolean(!isMax),
             [&](ScalarBuilder &s, Value x, Value accumulator) -> Value {
               return isMax ? s.make<arith::OrIOp>(accumulator, x)
                            : s.make<arith::AndIOp>(accumulator, x);
             });
  return keep ? n.setOutput(0, keepDims(n, reduced, *axes))
              : n.setOutput(0, reduced);
}

static LogicalResult importReduceMax(Node &n) {
  return n.input(0).isBool() ? importBooleanExtreme(n, true)
                             : importReduction(n, {smallest, combineMax});
}
static LogicalResult importReduceMin(Node &n) {
  return n.input(0).isBool() ? importBooleanExtreme(n, false)
                             : importReduction(n, {largest, combineMin});
}

//===----------------------------------------------------------------------===//
// ReduceLogSumExp
//===----------------------------------------------------------------------===//

/// The largest element, or 0 where there is none that exp can be told from.
static FailureOr<Operand> emitShift(Node &n, const Operand &x,
                                    ArrayRef<int64_t> axes) {
  Type type = x.elementType();
  ScalarBuilder s(n.b, n.loc);
  Operand highest = reduce(n, x, axes, smallest(s, type), combineMax);
  return elementwise(
      n, highest, type, [&](ScalarBuilder &s, ValueRange v) -> Value {
        Value infinity =
            s.floating(type, std::numeric_limits<double>::infinity());
        Value isFinite = s.less(s.make<math::AbsFOp>(v[0]), infinity, false);
        return s.select(isFinite, v[0], s.floating(type, 0));
      });
}

/// With m the largest: log(sum exp(x - m)) + m, which does not overflow.
static LogicalResult importReduceLogSumExp(Node &n) {
  const Operand &data = n.input(0);
  bool isIdentity = false, keep = n.intAttr("keepdims", 1) != 0;
  FailureOr<SmallVector<int64_t>> axes = readAxes(n, isIdentity);
  if (failed(axes))
    return failure();
  if (!data.isFloat())
    return n.error() << "expected input 0 to hold floats, got " << data.type();
  if (isIdentity)
    return n.setOutput(0, data);
  Type element = data.elementType(), wide = accumulatorType(n.b, element);
  FailureOr<Operand> x = castTo(n, data, wide);
  if (failed(x))
    return failure();
  FailureOr<Operand> shift = emitShift(n, *x, *axes);
  if (failed(shift))
    return failure();
  FailureOr<Operand> kept = keepDims(n, *shift, *axes);
  if (failed(kept))
    return failure();
  FailureOr<Operand> powers = elementwise(
      n, {*x, *kept}, wide, [](ScalarBuilder &s, ValueRange v) -> Value {
        return s.make<math::ExpOp>(s.sub(v[0], v[1]));
      });
  if (failed(powers))
    return failure();
  ScalarBuilder s(n.b, n.loc);
  Operand sum = reduce(n, *powers, *axes, s.floating(wide, 0), combineSum);
  FailureOr<Operand> result = elementwise(
      n, {sum, *shift}, element, [&](ScalarBuilder &s, ValueRange v) {
        Value value = s.add(s.make<math::LogOp>(v[0]), v[1]);
        return s.convert(value, element, false, false);
      });
  if (failed(result) || !keep)
    return n.setOutput(0, result);
  return n.setOutput(0, keepDims(n, *result, *axes));
}

ArrayRef<OpEntry> mlir::attn::onnx::reductionOps() {
  static const OpEntry table[] = {
      {"ReduceSum", importReduceSum, 1, 2},
      {"ReduceMean", importReduceMean, 1, 2},
      {"ReduceMax", importReduceMax, 1, 2},
      {"ReduceMin", importReduceMin, 1, 2},
      {"ReduceProd", importReduceProd, 1, 2},
      {"ReduceSumSquare", importReduceSumSquare, 1, 2},
      {"ReduceL1", importReduceL1, 1, 2},
      {"ReduceL2", importReduceL2, 1, 2},
      {"ReduceLogSum", importReduceLogSum, 1, 2},
      {"ReduceLogSumExp", importReduceLogSumExp, 1, 2},
  };
  return table;
}
