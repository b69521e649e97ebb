//===- Angle.cpp - sin, cos and tan of every f64 --------------------------===//
// x = n pi/2 + r, |r| <= pi/4. Of x 2/pi only n mod 4 and what is behind the
// point count: of 2/pi, the 192 binary digits from the first that x, a whole
// number of 53 digits times 2^e, does not make a multiple of 4. Of the product,
// 137 digits behind the point are right; no f64 is nearer to a multiple of pi/2
// than 2^-62 of it. Then the series of sin and cos: 1e-18 is left out.
//===----------------------------------------------------------------------===//
#include "DoubleMath.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::attn;

/// The first digits of 2/pi, behind 64 zeros.
static const uint64_t twoOverPi[] = {0,
                                     0xa2f9836e4e441529,
                                     0xfc2757d1f534ddc0,
                                     0xdb6295993c439041,
                                     0xfe5163abdebbc561,
                                     0xb7246e3a424dd2e0,
                                     0x06492eea09d1921c,
                                     0xfe1deb1cb129a73e,
                                     0xe88235f52ebb4484,
                                     0xe99c7026b45f7e41,
                                     0x3991d639835339f4,
                                     0x9c845f8bbdf9283b,
                                     0x1ff897ffde05980f,
                                     0xef2f118b5a0a6d1f,
                                     0x6d367ecf27cb09b7,
                                     0x4f463f669e5fea2d,
                                     0x7527bac7ebe5f17b,
                                     0x3d0739f78a5292ea,
                                     0x6bfb5fb11f8d5d08,
                                     0x56033046fc7b6bab,
                                     0xf0cfbc209af4361d};

static constexpr StringLiteral kTableName = "attn_two_over_pi";

struct DoubleMath::Angle {
  Value quarters;  // i64
  Value rest, low; // r, in two parts
};

Value DoubleMath::getTable(Value word) {
  const int64_t size = std::size(twoOverPi);
  auto type = MemRefType::get({size}, getI64Type());
  auto module = getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(kTableName)) {
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(module.getBody());
    auto values = DenseElementsAttr::get(
        RankedTensorType::get({size}, getI64Type()), ArrayRef(twoOverPi));
    memref::GlobalOp::create(*this, kTableName, getStringAttr("private"), type,
                             values, /*constant=*/true,
                             /*alignment=*/IntegerAttr());
  }
  Value table = memref::GetGlobalOp::create(*this, type, kTableName);
  Value index = arith::IndexCastOp::create(*this, getIndexType(), word);
  return memref::LoadOp::create(*this, table, index);
}

namespace {

/// Arithmetic on i64, without signs.
struct Words {
  ImplicitLocOpBuilder &b;

