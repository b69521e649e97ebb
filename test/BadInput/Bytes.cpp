//===- Bytes.cpp - Mutations that know nothing of the format --------------===//

#include "Mutate.h"

#include <algorithm>

namespace attn::bad_input {

namespace {

struct Range {
  size_t begin, size;
};

Range drawRange(RandomSequence &random, const std::string &bytes,
                int64_t longest) {
  const size_t begin = random.integer(0, int64_t(bytes.size()) - 1);
  const size_t size = random.integer(1, longest);
  return {begin, std::min(size, bytes.size() - begin)};
}

void mutateOnce(RandomSequence &random, std::string &bytes,
                const std::string &other) {
  if (bytes.empty())
    return;
  const Range range = drawRange(random, bytes, 64);
  switch (random.integer(0, 6)) {
  case 0:
    bytes.resize(range.begin);
    return;
  case 1:
  case 2:
    for (int64_t n = random.integer(1, 8); n > 0; --n)
      bytes[random.integer(0, int64_t(bytes.size()) - 1)] ^=
          char(1 << random.integer(0, 7));
    return;
  case 3:
    bytes.insert(random.integer(0, int64_t(bytes.size())),
                 bytes.substr(range.begin, range.size));
    return;
  case 4:
    bytes.erase(range.begin, range.size);
    return;
  case 5: // a varint of 64 bits, or an 11-byte one that is too long
    bytes.insert(range.begin,
                 std::string(random.integer(4, 10), '\xff') + '\x01');
    return;
  default:
    if (!other.empty()) {
      const Range from = drawRange(random, other, 512);
      bytes.replace(range.begin, range.size, other, from.begin, from.size);
    }
  }
}

} // namespace

std::string mutateBytes(RandomSequence &random, std::string bytes,
                        const std::string &other) {
  for (int64_t n = random.integer(1, 3); n > 0; --n)
    mutateOnce(random, bytes, other);
  return bytes;
}

} // namespace attn::bad_input
