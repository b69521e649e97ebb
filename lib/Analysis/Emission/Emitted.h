//===- Emitted.h - Intervals and logic as SSA values -----------*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_EMITTED_H
#define ATTN_LIB_ANALYSIS_EMISSION_EMITTED_H

#include "attn/Analysis/Emission/TileClassEmitter.h"
#include "attn/Analysis/Interval.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::attn {

/// All integers that a value takes in a tile, as index values. Null values:
/// nothing is known.
struct EmittedInterval {
  static constexpr int64_t anySpan = std::numeric_limits<int64_t>::max();

  Value low, high; // one Value: a single integer, a point
  Value valid;     // i1, where this is false nothing is known; null: true
  Interval range;  // of `low` and `high` where valid, at compile time
  int64_t span = anySpan; // high - low is at most this
  int64_t grid = 0;       // not 0: low is a multiple, and high < low + grid

  bool isKnown() const { return low != nullptr; }
  bool isPoint() const { return low == high; }
};

/// Data and lengths of a magnitude beyond this are "not known", so that sums of
/// a few of them stay within 64 bits.
constexpr int64_t largestKnown = int64_t(1) << 48;
constexpr Interval knownRange{-largestKnown, largestKnown};

/// Writes arithmetic on intervals. Counts the ops that it creates.
class EmittedArith {
public:
  EmittedArith(OpBuilder &builder, Location loc, int64_t &count)
      : builder(builder), loc(loc), count(count) {}

  template <typename OpTy, typename... Args> Value make(Args &&...args) {
    ++count;
    return builder.createOrFold<OpTy>(loc, std::forward<Args>(args)...);
  }
  Value constant(int64_t value);
  Value truth(bool value);

  EmittedInterval point(Value value, Interval range);
  EmittedInterval point(int64_t value);
  /// Nothing is known where `low` or `high` leave `range`.
  EmittedInterval within(EmittedInterval number, Interval range);

  EmittedInterval add(const EmittedInterval &a, const EmittedInterval &b);
  EmittedInterval subtract(const EmittedInterval &a, const EmittedInterval &b);
  EmittedInterval multiply(EmittedInterval a, EmittedInterval b);
  EmittedInterval min(const EmittedInterval &a, const EmittedInterval &b);
  EmittedInterval max(const EmittedInterval &a, const EmittedInterval &b);
  EmittedInterval select(TileLogic condition, const EmittedInterval &ifTrue,
                         const EmittedInterval &ifFalse);
  /// By a positive constant.
  EmittedInterval floorDivide(const EmittedInterval &a, int64_t divisor);
  EmittedInterval ceilDivide(const EmittedInterval &a, int64_t divisor);
  EmittedInterval truncDivide(const EmittedInterval &a, int64_t divisor);
  EmittedInterval floorModulo(const EmittedInterval &a, int64_t divisor);
  EmittedInterval truncModulo(const EmittedInterval &a, int64_t divisor);

  TileLogic unknown() { return {truth(true), truth(false)}; }
  TileLogic certain(Value value) { return {value, value}; }
  TileLogic negate(TileLogic a);
  TileLogic both(TileLogic a, TileLogic b);
  TileLogic either(TileLogic a, TileLogic b);
  TileLogic differ(TileLogic a, TileLogic b);
  TileLogic select(TileLogic condition, TileLogic ifTrue, TileLogic ifFalse);
  /// `a` where `valid` (null: always), else unknown.
  TileLogic where(Value valid, TileLogic a);

  TileLogic lessEqual(const EmittedInterval &a, const EmittedInterval &b);
  TileLogic less(const EmittedInterval &a, const EmittedInterval &b);
  TileLogic equal(const EmittedInterval &a, const EmittedInterval &b);
  TileLogic compare(arith::CmpIPredicate predicate, EmittedInterval a,
                    EmittedInterval b);

  void countReads(unsigned reads) { count += 4 * reads; }

  /// Of conditions that may be null, for true.
  Value conjunction(Value a, Value b);

private:
  /// With the validity of both, or nothing where `range` overflows.
  EmittedInterval combine(const EmittedInterval &a, const EmittedInterval &b,
                          Interval range, int64_t span,
                          function_ref<Value()> low,
                          function_ref<Value()> high);
  /// `predicate` (sle, slt) of one end of a and one of b.
  Value compareEnds(arith::CmpIPredicate predicate, Value a, Interval rangeA,
                    Value b, Interval rangeB);
  Value quotient(Value a, int64_t divisor, Interval range);

  OpBuilder &builder;
  Location loc;
  int64_t &count;
};

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_EMISSION_EMITTED_H
