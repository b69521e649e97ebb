//===- Running.h - Kernels from text, for the tests -------------*- C++ -*-===//

#ifndef ATTN_TEST_PTX_RUNNING_H
#define ATTN_TEST_PTX_RUNNING_H

#include "attn/PTX/Launch.h"
#include "attn/Support/DType.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace attn::ptx {

/// Bytes on the device.
struct Buffer {
  Buffer(Memory &memory, size_t size)
      : address(memory.allocate(size)), size(size),
        bytes(memory.translate(address, size)) {}

  template <class T> T *as() { return reinterpret_cast<T *>(bytes); }

  uint64_t address;
  size_t size;
  uint8_t *bytes;
};

/// Arguments laid out behind each other, each at its own alignment.
class Arguments {
public:
  template <class T> Arguments &add(const T &value) {
    bytes.resize((bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T));
    const auto *from = reinterpret_cast<const uint8_t *>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
    return *this;
  }
  std::vector<uint8_t> bytes;
};

/// Small integers divided by 8: sums of products are exact in every format.
inline std::vector<double> drawNumbers(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> numbers(count);
  for (double &number : numbers)
    number = int(random() % 33) / 8.0 - 2;
  return numbers;
}

/// "{%f0, %f1, …}"
inline std::string registerList(const std::string &name, unsigned count) {
  std::string text = "{";
  for (unsigned number = 0; number < count; ++number)
    text += (number ? ", %" : "%") + name + std::to_string(number);
  return text + "}";
}

inline std::string replaceAll(std::string text, const std::string &from,
                              const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos;
       at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

} // namespace attn::ptx

#endif // ATTN_TEST_PTX_RUNNING_H
