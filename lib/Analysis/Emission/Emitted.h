//===- Emitted.h - Intervals and truths as SSA values -----------*- C++ -*-===//
#ifndef ATTN_LIB_ANALYSIS_EMISSION_EMITTED_H
#define ATTN_LIB_ANALYSIS_EMISSION_EMITTED_H

#include "attn/Analysis/Emission/TileClassEmitter.h"
#include "attn/Analysis/Interval.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::attn {

/// All integers that a value takes in a tile, as index values. Null values:
/// nothing is known.
struct EmittedNumber {
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

  EmittedNumber point(Value value, Interval range);
  EmittedNumber point(int64_t value);
  /// Nothing is known where `low` or `high` leave `range`.
  EmittedNumber within(EmittedNumber number, Interval range);

  EmittedNumber add(const EmittedNumber &a, const EmittedNumber &b);
  EmittedNumber subtract(const EmittedNumber &a, const EmittedNumber &b);
  EmittedNumber multiply(EmittedNumber a, EmittedNumber b);
  EmittedNumber min(const EmittedNumber &a, const EmittedNumber &b);
  EmittedNumber max(const EmittedNumber &a, const EmittedNumber &b);
  EmittedNumber select(TileTruth condition, const EmittedNumber &ifTrue,
                       const EmittedNumber &ifFalse);
  /// By a positive constant.
  EmittedNumber floorDivide(const EmittedNumber &a, int64_t divisor);
  EmittedNumber ceilDivide(const EmittedNumber &a, int64_t divisor);
  EmittedNumber truncDivide(const EmittedNumber &a, int64_t divisor);
  EmittedNumber floorModulo(const EmittedNumber &a, int64_t divisor);
  EmittedNumber truncModulo(const EmittedNumber &a, int64_t divisor);

  TileTruth unknown() { return {truth(true), truth(false)}; }
  TileTruth certain(Value value) { return {value, value}; }
  TileTruth negate(TileTruth a);
  TileTruth both(TileTruth a, TileTruth b);
  TileTruth either(TileTruth a, TileTruth b);
  TileTruth differ(TileTruth a, TileTruth b);
  TileTruth select(TileTruth condition, TileTruth ifTrue, TileTruth ifFalse);
  /// `a` where `valid` (null: always), else unknown.
  TileTruth where(Value valid, TileTruth a);

  TileTruth lessEqual(const EmittedNumber &a, const EmittedNumber &b);
  TileTruth less(const EmittedNumber &a, const EmittedNumber &b);
  TileTruth equal(const EmittedNumber &a, const EmittedNumber &b);
  TileTruth compare(arith::CmpIPredicate predicate, EmittedNumber a,
                    EmittedNumber b);

  void countReads(unsigned reads) { count += 4 * reads; }

  /// Of conditions that may be null, for true.
  Value conjunction(Value a, Value b);

private:
  /// With the validity of both, or nothing where `range` overflows.
  EmittedNumber combine(const EmittedNumber &a, const EmittedNumber &b,
                        Interval range, int64_t span, function_ref<Value()> low,
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
