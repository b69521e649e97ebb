//===- EmittedIntervals.cpp - Arithmetic on emitted intervals -------------===//
#include "Emitted.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static bool isWithin(Interval inner, Interval outer) {
  return outer.low <= inner.low && inner.high <= outer.high;
}

/// Of two spans, or of one times a factor; saturates.
static int64_t addSpans(int64_t a, int64_t b) {
  return llvm::SaturatingAdd<uint64_t>(a, b) >
                 uint64_t(EmittedInterval::anySpan)
             ? EmittedInterval::anySpan
             : a + b;
}

Value EmittedArith::constant(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value EmittedArith::truth(bool value) {
  return arith::ConstantIntOp::create(builder, loc, value, 1);
}

EmittedInterval EmittedArith::point(Value value, Interval range) {
  return within({value, value, {}, range, 0}, knownRange);
}

EmittedInterval EmittedArith::point(int64_t value) {
  Value number = constant(value);
  return {number, number, {}, Interval::point(value), 0};
}

EmittedInterval EmittedArith::within(EmittedInterval number, Interval range) {
  if (!number.isKnown() || isWithin(number.range, range))
    return number;
  const auto check = [&](arith::CmpIPredicate predicate, Value end,
                         int64_t bound) {
    Value holds = make<arith::CmpIOp>(predicate, end, constant(bound));
    number.valid = conjunction(number.valid, holds);
  };
  if (number.range.low < range.low)
    check(arith::CmpIPredicate::sge, number.low, range.low);
  if (number.range.high > range.high)
    check(arith::CmpIPredicate::sle, number.high, range.high);
  number.range = {std::max(number.range.low, range.low),
                  std::min(number.range.high, range.high)};
  // Never within: no interval is left.
  return number.range.low <= number.range.high ? number : EmittedInterval();
}

Value EmittedArith::conjunction(Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  return a == b ? a : make<arith::AndIOp>(a, b);
}

EmittedInterval EmittedArith::combine(const EmittedInterval &a,
                                      const EmittedInterval &b, Interval range,
                                      int64_t span, function_ref<Value()> low,
                                      function_ref<Value()> high) {
  if (!a.isKnown() || !b.isKnown() || range.isAll())
    return {};
  EmittedInterval result{low(), {}, conjunction(a.valid, b.valid), range, span};
  result.high = a.isPoint() && b.isPoint() ? result.low : high();
  return result;
}

EmittedInterval EmittedArith::add(const EmittedInterval &a,
                                  const EmittedInterval &b) {
  EmittedInterval sum = combine(
      a, b, a.range + b.range, addSpans(a.span, b.span),
      [&] { return make<arith::AddIOp>(a.low, b.low); },
      [&] { return make<arith::AddIOp>(a.high, b.high); });
  const auto keepsGrid = [](const EmittedInterval &x,
                            const EmittedInterval &y) {
    return x.grid && y.range.isPoint() && y.range.low % x.grid == 0;
  };
  sum.grid = keepsGrid(a, b) ? a.grid : keepsGrid(b, a) ? b.grid : 0;
  return sum;
}

EmittedInterval EmittedArith::subtract(const EmittedInterval &a,
                                       const EmittedInterval &b) {
  return combine(
      a, b, a.range - b.range, addSpans(a.span, b.span),
      [&] { return make<arith::SubIOp>(a.low, b.high); },
      [&] { return make<arith::SubIOp>(a.high, b.low); });
}

EmittedInterval EmittedArith::multiply(EmittedInterval a, EmittedInterval b) {
  if (!a.isKnown() || !b.isKnown())
    return {};
  if (a.range.isPoint())
    std::swap(a, b);
  const auto times = [&](Value x, Value y) {
    return make<arith::MulIOp>(x, y);
  };
  const Interval range = a.range * b.range;
  if (b.range.isPoint()) {
    const int64_t factor = b.range.low;
    int64_t span;
    if (llvm::MulOverflow(a.span, std::abs(factor), span))
      span = EmittedInterval::anySpan;
    Value low = factor < 0 ? a.high : a.low, high = factor < 0 ? a.low : a.high;
    EmittedInterval product = combine(
        a, b, range, span, [&] { return times(low, b.low); },
        [&] { return times(high, b.low); });
    if (factor > 0 && llvm::MulOverflow(a.grid, factor, product.grid))
      product.grid = 0;
    return product;
  }
  // The product of ends that lie on one side of 0 has one end from each.
  if (a.range.low >= 0 && b.range.low >= 0)
    return combine(
        a, b, range, EmittedInterval::anySpan,
        [&] { return times(a.low, b.low); },
        [&] { return times(a.high, b.high); });
  if (a.isPoint() && b.isPoint())
    return combine(
        a, b, range, 0, [&] { return times(a.low, b.low); },
        [&] { return Value(); });
  return {};
}

EmittedInterval EmittedArith::min(const EmittedInterval &a,
                                  const EmittedInterval &b) {
  return combine(
      a, b, attn::min(a.range, b.range), addSpans(a.span, b.span),
      [&] { return make<arith::MinSIOp>(a.low, b.low); },
      [&] { return make<arith::MinSIOp>(a.high, b.high); });
}

EmittedInterval EmittedArith::max(const EmittedInterval &a,
                                  const EmittedInterval &b) {
  return combine(
      a, b, attn::max(a.range, b.range), addSpans(a.span, b.span),
      [&] { return make<arith::MaxSIOp>(a.low, b.low); },
      [&] { return make<arith::MaxSIOp>(a.high, b.high); });
}

EmittedInterval EmittedArith::select(TileLogic condition,
                                     const EmittedInterval &a,
                                     const EmittedInterval &b) {
  if (!a.isKnown() || !b.isKnown())
    return {};
  const Interval range = join(a.range, b.range);
  const auto choose = [&](Value ifTrue, Value ifFalse) -> Value {
    return make<arith::SelectOp>(condition.all, ifTrue, ifFalse);
  };
  const bool decided = condition.any == condition.all;
  if (decided)
    return combine(
        a, b, range, std::max(a.span, b.span),
        [&] { return choose(a.low, b.low); },
        [&] { return choose(a.high, b.high); });
  const auto end = [&](Value ifTrue, Value ifFalse, Value ifOpen) {
    Value possible = make<arith::SelectOp>(condition.any, ifOpen, ifFalse);
    return choose(ifTrue, possible);
  };
  EmittedInterval result{
      end(a.low, b.low, make<arith::MinSIOp>(a.low, b.low)),
      end(a.high, b.high, make<arith::MaxSIOp>(a.high, b.high)),
      conjunction(a.valid, b.valid), range, EmittedInterval::anySpan};
  return result;
}

//===----------------------------------------------------------------------===//
// Division
//===----------------------------------------------------------------------===//

/// a floordiv divisor.
Value EmittedArith::quotient(Value a, int64_t divisor, Interval range) {
  if (divisor == 1)
    return a;
  if (llvm::isPowerOf2_64(divisor))
    return make<arith::ShRSIOp>(a, constant(llvm::Log2_64(divisor)));
  if (range.low >= 0)
    return make<arith::DivUIOp>(a, constant(divisor));
  return make<arith::FloorDivSIOp>(a, constant(divisor));
}

/// How far apart quotients of numbers of a span may be: one boundary may lie
/// between numbers that are 1 apart.
static int64_t divideSpan(int64_t span, int64_t divisor) {
  return span / divisor + (span % divisor != 0);
}

EmittedInterval EmittedArith::floorDivide(const EmittedInterval &a,
                                          int64_t divisor) {
  EmittedInterval result = combine(
      a, a, floorDiv(a.range, divisor), divideSpan(a.span, divisor),
      [&] { return quotient(a.low, divisor, a.range); },
      [&] { return quotient(a.high, divisor, a.range); });
  if (a.grid && divisor % a.grid == 0) { // one cell, one quotient
    result.high = result.low;
    result.span = 0;
  } else if (a.grid && a.grid % divisor == 0) {
    result.grid = a.grid / divisor;
  }
  return result;
}

EmittedInterval EmittedArith::ceilDivide(const EmittedInterval &a,
                                         int64_t divisor) {
  return floorDivide(add(a, point(divisor - 1)), divisor);
}

EmittedInterval EmittedArith::truncDivide(const EmittedInterval &a,
                                          int64_t divisor) {
  if (a.range.low >= 0)
    return floorDivide(a, divisor);
  const auto divided = [&](Value end) {
    return make<arith::DivSIOp>(end, constant(divisor));
  };
  return combine(
      a, a, truncDiv(a.range, divisor), divideSpan(a.span, divisor),
      [&] { return divided(a.low); }, [&] { return divided(a.high); });
}

/// The rest runs from 0 to divisor - 1, unless no multiple lies in between.
EmittedInterval EmittedArith::floorModulo(const EmittedInterval &a,
                                          int64_t divisor) {
  const EmittedInterval whole = floorDivide(a, divisor);
  if (!whole.isKnown())
    return {};
  const auto rest = [&](Value end, Value quotient) {
    Value product = make<arith::MulIOp>(quotient, constant(divisor));
    return make<arith::SubIOp>(end, product);
  };
  const Interval range = floorMod(a.range, divisor);
  const int64_t span = std::min(a.span, divisor - 1);
  if (a.isPoint()) {
    Value single = rest(a.low, whole.low);
    return {single, single, a.valid, range, 0};
  }
  if (whole.isPoint())
    return {rest(a.low, whole.low),
            rest(a.high, whole.low),
            a.valid,
            range,
            span,
            a.grid};
  Value same =
      make<arith::CmpIOp>(arith::CmpIPredicate::eq, whole.low, whole.high);
  Value low = make<arith::SelectOp>(same, rest(a.low, whole.low), constant(0));
  Value high = make<arith::SelectOp>(same, rest(a.high, whole.high),
                                     constant(divisor - 1));
  // Across a multiple the span is that of all rests.
  return {low, high, a.valid, range,
          a.span == 0 ? 0 : std::max(span, divisor - 1)};
}

EmittedInterval EmittedArith::truncModulo(const EmittedInterval &a,
                                          int64_t divisor) {
  if (!a.isKnown() || a.range.low >= 0)
    return floorModulo(a, divisor);
  const Interval range = truncMod(a.range, divisor);
  if (a.isPoint()) {
    Value single = make<arith::RemSIOp>(a.low, constant(divisor));
    return {single, single, a.valid, range, 0};
  }
  // Of either sign: what any number of the interval may leave.
  Value least = make<arith::MaxSIOp>(a.low, constant(1 - divisor));
  Value most = make<arith::MinSIOp>(a.high, constant(divisor - 1));
  EmittedInterval mixed{make<arith::MinSIOp>(least, constant(0)),
                        make<arith::MaxSIOp>(most, constant(0)), a.valid, range,
                        EmittedInterval::anySpan};
  // From 0 on it is the other remainder.
  const EmittedInterval positive = floorModulo(a, divisor);
  Value isPositive =
      make<arith::CmpIOp>(arith::CmpIPredicate::sge, a.low, constant(0));
  EmittedInterval result = select(certain(isPositive), positive, mixed);
  result.span = EmittedInterval::anySpan;
  return result;
}
