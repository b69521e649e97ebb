//===- Trigonometry.cpp - sin and cos -------------------------------------===//
// x = n pi/2 + r, in f64, in which n pi/2 loses nothing that f32 would show;
// sin(r) or cos(r) by polynomials of the least largest error (by Remez
// exchange: 5e-12 and 1e-10 in f32's terms). From 2^20 on, the C library's.
//===----------------------------------------------------------------------===//
#include "MathBuilder.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr double kHuge = 0x1p20;

// sin(r) = r + r^3 p(r^2), cos(r) = 1 - r^2 / 2 + r^4 p(r^2).
static const double ofSine[] = {-0.16666666641426636, 0.008333329362293132,
                                -0.00019839327140512623, 2.718237313659199e-06};
static const double ofCosine[] = {0.041666646747843275, -0.0013887361453522762,
                                  2.443773048543315e-05};

/// One by one, where any is huge.
template <typename Op>
static Value replaceHuge(ImplicitLocOpBuilder &b, Value x, Value isHuge,
                         Value result) {
  auto exact = [&](Value scalar) -> Value {
    auto op = Op::create(b, scalar);
    op->setAttr(kExactAttr, b.getUnitAttr());
    return op;
  };
  auto vector = dyn_cast<VectorType>(x.getType());
  Value isAny = isHuge;
  if (vector)
    isAny = vector::ReductionOp::create(b, vector::CombiningKind::OR, isHuge);
  auto choice = scf::IfOp::create(b, x.getType(), isAny, true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(b, result);
  b.setInsertionPointToStart(choice.thenBlock());
  if (!vector) {
    scf::YieldOp::create(b, exact(x));
    return choice.getResult(0);
  }
  auto index = [&](int64_t n) {
    return arith::ConstantIndexOp::create(b, n).getResult();
  };
  auto loop = scf::ForOp::create(b, index(0), index(vector.getDimSize(0)),
                                 index(1), result);
  scf::YieldOp::create(b, loop.getResults());
  b.setInsertionPointToStart(loop.getBody());
  OpFoldResult lane = loop.getInductionVar();
  Value value = exact(vector::ExtractOp::create(b, x, lane));
  Value next =
      vector::InsertOp::create(b, value, loop.getRegionIterArg(0), lane);
  scf::YieldOp::create(b, next);
  return choice.getResult(0);
}

/// sin(x + quarterTurns pi/2).
Value MathBuilder::wave(Value x, int64_t quarterTurns) {
  MathBuilder wide(getLoc(), *this, like(getF64Type()), hasFMA);
  Value inside = limitWhere(arith::CmpFPredicate::OGT, abs(x), kHuge);
  Value near = math::CopySignOp::create(*this, inside, x);
  Value far = arith::ExtFOp::create(*this, wide.type, near);
  // Adding 1.5 * 2^52 rounds to an integer in the low bits.
  Value magic = wide.constant(0x1.8p52);
  Value shifted =
      wide.multiplyAdd(far, wide.constant(0x1.45f306dc9c883p-1), magic);
  Value n = wide.sub(shifted, magic);
  // pi/2 in two parts: n times the first is exact.
  Value rest = wide.multiplyAdd(n, wide.constant(-0x1.921fb544p+0), far);
  rest = wide.multiplyAdd(n, wide.constant(-0x1.0b4611a626331p-34), rest);
  Value r = arith::TruncFOp::create(*this, type, rest);
  Value turns =
      arith::TruncIOp::create(*this, integers(), wide.bitsOf(shifted));
  turns = arith::AddIOp::create(*this, turns, integer(quarterTurns));

  Value square = mul(r, r);
  Value sine = multiplyAdd(mul(square, r), polynomial(square, ofSine), r);
  Value cosine = multiplyAdd(square, constant(-0.5), constant(1));
  cosine =
      multiplyAdd(mul(square, square), polynomial(square, ofCosine), cosine);
  Value isOdd = arith::CmpIOp::create(
      *this, arith::CmpIPredicate::ne,
      arith::AndIOp::create(*this, turns, integer(1)), integer(0));
  Value sign = arith::ShLIOp::create(
      *this, arith::AndIOp::create(*this, turns, integer(2)), integer(30));
  Value result = select(isOdd, cosine, sine);
  return fromBits(arith::XOrIOp::create(*this, bitsOf(result), sign));
}

Value MathBuilder::sine(Value x) {
  // An infinite one too: the library's gives NaN.
  Value isHuge = compare(arith::CmpFPredicate::OGE, abs(x), kHuge);
  Value isZero = compare(arith::CmpFPredicate::OEQ, x, 0);
  return replaceHuge<math::SinOp>(*this, x, isHuge,
                                  select(isZero, x, wave(x, 0)));
}

Value MathBuilder::cosine(Value x) {
  Value isHuge = compare(arith::CmpFPredicate::OGE, abs(x), kHuge);
  return replaceHuge<math::CosOp>(*this, x, isHuge, wave(x, 1));
}
