//===- Arithmetic.cpp - Numbers in, numbers out ---------------------------===//

#include "Core/Elementwise.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

static Value scalarAdd(ScalarBuilder &s, ValueRange x) {
  return s.add(x[0], x[1]);
}
static Value scalarSub(ScalarBuilder &s, ValueRange x) {
  return s.sub(x[0], x[1]);
}
static Value scalarMul(ScalarBuilder &s, ValueRange x) {
  return s.mul(x[0], x[1]);
}
static Value scalarDiv(ScalarBuilder &s, ValueRange x) {
  return s.div(x[0], x[1]);
}

static Value scalarMin(ScalarBuilder &s, ValueRange x) {
  if (isa<FloatType>(x[0].getType()))
    return s.make<arith::MinimumFOp>(x[0], x[1]);
  return s.isUnsigned ? s.make<arith::MinUIOp>(x[0], x[1])
                      : s.make<arith::MinSIOp>(x[0], x[1]);
}

static Value scalarMax(ScalarBuilder &s, ValueRange x) {
  if (isa<FloatType>(x[0].getType()))
    return s.make<arith::MaximumFOp>(x[0], x[1]);
  return s.isUnsigned ? s.make<arith::MaxUIOp>(x[0], x[1])
                      : s.make<arith::MaxSIOp>(x[0], x[1]);
}

/// The rest of the division that rounds to zero: the dividend's sign.
static Value scalarRemainder(ScalarBuilder &s, ValueRange x) {
  if (isa<FloatType>(x[0].getType()))
    return s.make<arith::RemFOp>(x[0], x[1]);
  return s.sub(x[0], s.mul(s.div(x[0], x[1]), x[1]));
}

/// The rest with the divisor's sign, as Python's %.
static Value scalarModulo(ScalarBuilder &s, ValueRange x) {
  Value rest = scalarRemainder(s, x);
  if (s.isUnsigned)
    return rest;
  Value zero = s.number(rest.getType(), 0);
  Value isZero = s.equal(rest, zero);
  Value signs = s.make<arith::XOrIOp>(s.less(rest, zero, false),
                                      s.less(x[1], zero, false));
  Value correct = s.make<arith::AndIOp>(signs, s.logicalNot(isZero));
  return s.select(correct, s.add(rest, x[1]), rest);
}

/// A negative power of anything but 1 and -1 rounds to 0; of these two it is
/// the positive power. (Left to the lowering, 0 to a negative power traps.)
static Value integerPow(ScalarBuilder &s, Value base, Value exponent) {
  Type type = base.getType();
  Value zero = s.integer(type, 0);
  Value isNegative = s.less(exponent, zero, false);
  Value power = s.make<math::IPowIOp>(
      base, s.select(isNegative, s.sub(zero, exponent), exponent));
  Value isUnit = s.make<arith::OrIOp>(s.equal(base, s.integer(type, 1)),
                                      s.equal(base, s.integer(type, -1)));
  return s.select(isNegative, s.select(isUnit, power, zero), power);
}

static Value scalarPow(ScalarBuilder &s, ValueRange x) {
  Type type = x[0].getType();
  if (isa<FloatType>(type)) {
    Value exponent = s.convert(x[1], type, false, false);
    return s.math<math::PowFOp>(x[0], exponent);
  }
  if (isa<FloatType>(x[1].getType())) {
    Type wide = s.b.getF64Type();
    Value power =
        s.make<math::PowFOp>(s.convert(x[0], wide, s.isUnsigned, false),
                             s.convert(x[1], wide, false, false));
    return s.convert(power, type, false, s.isUnsigned);
  }
  return integerPow(s, x[0], s.convert(x[1], type, false, false));
}

static Value scalarNeg(ScalarBuilder &s, ValueRange x) {
  if (isa<FloatType>(x[0].getType()))
    return s.make<arith::NegFOp>(x[0]);
  return s.sub(s.integer(x[0].getType(), 0), x[0]);
}

static Value scalarAbs(ScalarBuilder &s, ValueRange x) {
  if (isa<FloatType>(x[0].getType()))
    return s.math<math::AbsFOp>(x[0]);
  return s.isUnsigned ? x[0] : s.make<math::AbsIOp>(x[0]);
}

