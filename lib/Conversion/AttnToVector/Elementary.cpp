//===- Elementary.cpp - Functions of vectors that regions call ------------===//
// From exp(x) = 2^n (1 + e), e = exp(r) - 1, where n = round(x / ln 2) and
// r = x - n ln 2. The polynomial is Taylor's of e / r: for |r| <= ln(2) / 2,
// what is left out is at most 1.6e-8 (f32) or 2e-17 (f64).
//===----------------------------------------------------------------------===//
#include "KernelBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What differs between f32 and f64.
struct Format {
  int64_t mantissaBits, bias, degree;
  double ln2Hi, ln2Lo;    // n * ln2Hi is exact
  double lowest, highest; // of exp(x): below it is 0, above it is infinite
};

struct Split {
  Value power;    // 2^(n + offset)
  Value fraction; // e
};

} // namespace

static Format getFormat(FloatType type) {
  if (type.isF64())
    return {52, 1023, 12, 0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45, -707, 710};
  return {23, 127, 6, 0x1.62e4p-1, 0x1.7f7d1cp-20, -86.5, 89};
}

/// For x of which n + offset is an exponent of normal numbers.
static Split split(KernelBuilder &b, Value x, int64_t offset) {
  Format format = getFormat(b.element);
  // As in Exponential.cpp: the low bits of `shifted` are the exponent.
  double magic =
      1.5 * std::ldexp(1.0, format.mantissaBits) + double(format.bias + offset);
  Value shifted = b.multiplyAdd(x, b.splat(1.4426950408889634), b.splat(magic));
  Value n = arith::SubFOp::create(b, shifted, b.splat(magic));
  Value r = b.multiplyAdd(n, b.splat(-format.ln2Hi), x);
  r = b.multiplyAdd(n, b.splat(-format.ln2Lo), r);
  double factorial = 1;
  SmallVector<double> coefficients;
  for (int64_t k = 0; k <= format.degree; ++k) {
    factorial *= double(k + 1);
    coefficients.push_back(1 / factorial);
  }
  Value quotient = b.splat(coefficients.pop_back_val());
  for (double coefficient : llvm::reverse(coefficients))
    quotient = b.multiplyAdd(quotient, r, b.splat(coefficient));
  Type integer = b.getIntegerType(b.element.getWidth());
  VectorType integers = b.vector.clone(integer);
  Value bits = arith::BitcastOp::create(b, integers, shifted);
  Value shift = arith::ConstantOp::create(
      b, DenseElementsAttr::get(
             integers, b.getIntegerAttr(integer, format.mantissaBits)));
  Value power = arith::BitcastOp::create(b, b.vector,
                                         arith::ShLIOp::create(b, bits, shift));
  return {power, arith::MulFOp::create(b, r, quotient)};
}

/// `limit` where x compares so with it; NaN stays.
static Value limitWhere(KernelBuilder &b, arith::CmpFPredicate predicate,
                        Value x, double limit) {
  Value isBeyond = arith::CmpFOp::create(b, predicate, x, b.splat(limit));
  return arith::SelectOp::create(b, isBeyond, b.splat(limit), x);
}

/// Half of the factor first: 2^n may be infinite where exp(x) is not.
Value KernelBuilder::exponentialOfAny(Value x) {
  Format format = getFormat(element);
  Value least = arith::CmpFOp::create(*this, arith::CmpFPredicate::OLT, x,
                                      splat(format.lowest));
  Split parts = split(
      *this, limitWhere(*this, arith::CmpFPredicate::OGT, x, format.highest),
      /*offset=*/-1);
  Value half = multiplyAdd(parts.fraction, parts.power, parts.power);
  Value whole = arith::AddFOp::create(*this, half, half);
  return arith::SelectOp::create(*this, least, splat(0), whole);
}

/// With u = exp(-2|x|) - 1, of which no digits are lost: -u / (2 + u).
Value KernelBuilder::hyperbolicTangent(Value x) {
  Value twice = arith::MulFOp::create(
      *this, math::AbsFOp::create(*this, x).getResult(), splat(-2));
  // tanh is 1 to the last digit from there on.
  Split parts =
      split(*this, limitWhere(*this, arith::CmpFPredicate::OLT, twice, -40), 0);
  Value u = multiplyAdd(parts.power, parts.fraction,
                        arith::SubFOp::create(*this, parts.power, splat(1)));
  Value result = arith::DivFOp::create(
      *this, u, arith::AddFOp::create(*this, u, splat(2)));
  return math::CopySignOp::create(*this, result, x);
}
