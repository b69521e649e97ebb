//===- Testing.h - What the tests of tensors share --------------*- C++ -*-===//

#ifndef ATTN_TEST_SUPPORT_TESTING_H
#define ATTN_TEST_SUPPORT_TESTING_H

#include "../ResultTesting.h"

#include "attn/Support/Random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
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

/// Of one type and shape, with the same bits.
inline testing::AssertionResult identical(const Tensor &actual,
                                          const Tensor &expected) {
  if (actual.dtype() != expected.dtype() || actual.shape() != expected.shape())
    return testing::AssertionFailure() << "expected " << expected.typeString()
                                       << ", got " << actual.typeString();
  if (std::memcmp(actual.data(), expected.data(), actual.sizeInBytes()) != 0)
    return testing::AssertionFailure() << "the elements differ";
  return testing::AssertionSuccess();
}

} // namespace attn

#endif // ATTN_TEST_SUPPORT_TESTING_H
