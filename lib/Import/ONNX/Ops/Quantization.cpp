//===- Quantization.cpp - Small integers that stand for floats ------------===//
//
// A number is (q - zero point) * scale. Scales and zero points are one for a
// whole tensor, one a position along an axis, or one a block along it.
//
//===----------------------------------------------------------------------===//

#include "Core/Elementwise.h"
#include "Core/TensorData.h"
#include "Ops/IntegerProducts.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// Scale and zero point, as they broadcast to the tensor; maybe no zero point.
struct Parameters {
  Operand scale, zeroPoint;
};
} // namespace

//===----------------------------------------------------------------------===//
// Scales and zero points
//===----------------------------------------------------------------------===//

/// An element for each element of `shape`: the one of its block of `size` along
/// `axis`.
static FailureOr<Operand> expandBlocks(Node &n, const Operand &blocks,
                                       const Operand &x, int64_t axis,
                                       int64_t size) {
  if (blocks.rank() != x.rank())
    return n.error() << "expected '" << blocks.name << "' to have rank "
                     << x.rank() << " as '" << x.name << "', got "
                     << blocks.type();
  for (int64_t d = 0; d < x.rank(); ++d) {
    OpFoldResult count = x.shape[d];
    if (d == axis)
      count = n.math.ceilDiv(count, n.math.constant(size));
    if (failed(requireEqual(n, blocks.shape[d], count,
                            "expected dimension " + Twine(d) + " of '" +
                                blocks.name + "' to count the blocks of '" +
                                x.name + "'")))
      return failure();
  }
  SmallVector<AffineExpr> from;
  for (int64_t d = 0; d < x.rank(); ++d) {
    AffineExpr at = n.b.getAffineDimExpr(d);
    from.push_back(d == axis ? at.floorDiv(size) : at);
  }
  SmallVector<AffineMap> maps{
      AffineMap::get(x.rank(), 0, from, n.b.getContext()),
      n.b.getMultiDimIdentityMap(x.rank())};
  SmallVector<utils::IteratorType> iterators(x.rank(),
                                             utils::IteratorType::parallel);
  Value init = emptyTensor(n, x.shape, blocks.elementType());
  auto copy = [](OpBuilder &b, Location loc, ValueRange elements) {
    linalg::YieldOp::create(b, loc, elements[0]);
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), blocks.value, init, maps, iterators, copy);
  return makeOperand(n, generic.getResult(0), x.shape, blocks.isUnsigned);
}

/// `parameter` as it broadcasts to `x`.
static FailureOr<Operand> alongAxis(Node &n, const Operand &parameter,
                                    const Operand &x, int64_t givenAxis,
                                    int64_t blockSize) {
  if (blockSize == 0 && staticCount(parameter.shape) == 1)
    return reshape(n, parameter, {});
  FailureOr<int64_t> axis = n.axis(givenAxis, x.rank());
  if (failed(axis))
    return failure();
  if (blockSize > 0)
    return expandBlocks(n, parameter, x, *axis, blockSize);
  if (parameter.rank() != 1)
    return n.error() << "expected '" << parameter.name
                     << "' to be one element or a list, got "
                     << parameter.type();
  if (failed(requireEqualDims(n, x, *axis, parameter, 0)))
    return failure();
  return unsqueeze(n, parameter,
                   llvm::to_vector(llvm::seq<int64_t>(1, x.rank() - *axis)));
}

static FailureOr<Parameters> readParameters(Node &n) {
  const Operand &x = n.input(0), &scale = n.input(1);
  int64_t axis = n.intAttr("axis", 1), blockSize = n.intAttr("block_size", 0);
  if (blockSize < 0)
    return n.error() << "expected block_size to be 0 or more, got "
                     << blockSize;
  if (!scale.isFloat())
    return n.error() << "expected input 1 to hold floats, got " << scale.type();
  Parameters parameters;
  FailureOr<Operand> one = alongAxis(n, scale, x, axis, blockSize);
  if (failed(one))
    return failure();
  parameters.scale = *one;
  if (!n.hasInput(2))
    return parameters;
  const Operand &zero = n.input(2);
  if (!zero.isInt())
    return n.error() << "expected input 2 to hold integers, got "
                     << zero.type();
  one = alongAxis(n, zero, x, axis, blockSize);
  if (failed(one))
    return failure();
  parameters.zeroPoint = *one;
  return parameters;
}

static SmallVector<Operand> withZeroPoint(SmallVector<Operand> operands,
                                          const Operand &zeroPoint) {
  if (zeroPoint)
    operands.push_back(zeroPoint);
  return operands;
}