  Value constant(int64_t n) {
    return arith::ConstantIntOp::create(b, n, 64).getResult();
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value left(Value x, Value n) { return arith::ShLIOp::create(b, x, n); }
  Value right(Value x, Value n) { return arith::ShRUIOp::create(b, x, n); }
  Value mask(Value x, int64_t bits) {
    return arith::AndIOp::create(b, x, constant(bits));
  }
  Value merge(Value x, Value y) { return arith::OrIOp::create(b, x, y); }
  Value flip(Value x, Value y) { return arith::XOrIOp::create(b, x, y); }
  Value toFloat(Value x) {
    return arith::UIToFPOp::create(b, b.getF64Type(), x);
  }
  /// 64 digits from digit `n` of `high` on.
  Value window(Value high, Value low, Value n) {
    Value behind = right(right(low, constant(1)),
                         arith::SubIOp::create(b, constant(63), n));
    return merge(left(high, n), behind);
  }
  /// x + y, and what it carries.
  std::pair<Value, Value> addWide(Value x, Value y) {
    auto sum = arith::AddUIExtendedOp::create(b, x, y);
    Value carry = arith::ExtUIOp::create(b, b.getI64Type(), sum.getOverflow());
    return {sum.getSum(), carry};
  }
};

} // namespace

/// Of at least pi/4; of infinity and NaN, something.
DoubleMath::Angle DoubleMath::reduceLarge(Value magnitude) {
  Words w{*this};
  Value bits = bitsOf(magnitude);
  Value digits = w.merge(w.mask(bits, (int64_t(1) << 52) - 1),
                         w.constant(int64_t(1) << 52));
  Value exponent = w.right(bits, w.constant(52));
  // Infinity's exponent is past the table.
  Value most = w.constant(2046);
  exponent = arith::MinUIOp::create(*this, exponent, most);
  Value least = w.constant(1022);
  exponent = arith::MaxUIOp::create(*this, exponent, least);
  Value first = w.add(exponent, w.constant(62 - 1075));
  Value word = w.right(first, w.constant(6)), shift = w.mask(first, 63);
  Value t[4], z[3];
  for (int64_t k = 0; k < 4; ++k)
    t[k] = getTable(w.add(word, w.constant(k)));
  for (int64_t k = 0; k < 3; ++k)
    z[k] = w.window(t[k], t[k + 1], shift);

  // The product's lowest 192 digits.
  auto lowest = arith::MulUIExtendedOp::create(*this, digits, z[2]);
  auto middle = arith::MulUIExtendedOp::create(*this, digits, z[1]);
  auto [p1, carry] = w.addWide(middle.getLow(), lowest.getHigh());
  Value p2 = w.add(w.add(w.mul(digits, z[0]), middle.getHigh()), carry);
  Value quarters = w.right(p2, w.constant(62));
  Value high = w.window(p2, p1, w.constant(2));
  Value low = w.window(p1, lowest.getLow(), w.constant(2));

  // To the nearest: a half or more is counted from above.
  Value isUpper = w.right(high, w.constant(63));
  quarters = w.mask(w.add(quarters, isUpper), 3);
  Value ones = arith::SubIOp::create(*this, w.constant(0), isUpper);
  auto [lower, borrow] = w.addWide(w.flip(low, ones), isUpper);
  Value upper = w.add(w.flip(high, ones), borrow);

  Value head =
      mul(w.toFloat(w.mask(upper, ~int64_t(0x7ff))), constant(0x1p-64));
  Value tail = mul(add(w.toFloat(w.mask(upper, 0x7ff)),
                       mul(w.toFloat(lower), constant(0x1p-64))),
                   constant(0x1p-64));
  Value sum = add(head, tail), lost = sub(tail, sub(sum, head));
  Pair rest = multiply(sum, constant(0x1.921fb54442d18p+0));
  Value less = fused(sum, constant(0x1.1a62633145c07p-54), rest.low);
  less = fused(lost, constant(0x1.921fb54442d18p+0), less);
  Value sign = w.left(isUpper, w.constant(63));
  return {quarters, xorSign(rest.high, sign), xorSign(less, sign)};
}

Value DoubleMath::xorSign(Value x, Value bit) {
  return fromBits(arith::XOrIOp::create(*this, bitsOf(x), bit));
}

DoubleMath::Angle DoubleMath::reduce(Value x) {
  Value magnitude = abs(x);
  Angle angle = reduceLarge(magnitude);
  Value isSmall = isBelow(magnitude, 0x1.921fb54442d18p-1);
  return {select(isSmall, integer(0), angle.quarters),
          select(isSmall, magnitude, angle.rest),
          select(isSmall, constant(0), angle.low)};
}

/// The coefficients of r^2 in the series that begins with 1 / `factorial`!.
static SmallVector<double> getSeries(int factorial, int terms) {
  double value = 1;
  for (int k = 2; k <= factorial; ++k)
    value *= k;
  SmallVector<double> coefficients;
  for (int k = 0, n = factorial; k < terms; ++k, n += 2) {
    coefficients.push_back((n / 2 % 2 ? -1 : 1) / value);
    value *= (n + 1) * (n + 2);
  }
  return coefficients;
}

Value DoubleMath::sineOf(const Angle &angle) {
  Value square = mul(angle.rest, angle.rest);
  Value slope = fused(square, constant(-0.5), constant(1));
  Value cubic =
      fused(mul(square, angle.rest), polynomial(square, getSeries(3, 8)),
            mul(angle.low, slope));
  return add(angle.rest, cubic);
}

Value DoubleMath::cosineOf(const Angle &angle) {
  Value square = mul(angle.rest, angle.rest);
  Value quartic =
      fused(mul(square, square), polynomial(square, getSeries(4, 8)),
            mul(negate(angle.low), angle.rest));
  Value half = mul(square, constant(0.5));
  Value whole = sub(constant(1), half);
  Value lost = sub(sub(constant(1), whole), half);
  return add(whole, add(lost, quartic));
}

/// What 0 times it adds is NaN of infinity and NaN.
static Value makeNaNAtEnds(ImplicitLocOpBuilder &b, Value x, Value result) {
  Value none = arith::SubFOp::create(b, x, x);
  Value isFinite =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, none, none);
  return arith::SelectOp::create(b, isFinite, result, none);
}

Value DoubleMath::sine(Value x) {
  Words w{*this};
  Angle angle = reduce(x);
  Value isOdd = equals(w.toFloat(w.mask(angle.quarters, 1)), 1);
  Value result = select(isOdd, cosineOf(angle), sineOf(angle));
  Value sign = w.left(w.mask(angle.quarters, 2), w.constant(62));
  Value own = w.mask(bitsOf(x), std::numeric_limits<int64_t>::min());
  return makeNaNAtEnds(*this, x, xorSign(result, w.flip(sign, own)));
}

Value DoubleMath::cosine(Value x) {
  Words w{*this};
  Angle angle = reduce(x);
  Value isOdd = equals(w.toFloat(w.mask(angle.quarters, 1)), 1);
  Value result = select(isOdd, sineOf(angle), cosineOf(angle));
  Value next = w.add(angle.quarters, w.constant(1));
  Value sign = w.left(w.mask(next, 2), w.constant(62));
  return makeNaNAtEnds(*this, x, xorSign(result, sign));
}

Value DoubleMath::tangent(Value x) {
  Words w{*this};
  Angle angle = reduce(x);
  Value isOdd = equals(w.toFloat(w.mask(angle.quarters, 1)), 1);
  Value sine = sineOf(angle), cosine = cosineOf(angle);
  Value result = select(isOdd, div(negate(cosine), sine), div(sine, cosine));
  Value own = w.mask(bitsOf(x), std::numeric_limits<int64_t>::min());
  return makeNaNAtEnds(*this, x, xorSign(result, own));
}
