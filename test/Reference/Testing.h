//===- Testing.h - What the oracle's tests share ----------------*- C++ -*-===//

#ifndef ATTN_TEST_REFERENCE_TESTING_H
#define ATTN_TEST_REFERENCE_TESTING_H

#include "../ResultTesting.h"

#include "attn/Reference/Compare.h"
#include "attn/Support/Random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace attn {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

inline Tensor randomTensor(DType type, Shape shape, uint64_t seed) {
  Tensor tensor(type, std::move(shape));
  fillRandom(tensor, seed);
  return tensor;
}

inline testing::AssertionResult
close(const Tensor &actual, const Tensor &expected, double absolute = 1e-12) {
  const Comparison comparison = compare(actual, expected, {1e-11, absolute});
  if (comparison.agree)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << comparison.summary();
}

} // namespace attn

#endif // ATTN_TEST_REFERENCE_TESTING_H