//===----------------------------------------------------------------------===//
// DequantizeLinear
//===----------------------------------------------------------------------===//

/// (x - zero point) * scale, in f32.
static LogicalResult importDequantizeLinear(Node &n) {
  const Operand &x = n.input(0);
  if (!x.isInt() || x.elementType().getIntOrFloatBitWidth() > 32)
    return n.error() << "expected integers of at most 32 bits, got "
                     << x.type();
  FailureOr<Parameters> parameters = readParameters(n);
  if (failed(parameters))
    return failure();
  const Operand &zero = n.input(2);
  if (n.hasInput(2) &&
      (zero.elementType() != x.elementType() ||
       zero.isUnsigned != x.isUnsigned || zero.is4Bit != x.is4Bit))
    return n.error() << "expected a zero point of the input's type, got "
                     << zero.type() << " and " << x.type();
  Type result = n.input(1).elementType();
  if (int64_t given = n.intAttr("output_dtype", 0)) {
    FailureOr<std::pair<Type, bool>> type = namedType(n, given);
    if (failed(type))
      return failure();
    result = type->first;
  }
  if (!isa<FloatType>(result))
    return n.error() << "expected output_dtype to be a float type, got "
                     << result;
  Type wide = accumulatorType(n.b, n.input(1).elementType());
  Type whole = n.b.getI64Type(); // Where no difference wraps.
  auto scalar = [&](ScalarBuilder &s, ValueRange v) {
    Value difference = s.convert(v[0], whole, x.isUnsigned, false);
    if (v.size() > 2)
      difference =
          s.sub(difference, s.convert(v[2], whole, x.isUnsigned, false));
    Value product = s.mul(s.convert(difference, wide, false, false),
                          s.convert(v[1], wide, false, false));
    return s.convert(product, result, false, false);
  };
  return n.setOutput(0, elementwise(n,
                                    withZeroPoint({x, parameters->scale},
                                                  parameters->zeroPoint),
                                    result, scalar));
}

//===----------------------------------------------------------------------===//
// QuantizeLinear
//===----------------------------------------------------------------------===//

namespace {
struct QuantizedType {
  Type type;
  bool isUnsigned = false, is4Bit = false;
};
} // namespace

/// The zero point's type, or the one that is named, or uint8.
static FailureOr<QuantizedType> readQuantizedType(Node &n) {
  int64_t given = n.intAttr("output_dtype", 0);
  if (n.hasInput(2)) {
    const Operand &zero = n.input(2);
    return QuantizedType{zero.elementType(), zero.isUnsigned, zero.is4Bit};
  }
  if (!given)
    return QuantizedType{n.b.getI8Type(), true};
  if (std::optional<int32_t> kept = pb::typeOf4Bit(given)) {
    bool isUnsigned = *kept == 2;
    return QuantizedType{n.b.getI8Type(), isUnsigned, true};
  }
  FailureOr<std::pair<Type, bool>> type = namedType(n, given);
  if (failed(type))
    return failure();
  return QuantizedType{type->first, type->second};
}

static Value clamp(ScalarBuilder &s, Value x, double low, double high) {
  Type type = x.getType();
  return s.make<arith::MinimumFOp>(
      s.make<arith::MaximumFOp>(x, s.floating(type, low)),
      s.floating(type, high));
}

/// The type in which x / scale is rounded: the scale's unless it is named.
static FailureOr<Type> readPrecision(Node &n) {
  int64_t given = n.intAttr("precision", 0);
  if (!given)
    return n.input(1).elementType();
  FailureOr<std::pair<Type, bool>> type = namedType(n, given);
  if (failed(type))
    return failure();
  if (!isa<FloatType>(type->first))
    return n.error() << "expected precision to be a float type, got "
                     << type->first;
  return type->first;
}

