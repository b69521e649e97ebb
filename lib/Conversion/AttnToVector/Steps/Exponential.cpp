//===- Exponential.cpp - exp of a vector ----------------------------------===//
// exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n ln 2, and exp(r) by the
// polynomial whose largest relative error on |r| <= ln(2) / 2 is least (found
// by Remez exchange; the figures are those errors).
//===----------------------------------------------------------------------===//
#include "Steps/KernelBuilder.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// What differs between f32 and f64.
struct Format {
  unsigned mantissaBits;
  int64_t bias;
  double lowest;       // exp is 0 below
  double ln2Hi, ln2Lo; // n * ln2Hi is exact
  ArrayRef<double> polynomial;
};

} // namespace

// 7.5e-5.
static const double fastSingle[] = {0.999928073539368, 1.0001641857659604,
                                    0.5049632641803723, 0.16566842342831098};
// 1.9e-9: below f32's rounding. (Of degree 5, the state's factors would be off
// by 5e-8, to one side, once a block of keys: it added up.)
static const double exactSingle[] = {1.0000000005541665,   1.0000000363231984,
                                     0.4999999207981662,   0.1666642016984845,
                                     0.04166822556949047,  0.008374815804407838,
                                     0.0013836845993885154};
// 3.4e-18.
static const double exactDouble[] = {1.0,
                                     1.0,
                                     0.5000000000000018,
                                     0.16666666666666163,
                                     0.04166666666649191,
                                     0.008333333333564119,
                                     0.0013888888951398375,
                                     0.0001984126941961834,
                                     2.480148637588339e-05,
                                     2.7557635955482655e-06,
                                     2.763233716194932e-07,
                                     2.498960929981785e-08};

static Format getFormat(FloatType type, ExpAccuracy accuracy) {
  const bool fast = accuracy == ExpAccuracy::Fast;
  if (type.isF64())
    return {52,
            1023,
            -708,
            0x1.62e42fefa38p-1,
            0x1.ef35793c7673p-45,
            fast ? ArrayRef(fastSingle) : ArrayRef(exactDouble)};
  return {23,
          127,
          -87,
          0x1.62e4p-1,
          0x1.7f7d1cp-20,
          fast ? ArrayRef(fastSingle) : ArrayRef(exactSingle)};
}

Value KernelBuilder::exponential(Value x) {
  return arith::SelectOp::create(*this, underflows(x), splat(0),
                                 exponentialAbove0(x));
}

Value KernelBuilder::exponentialAbove0(Value x) {
  Format format = getFormat(element, target.getExp());
  // Adding 1.5 * 2^mantissaBits rounds to an integer in the low bits; with the
  // bias on top, those bits are the exponent of 2^n.
  double magic = 1.5 * std::ldexp(1.0, format.mantissaBits) + format.bias;
  Value shifted = multiplyAdd(x, splat(1.4426950408889634), splat(magic));
  Value n = arith::SubFOp::create(*this, shifted, splat(magic));
  Value r = multiplyAdd(n, splat(-format.ln2Hi), x);
  r = multiplyAdd(n, splat(-format.ln2Lo), r);
  Value power = splat(format.polynomial.back());
  for (double coefficient : llvm::reverse(format.polynomial.drop_back()))
    power = multiplyAdd(power, r, splat(coefficient));

  Type integer = getIntegerType(element.getWidth());
  VectorType integers = vector.clone(integer);
  Value bits = arith::BitcastOp::create(*this, integers, shifted);
  Value shift = arith::ConstantOp::create(
      *this, DenseElementsAttr::get(
                 integers, getIntegerAttr(integer, format.mantissaBits)));
  // A factor, not an addend to the exponent: NaN stays NaN.
  Value factor = arith::BitcastOp::create(
      *this, vector, arith::ShLIOp::create(*this, bits, shift));
  return arith::MulFOp::create(*this, power, factor);
}

Value KernelBuilder::underflows(Value x) {
  Format format = getFormat(element, target.getExp());
  return arith::CmpFOp::create(*this, arith::CmpFPredicate::OLT, x,
                               splat(format.lowest));
}
