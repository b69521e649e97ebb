//===- Interval.h - Closed intervals of 64-bit integers ---------*- C++ -*-===//
#ifndef ATTN_ANALYSIS_INTERVAL_H
#define ATTN_ANALYSIS_INTERVAL_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Types.h"

#include <cstdint>
#include <limits>

namespace mlir::attn {

/// All integers from `low` to `high`; never empty. An operation whose result
/// may leave 64 bits gives every integer, so that wrapping is covered. Truth
/// values are 0 and 1.
struct Interval {
  int64_t low = std::numeric_limits<int64_t>::min();
  int64_t high = std::numeric_limits<int64_t>::max();

  static Interval all() { return {}; }
  static Interval point(int64_t value) { return {value, value}; }
  static Interval boolean() { return {0, 1}; }

  bool isPoint() const { return low == high; }
  bool isAll() const;
  bool contains(int64_t value) const { return low <= value && value <= high; }
  bool operator==(const Interval &other) const {
    return low == other.low && high == other.high;
  }
};

Interval operator+(Interval a, Interval b);
Interval operator-(Interval a, Interval b);
Interval operator*(Interval a, Interval b);
Interval min(Interval a, Interval b);
Interval max(Interval a, Interval b);
/// The smallest interval that contains both.
Interval join(Interval a, Interval b);
/// Division by a positive number, rounded down, up, or towards 0.
Interval floorDiv(Interval a, int64_t divisor);
Interval ceilDiv(Interval a, int64_t divisor);
Interval truncDiv(Interval a, int64_t divisor);
/// a - divisor * floorDiv(a, divisor), a - divisor * truncDiv(a, divisor).
Interval floorMod(Interval a, int64_t divisor);
Interval truncMod(Interval a, int64_t divisor);

/// The integers of a type, signed; i1 is 0 or 1.
Interval getIntegersOf(Type type);

/// Comparisons: 1 where all pairs satisfy it, 0 where none does, else both.
Interval less(Interval a, Interval b);
Interval lessEqual(Interval a, Interval b);
Interval equal(Interval a, Interval b);
/// Of truth values.
Interval logicalNot(Interval a);
Interval logicalAnd(Interval a, Interval b);
Interval logicalOr(Interval a, Interval b);

/// The values of `expr` for dimensions and symbols in these intervals (a
/// superset: each occurrence of a dimension counts as another one).
Interval evaluate(AffineExpr expr, ArrayRef<Interval> dims,
                  ArrayRef<Interval> symbols);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_INTERVAL_H