/// round(x / scale) + zero point, ties to even, kept within the type's range.
static LogicalResult importQuantizeLinear(Node &n) {
  const Operand &x = n.input(0);
  if (x.isBool() || (x.isInt() && x.elementType() != n.b.getI32Type()))
    return n.error() << "expected floats or int32, got " << x.type();
  n.intAttr("saturate", 1); // Of 8-bit floats, which are refused by type.
  FailureOr<Parameters> parameters = readParameters(n);
  FailureOr<QuantizedType> to = readQuantizedType(n);
  FailureOr<Type> precision = readPrecision(n);
  if (failed(parameters) || failed(to) || failed(precision))
    return failure();
  if (!isa<IntegerType>(to->type) || to->type.getIntOrFloatBitWidth() > 16)
    return n.error() << "expected integers of at most 16 bits as the result, "
                        "got "
                     << to->type;
  Type wide = accumulatorType(n.b, *precision);
  auto scalar = [&](ScalarBuilder &s, ValueRange v) {
    auto widen = [&](Value value, bool isUnsigned) {
      return s.convert(value, wide, isUnsigned, false);
    };
    // Rounded as the 16-bit types would: their quotients are exact in f32.
    Value quotient = s.div(widen(v[0], false), widen(v[1], false));
    quotient = widen(s.convert(quotient, *precision, false, false), false);
    Value rounded = s.make<math::RoundEvenOp>(quotient);
    if (v.size() > 2)
      rounded = s.add(rounded, widen(v[2], to->isUnsigned));
    if (to->is4Bit)
      rounded =
          to->isUnsigned ? clamp(s, rounded, 0, 15) : clamp(s, rounded, -8, 7);
    return s.convert(rounded, to->type, false, to->isUnsigned);
  };
  FailureOr<Operand> result = elementwise(
      n, withZeroPoint({x, parameters->scale}, parameters->zeroPoint), to->type,
      scalar);
  if (failed(result))
    return failure();
  result->isUnsigned = to->isUnsigned;
  result->is4Bit = to->is4Bit;
  return n.setOutput(0, *result);
}

//===----------------------------------------------------------------------===//
// DynamicQuantizeLinear
//===----------------------------------------------------------------------===//

/// The smallest or the largest of all elements and 0.
static Operand extremeWithZero(Node &n, const Operand &x, bool isMax) {
  ScalarBuilder s(n.b, n.loc);
  auto combine = [&](ScalarBuilder &s, Value element, Value accumulator) {
    return isMax ? s.make<arith::MaximumFOp>(accumulator, element)
                 : s.make<arith::MinimumFOp>(accumulator, element);
  };
  return reduce(n, x, llvm::to_vector(llvm::seq(x.rank())),
                s.floating(x.elementType(), 0), combine);
}

/// To uint8, by the range of the elements and 0.
static LogicalResult importDynamicQuantizeLinear(Node &n) {
  const Operand &x = n.input(0);
  Type f32 = n.b.getF32Type(), i8 = n.b.getI8Type();
  if (x.elementType() != f32)
    return n.error() << "expected f32, got " << x.type();
  Operand low = extremeWithZero(n, x, false),
          high = extremeWithZero(n, x, true);
  FailureOr<Operand> scale =
      elementwise(n, {low, high}, f32, [&](ScalarBuilder &s, ValueRange v) {
        Value range = s.select(s.equal(v[0], v[1]), s.floating(f32, 1),
                               s.sub(v[1], v[0]));
        return s.div(range, s.floating(f32, 255));
      });
  if (failed(scale))
    return failure();
  auto zeroOf = [&](ScalarBuilder &s, ValueRange v) {
    Value exact = s.sub(s.floating(f32, 0), s.div(v[0], v[1]));
    Value rounded = s.make<math::RoundEvenOp>(clamp(s, exact, 0, 255));
    return s.convert(rounded, i8, false, true);
  };
  FailureOr<Operand> zero = elementwise(n, {low, *scale}, i8, zeroOf);
  if (failed(zero))
    return failure();
  zero->isUnsigned = true;
  auto quantize = [&](ScalarBuilder &s, ValueRange v) {
    Value rounded = s.make<math::RoundEvenOp>(s.div(v[0], v[1]));
    Value shifted = s.add(rounded, s.convert(v[2], f32, true, false));
    return s.convert(shifted, i8, false, true);
  };
  FailureOr<Operand> y = elementwise(n, {x, *scale, *zero}, i8, quantize);
  if (failed(y))
    return failure();
  y->isUnsigned = true;
  return success(succeeded(n.setOutput(0, *y)) &&
                 succeeded(n.setOutput(1, *scale)) &&
                 succeeded(n.setOutput(2, *zero)));
}

ArrayRef<OpEntry> mlir::attn::onnx::quantizationOps() {
  static const OpEntry table[] = {
      {"ConvInteger", importConvInteger, 2, 4},
      {"DequantizeLinear", importDequantizeLinear, 2, 3},
      {"DynamicQuantizeLinear", importDynamicQuantizeLinear, 1, 1},
      {"MatMulInteger", importMatMulInteger, 2, 4},
      {"QLinearConv", importQLinearConv, 8, 9},
      {"QLinearMatMul", importQLinearMatMul, 8, 8},
      {"QuantizeLinear", importQuantizeLinear, 2, 3},
  };
  return table;
}
