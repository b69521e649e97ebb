//===- Compare.cpp - Whether two tensors agree ----------------------------===//

#include "attn/Reference/Compare.h"

#include <algorithm>
#include <cmath>

namespace attn {

bool isClose(double actual, double expected, Tolerance tolerance) {
  if (std::isnan(actual) || std::isnan(expected))
    return std::isnan(actual) && std::isnan(expected);
  if (std::isinf(actual) || std::isinf(expected))
    return actual == expected;
  return std::fabs(actual - expected) <=
         tolerance.absolute + tolerance.relative * std::fabs(expected);
}

static void noteErrors(Comparison &result, double actual, double expected) {
  if (!std::isfinite(actual) || !std::isfinite(expected))
    return;
  const double error = std::fabs(actual - expected);
  result.maxAbsolute = std::max(result.maxAbsolute, error);
  if (expected != 0)
    result.maxRelative =
        std::max(result.maxRelative, error / std::fabs(expected));
}

Comparison compare(const Tensor &actual, const Tensor &expected,
                   Tolerance tolerance) {
  Comparison result;
  if (actual.dtype() != expected.dtype() ||
      actual.shape() != expected.shape()) {
    result.mismatch = "expected type " + expected.typeString() + ", got " +
                      actual.typeString();
    return result;
  }
  const bool exact = isInteger(expected.dtype());
  result.elements = expected.size();
  for (int64_t n = 0; n < expected.size(); ++n) {
    const double a = actual.get(n), e = expected.get(n);
    noteErrors(result, a, e);
    if (exact ? actual.getInt(n) == expected.getInt(n)
              : isClose(a, e, tolerance))
      continue;
    if (result.differing++ == 0) {
      result.firstIndex = expected.indexOf(n);
      result.firstActual = a;
      result.firstExpected = e;
    }
  }
  result.agree = result.differing == 0;
  return result;
}

Comparison compare(const Tensor &actual, const Tensor &expected) {
  return compare(actual, expected, defaultTolerance(expected.dtype()));
}

std::string Comparison::summary() const {
  std::ostringstream text;
  if (!mismatch.empty())
    return mismatch;
  text.precision(9);
  if (agree)
    text << "agree: " << elements << " elements";
  else {
    text << "differ: " << differing << " of " << elements
         << " elements, first at [";
    for (size_t axis = 0; axis < firstIndex.size(); ++axis)
      text << (axis ? ", " : "") << firstIndex[axis];
    text << "]: expected " << firstExpected << ", got " << firstActual;
  }
  text.precision(3);
  text << "; largest error " << maxAbsolute << " absolute, " << maxRelative
       << " relative";
  return text.str();
}

} // namespace attn
