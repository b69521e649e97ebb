//===- EmittedLogic.cpp - Three-valued logic as two bits -----------------===//
#include "Emitted.h"

using namespace mlir;
using namespace mlir::attn;

TileLogic EmittedArith::negate(TileLogic a) {
  const auto negated = [&](Value bit) {
    return make<arith::XOrIOp>(bit, truth(true));
  };
  Value any = negated(a.all);
  return {any, a.any == a.all ? any : negated(a.any)};
}

TileLogic EmittedArith::both(TileLogic a, TileLogic b) {
  Value any = make<arith::AndIOp>(a.any, b.any);
  const bool certain = a.any == a.all && b.any == b.all;
  return {any, certain ? any : make<arith::AndIOp>(a.all, b.all)};
}

TileLogic EmittedArith::either(TileLogic a, TileLogic b) {
  Value any = make<arith::OrIOp>(a.any, b.any);
  const bool certain = a.any == a.all && b.any == b.all;
  return {any, certain ? any : make<arith::OrIOp>(a.all, b.all)};
}

TileLogic EmittedArith::differ(TileLogic a, TileLogic b) {
  return either(both(a, negate(b)), both(negate(a), b));
}

TileLogic EmittedArith::select(TileLogic condition, TileLogic ifTrue,
                               TileLogic ifFalse) {
  return either(both(condition, ifTrue), both(negate(condition), ifFalse));
}

TileLogic EmittedArith::where(Value valid, TileLogic a) {
  if (!valid)
    return a;
  Value invalid = make<arith::XOrIOp>(valid, truth(true));
  return {make<arith::OrIOp>(a.any, invalid),
          make<arith::AndIOp>(a.all, valid)};
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

Value EmittedArith::compareEnds(arith::CmpIPredicate predicate, Value a,
                                Interval rangeA, Value b, Interval rangeB) {
  const Interval known = predicate == arith::CmpIPredicate::slt
                             ? attn::less(rangeA, rangeB)
                             : attn::lessEqual(rangeA, rangeB);
  return known.isPoint() ? truth(known.low)
                         : make<arith::CmpIOp>(predicate, a, b);
}

TileLogic EmittedArith::lessEqual(const EmittedInterval &a,
                                  const EmittedInterval &b) {
  if (!a.isKnown() || !b.isKnown())
    return unknown();
  const auto compared = [&](Value x, Value y) {
    return compareEnds(arith::CmpIPredicate::sle, x, a.range, y, b.range);
  };
  Value all = compared(a.high, b.low);
  Value any = a.isPoint() && b.isPoint() ? all : compared(a.low, b.high);
  return where(conjunction(a.valid, b.valid), {any, all});
}

TileLogic EmittedArith::less(const EmittedInterval &a,
                             const EmittedInterval &b) {
  return negate(lessEqual(b, a));
}

TileLogic EmittedArith::equal(const EmittedInterval &a,
                              const EmittedInterval &b) {
  if (!a.isKnown() || !b.isKnown())
    return unknown();
  Value valid = conjunction(a.valid, b.valid);
  const auto same = [&](Value x, Value y) {
    return make<arith::CmpIOp>(arith::CmpIPredicate::eq, x, y);
  };
  if (a.isPoint() && b.isPoint())
    return where(valid, certain(same(a.low, b.low)));
  const auto atMost = [&](Value x, Interval rangeX, Value y, Interval rangeY) {
    return compareEnds(arith::CmpIPredicate::sle, x, rangeX, y, rangeY);
  };
  Value any = make<arith::AndIOp>(atMost(a.low, a.range, b.high, b.range),
                                  atMost(b.low, b.range, a.high, a.range));
  // One number on both sides: each low end is the other's high end.
  Value all = make<arith::AndIOp>(same(a.low, b.high), same(a.high, b.low));
  return where(valid, {any, all});
}

TileLogic EmittedArith::compare(arith::CmpIPredicate predicate,
                                EmittedInterval a, EmittedInterval b) {
  using P = arith::CmpIPredicate;
  const auto asUnsigned = [&] {
    const Interval positive{0, std::numeric_limits<int64_t>::max()};
    a = within(a, positive);
    b = within(b, positive);
  };
  switch (predicate) {
  case P::eq:
    return equal(a, b);
  case P::ne:
    return negate(equal(a, b));
  case P::ult:
    asUnsigned();
    [[fallthrough]];
  case P::slt:
    return less(a, b);
  case P::ule:
    asUnsigned();
    [[fallthrough]];
  case P::sle:
    return lessEqual(a, b);
  case P::ugt:
    asUnsigned();
    [[fallthrough]];
  case P::sgt:
    return less(b, a);
  case P::uge:
    asUnsigned();
    [[fallthrough]];
  case P::sge:
    return lessEqual(b, a);
  }
  llvm_unreachable("all predicates are handled");
}
