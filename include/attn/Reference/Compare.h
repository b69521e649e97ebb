//===- Compare.h - Whether two tensors agree --------------------*- C++ -*-===//

#ifndef ATTN_REFERENCE_COMPARE_H
#define ATTN_REFERENCE_COMPARE_H

#include "attn/Reference/Tolerances.h"
#include "attn/Support/Tensor.h"

#include <string>

namespace attn {

/// What a comparison found. Errors are over pairs of finite values.
struct Comparison {
  /// Types and shapes are equal and no element differs.
  bool agree = false;
  /// `expected type X, got Y`, when there was nothing to compare by element.
  std::string mismatch;
  int64_t elements = 0;
  int64_t differing = 0;
  double maxAbsolute = 0;
  /// |actual - expected| / |expected| over expected values that are not 0.
  double maxRelative = 0;
  /// The first difference in row-major order.
  Shape firstIndex;
  double firstActual = 0;
  double firstExpected = 0;

  /// One line for people.
  std::string summary() const;
};

/// As numpy.isclose, unsymmetric in the same way: NaN equals NaN, an infinity
/// equals the infinity of its sign, integers (and i1) are compared exactly as
/// integers when both tensors have them.
Comparison compare(const Tensor &actual, const Tensor &expected,
                   Tolerance tolerance);
/// With the default tolerance of the expected tensor's type.
Comparison compare(const Tensor &actual, const Tensor &expected);

/// The rule for one pair of values.
bool isClose(double actual, double expected, Tolerance tolerance);

} // namespace attn

#endif // ATTN_REFERENCE_COMPARE_H
