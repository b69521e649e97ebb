//===- Caller.h - A C program that calls two artifacts ----------*- C++ -*-===//

#ifndef ATTN_TEST_TWOARTIFACTS_CALLER_H
#define ATTN_TEST_TWOARTIFACTS_CALLER_H

#include "attn/Support/Result.h"
#include "attn/Support/Tensor.h"

#include <optional>

namespace attn::two_artifacts {

/// A call of a function of C, and the types of what comes back.
struct Call {
  std::string symbol, shapesSymbol;
  const std::vector<Tensor> *inputs;
  std::vector<DType> types;
  std::vector<int64_t> ranks;
};

/// What a call gave: nothing where it gave an error code.
using Outcome = std::optional<std::vector<Tensor>>;

/// A program that includes `headers` and makes `calls` in order, each behind
/// one with a tensor too many, which must be refused. It is given two files:
/// the inputs' bytes, and where the outcomes go.
std::string writeCaller(const std::vector<std::string> &headers,
                        const std::vector<Call> &calls);
/// All inputs, as the program reads them.
std::string writeInputs(const std::vector<Call> &calls);
/// What the program wrote.
Result<std::vector<Outcome>> readOutcomes(const std::string &bytes,
                                          const std::vector<Call> &calls);

} // namespace attn::two_artifacts

#endif // ATTN_TEST_TWOARTIFACTS_CALLER_H
