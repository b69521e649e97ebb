//===- ResultTesting.h - Results in unit tests ------------------*- C++ -*-===//

#ifndef ATTN_TEST_RESULTTESTING_H
#define ATTN_TEST_RESULTTESTING_H

#include "attn/Support/Result.h"

#include <gtest/gtest.h>

#include <string>

namespace attn {

/// That a Result holds a value; shows the message otherwise.
template <typename T> testing::AssertionResult holds(const Result<T> &result) {
  if (result)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << result.message();
}

/// That a Result is an error whose message contains `text`.
template <typename T>
testing::AssertionResult failsWith(const Result<T> &result,
                                   const std::string &text) {
  if (!result && result.message().find(text) != std::string::npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "expected an error with '" << text
                                     << "', got '" << result.message() << "'";
}

} // namespace attn

#endif // ATTN_TEST_RESULTTESTING_H