static Value scalarSign(ScalarBuilder &s, ValueRange x) {
  Type type = x[0].getType();
  Value zero = s.number(type, 0), one = s.number(type, 1);
  Value positive = s.less(zero, x[0], false);
  Value sign = s.select(positive, one, zero);
  if (!s.isUnsigned)
    sign = s.select(s.less(x[0], zero, false), s.number(type, -1), sign);
  // A NaN stays one.
  if (isa<FloatType>(type))
    sign = s.select(s.equal(x[0], x[0]), sign, x[0]);
  return sign;
}

static Value scalarReciprocal(ScalarBuilder &s, ValueRange x) {
  return s.div(s.floating(x[0].getType(), 1), x[0]);
}

template <typename OpT>
static Value scalarMath(ScalarBuilder &s, ValueRange x) {
  return s.math<OpT>(x[0]);
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static OpFoldResult indexAdd(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.add(x[0], x[1]);
}
static OpFoldResult indexSub(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.sub(x[0], x[1]);
}
static OpFoldResult indexMul(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.mul(x[0], x[1]);
}
static OpFoldResult indexMin(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.min(x[0], x[1]);
}
static OpFoldResult indexMax(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.max(x[0], x[1]);
}
static OpFoldResult indexNeg(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.sub(math.constant(0), x[0]);
}

/// Both roundings agree where nothing is negative.
static bool isPlainDivision(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return math.isNonNegative(x[0]) && math.isNonNegative(x[1]) &&
         constantOf(x[1]) != 0;
}

static OpFoldResult indexDiv(IndexMath &math, ArrayRef<OpFoldResult> x) {
  if (auto exact = math.exactDiv(x[0], x[1]))
    return *exact;
  return isPlainDivision(math, x) ? math.div(x[0], x[1]) : OpFoldResult();
}

static OpFoldResult indexMod(IndexMath &math, ArrayRef<OpFoldResult> x) {
  return isPlainDivision(math, x) ? math.rem(x[0], x[1]) : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

template <Value (*scalar)(ScalarBuilder &, ValueRange),
          OpFoldResult (*index)(IndexMath &, ArrayRef<OpFoldResult>) = nullptr>
static LogicalResult importNumeric(Node &n) {
  return importUniform(n, Kinds::Numbers, scalar, index);
}

template <Value (*scalar)(ScalarBuilder &, ValueRange)>
static LogicalResult importFloat(Node &n) {
  return importUniform(n, Kinds::Floats, scalar, nullptr);
}

/// Folds any number of inputs from the left.
template <Value (*scalar)(ScalarBuilder &, ValueRange),
          OpFoldResult (*index)(IndexMath &, ArrayRef<OpFoldResult>) = nullptr>
static FailureOr<Operand> fold(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  Operand result = n.input(0);
  for (const Operand &next : n.allInputs().drop_front()) {
    FailureOr<Operand> combined =
        elementwise(n, {result, next}, result.elementType(), scalar, index);
    if (failed(combined))
      return failure();
    combined->isUnsigned = result.isUnsigned;
    result = *combined;
  }
  return result;
}

template <Value (*scalar)(ScalarBuilder &, ValueRange),
          OpFoldResult (*index)(IndexMath &, ArrayRef<OpFoldResult>) = nullptr>
static LogicalResult importFold(Node &n) {
  FailureOr<Operand> result = fold<scalar, index>(n);
  return n.setOutput(0, result);
}

static LogicalResult importMean(Node &n) {
  FailureOr<Operand> sum = fold<scalarAdd>(n);
  if (failed(sum))
    return failure();
  if (!sum->isFloat())
    return n.error() << "expected floats, got " << sum->type();
  double count = n.numInputs();
  FailureOr<Operand> mean = elementwise(
      n, *sum, sum->elementType(), [&](ScalarBuilder &s, ValueRange x) {
        return s.div(x[0], s.floating(x[0].getType(), count));
      });
  return n.setOutput(0, mean);
}

static LogicalResult importMod(Node &n) {
  bool truncates = n.intAttr("fmod", 0) != 0;
  return importUniform(n, Kinds::Numbers,
                       truncates ? scalarRemainder : scalarModulo, indexMod);
}

static LogicalResult importPow(Node &n) {
  const Operand &base = n.input(0), &exponent = n.input(1);
  if (base.isBool() || exponent.isBool())
    return n.error() << "expected numbers, got " << base.type() << " and "
                     << exponent.type();
  return importElementwise(n, base.elementType(), scalarPow, nullptr);
}

/// A bound of Clip, or an operand without a value: an input, before opset 11 an
/// attribute that is the limit of f32 where it is left out.
static Operand readBound(Node &n, size_t i) {
  if (n.opset >= 11 || !n.input(0).isFloat())
    return n.hasInput(i) ? n.input(i) : Operand();
  Type type = n.input(0).elementType();
  double limit = std::numeric_limits<float>::max();
  double bound =
      i == 1 ? n.floatAttr("min", -limit) : n.floatAttr("max", limit);
  return fromElements(n, {OpFoldResult(n.b.getFloatAttr(type, bound))}, {},
                      type);
}

/// Clip's bounds are optional, and the lower one is applied first.
static LogicalResult importClip(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  Operand result = n.input(0);
  for (size_t i : {1, 2}) {
    Operand limit = readBound(n, i);
    if (!limit)
      continue;
    FailureOr<Operand> bound =
        elementwise(n, {result, limit}, result.elementType(),
                    i == 1 ? scalarMax : scalarMin);
    if (failed(bound))
      return failure();
    bound->isUnsigned = result.isUnsigned;
    result = *bound;
  }
  return n.setOutput(0, result);
}

ArrayRef<OpEntry> mlir::attn::onnx::arithmeticOps() {
  static const OpEntry table[] = {
      {"Add", importNumeric<scalarAdd, indexAdd>, 2, 2},
      {"Sub", importNumeric<scalarSub, indexSub>, 2, 2},
      {"Mul", importNumeric<scalarMul, indexMul>, 2, 2},
      {"Div", importNumeric<scalarDiv, indexDiv>, 2, 2},
      {"Mod", importMod, 2, 2},
      {"Pow", importPow, 2, 2},
      {"Min", importFold<scalarMin, indexMin>, 1, variadic},
      {"Max", importFold<scalarMax, indexMax>, 1, variadic},
      {"Sum", importFold<scalarAdd>, 1, variadic},
      {"Mean", importMean, 1, variadic},
      {"Clip", importClip, 1, 3},
      {"Neg", importNumeric<scalarNeg, indexNeg>, 1, 1},
      {"Abs", importNumeric<scalarAbs>, 1, 1},
      {"Sign", importNumeric<scalarSign>, 1, 1},
      {"Reciprocal", importFloat<scalarReciprocal>, 1, 1},
      {"Sqrt", importFloat<scalarMath<math::SqrtOp>>, 1, 1},
      {"Exp", importFloat<scalarMath<math::ExpOp>>, 1, 1},
      {"Log", importFloat<scalarMath<math::LogOp>>, 1, 1},
      {"Sin", importFloat<scalarMath<math::SinOp>>, 1, 1},
      {"Cos", importFloat<scalarMath<math::CosOp>>, 1, 1},
      {"Tan", importFloat<scalarMath<math::TanOp>>, 1, 1},
      {"Sinh", importFloat<scalarMath<math::SinhOp>>, 1, 1},
      {"Cosh", importFloat<scalarMath<math::CoshOp>>, 1, 1},
      {"Asin", importFloat<scalarMath<math::AsinOp>>, 1, 1},
      {"Acos", importFloat<scalarMath<math::AcosOp>>, 1, 1},
      {"Asinh", importFloat<scalarMath<math::AsinhOp>>, 1, 1},
      {"Acosh", importFloat<scalarMath<math::AcoshOp>>, 1, 1},
      {"Atanh", importFloat<scalarMath<math::AtanhOp>>, 1, 1},
      {"Atan", importFloat<scalarMath<math::AtanOp>>, 1, 1},
      {"Tanh", importFloat<scalarMath<math::TanhOp>>, 1, 1},
      {"Erf", importFloat<scalarMath<math::ErfOp>>, 1, 1},
      {"Floor", importFloat<scalarMath<math::FloorOp>>, 1, 1},
      {"Ceil", importFloat<scalarMath<math::CeilOp>>, 1, 1},
      {"Round", importFloat<scalarMath<math::RoundEvenOp>>, 1, 1},
  };
  return table;
}
