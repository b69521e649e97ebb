//===- IntegerProducts.cpp - Products of small integers -------------------===//
//
// Of 8 bits less their zero points, summed in i32. QLinearMatMul and
// QLinearConv round the sum to 8 bits again: with the scales of both operands
// and the result, round(sum * (scale * scale / result scale)) + zero point.
//
//===----------------------------------------------------------------------===//

#include "Ops/IntegerProducts.h"
#include "Core/Elementwise.h"
#include "Ops/Conv.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Input `i` as it broadcasts: one number, or in `axis` of `rank` dimensions a
/// list.
static FailureOr<Operand>
readParameter(Node &n, size_t i, std::optional<int64_t> axis, int64_t rank) {
  Operand given = n.input(i);
  if (staticCount(given.shape) == 1)
    return reshape(n, given, {});
  if (given.rank() != 1)
    return given;
  if (!axis || *axis < 0 || *axis >= rank)
    return n.error() << "expected '" << given.name << "' to be one number, got "
                     << given.type();
  FailureOr<Operand> spread =
      unsqueeze(n, given, llvm::to_vector(llvm::seq<int64_t>(1, rank - *axis)));
  if (succeeded(spread))
    spread->name = given.name;
  return spread;
}

/// Input `i` less the zero point of input `zeroPoint`, as i32.
static FailureOr<Operand> lessZeroPoint(Node &n, size_t i, size_t zeroPoint,
                                        std::optional<int64_t> axis) {
  const Operand &x = n.input(i);
  Type i32 = n.b.getI32Type();
  if (x.elementType() != n.b.getI8Type())
    return n.error() << "expected integers of 8 bits, got " << x.type();
  SmallVector<Operand> operands{x};
  if (n.hasInput(zeroPoint)) {
    const Operand &zero = n.input(zeroPoint);
    if (zero.elementType() != x.elementType() ||
        zero.isUnsigned != x.isUnsigned)
      return n.error() << "expected a zero point of the input's type, got "
                       << zero.type() << " and " << x.type();
    FailureOr<Operand> shaped = readParameter(n, zeroPoint, axis, x.rank());
    if (failed(shaped))
      return failure();
    operands.push_back(*shaped);
  }
  FailureOr<Operand> result =
      elementwise(n, operands, i32, [&](ScalarBuilder &s, ValueRange v) {
        Value value = s.convert(v[0], i32, x.isUnsigned, false);
        return v.size() == 1
                   ? value
                   : s.sub(value, s.convert(v[1], i32, x.isUnsigned, false));
      });
  if (failed(result))
    return failure();
  if (result->rank() != x.rank())
    return n.error() << "expected the zero point to broadcast to '" << x.name
                     << "'";
  result->name = x.name;
  return result;
}

namespace {
/// Which inputs QLinearMatMul and QLinearConv have.
enum Input { A, AScale, AZero, B, BScale, BZero, YScale, YZero, Bias };
} // namespace

/// `sum` in the type of the result's zero point; scales are as they broadcast.
static LogicalResult setRounded(Node &n, const Operand &sum,
                                FailureOr<Operand> aScale,
                                FailureOr<Operand> bScale) {
  const Operand &type = n.input(YZero);
  Type f32 = n.b.getF32Type();
  for (Input scale : {AScale, BScale, YScale})
    if (!n.input(scale).isFloat())
      return n.error() << "expected '" << n.input(scale).name
                       << "' to hold floats, got " << n.input(scale).type();
  if (type.elementType() != n.b.getI8Type())
    return n.error() << "expected integers of 8 bits as the result, got "
                     << type.type();
  FailureOr<Operand> scale = readParameter(n, YScale, {}, 0),
                     zero = readParameter(n, YZero, {}, 0);
  if (failed(aScale) || failed(bScale) || failed(scale) || failed(zero))
    return failure();
  auto round = [&](ScalarBuilder &s, ValueRange v) {
    auto real = [&](Value x) { return s.convert(x, f32, false, false); };
    Value factor = s.div(s.mul(real(v[1]), real(v[2])), real(v[3]));
    Value rounded = s.make<math::RoundEvenOp>(s.mul(real(v[0]), factor));
    Value shift = s.convert(v[4], f32, type.isUnsigned, false);
    return s.convert(s.add(rounded, shift), type.elementType(), false,
                     type.isUnsigned);
  };
  FailureOr<Operand> y = elementwise(n, {sum, *aScale, *bScale, *scale, *zero},
                                     type.elementType(), round);
  if (failed(y))
    return failure();
  if (y->rank() != sum.rank())
    return n.error() << "expected the scales to broadcast to the product, got "
                     << y->type() << " and " << sum.type();
  y->isUnsigned = type.isUnsigned;
  return n.setOutput(0, *y);
}

//===----------------------------------------------------------------------===//
// Of matrices: lists are one number a row of A, one a column of B
//===----------------------------------------------------------------------===//

static FailureOr<Operand> multiply(Node &n, size_t a, size_t aZero, size_t b,
                                   size_t bZero) {
  const int64_t ranks[] = {n.input(a).rank(), n.input(b).rank()};
  FailureOr<Operand> lhs = lessZeroPoint(n, a, aZero, ranks[0] - 2);
  FailureOr<Operand> rhs = lessZeroPoint(n, b, bZero, ranks[1] - 1);
  if (failed(lhs) || failed(rhs))
    return failure();
  return matMul(n, *lhs, *rhs);
}

LogicalResult mlir::attn::onnx::importMatMulInteger(Node &n) {
  return n.setOutput(0, multiply(n, 0, 2, 1, 3));
}

LogicalResult mlir::attn::onnx::importQLinearMatMul(Node &n) {
  FailureOr<Operand> sum = multiply(n, A, AZero, B, BZero);
  if (failed(sum))
    return failure();
  const int64_t rank = sum->rank();
  return setRounded(n, *sum, readParameter(n, AScale, rank - 2, rank),
                    readParameter(n, BScale, rank - 1, rank));
}

//===----------------------------------------------------------------------===//
// Of windows: lists are one number a kernel
//===----------------------------------------------------------------------===//

static FailureOr<Operand> convolveIntegers(Node &n, size_t x, size_t xZero,
                                           size_t w, size_t wZero,
                                           const Operand &bias) {
  FailureOr<Operand> data = lessZeroPoint(n, x, xZero, {});
  FailureOr<Operand> kernel = lessZeroPoint(n, w, wZero, 0);
  if (failed(data) || failed(kernel))
    return failure();
  FailureOr<Conv> conv = readConv(n, *data, *kernel);
  if (failed(conv) || failed(setPadding(n, *conv)))
    return failure();
  return convolve(n, *conv, bias);
}

LogicalResult mlir::attn::onnx::importConvInteger(Node &n) {
  return n.setOutput(0, convolveIntegers(n, 0, 2, 1, 3, {}));
}

LogicalResult mlir::attn::onnx::importQLinearConv(Node &n) {
  Operand bias = n.hasInput(Bias) ? n.input(Bias) : Operand();
  if (bias && bias.elementType() != n.b.getI32Type())
    return n.error() << "expected '" << bias.name << "' to hold int32, got "
                     << bias.type();
  FailureOr<Operand> sum = convolveIntegers(n, A, AZero, B, BZero, bias);
  if (failed(sum))
    return failure();
  const int64_t rank = sum->rank();
  return setRounded(n, *sum, readParameter(n, AScale, {}, rank),
                    readParameter(n, BScale, 1, rank));
}
