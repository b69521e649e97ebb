//===- Mutate.h - Good input turned bad -------------------------*- C++ -*-===//

#ifndef ATTN_TEST_BADINPUT_MUTATE_H
#define ATTN_TEST_BADINPUT_MUTATE_H

#include "attn/Support/Random.h"

#include <set>
#include <string>
#include <vector>

namespace attn::bad_input {

/// Cuts, bit flips, copies, deletions and huge numbers, anywhere in the file.
std::string mutateBytes(RandomSequence &random, std::string bytes,
                        const std::string &other);

/// Well-formed protobuf with fields that are gone, doubled, exchanged or hold
/// extreme numbers and other fields' names. What is not protobuf stays as it
/// is.
std::string mutateFields(RandomSequence &random, const std::string &bytes);

/// Integers of attributes, dimensions and small tensors that are replaced by
/// ones whose sums and products wrap.
std::string mutateSizes(RandomSequence &random, const std::string &bytes);
/// The integers of attributes, dimensions and small tensors; also what a 32-bit
/// field makes of them, and the bytes of so many elements.
std::set<int64_t> writtenIntegers(const std::string &bytes);

/// Tokens and lines that are gone, doubled, exchanged, or another's.
std::string mutateText(RandomSequence &random, const std::string &text,
                       const std::string &other);

} // namespace attn::bad_input

#endif // ATTN_TEST_BADINPUT_MUTATE_H
