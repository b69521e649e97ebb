//===- Buffers.cpp - Global memory and arguments from text ----------------===//

#include "Buffers.h"

#include "Options.h"

#include <cstdio>
#include <cstring>

namespace attn::ptxrun {

static DType parseType(const std::string &text) {
  if (auto type = parseDType(text))
    return *type;
  throw std::runtime_error("expected a type such as f32, got '" + text + "'");
}

/// Large integers and hexadecimal ones keep their bits.
static void encodeText(DType type, const std::string &text, uint8_t *to) {
  char *end = nullptr;
  if (isInteger(type) && type != DType::i1) {
    int64_t value = text[0] == '-'
                        ? std::strtoll(text.c_str(), &end, 0)
                        : int64_t(std::strtoull(text.c_str(), &end, 0));
    if (text.empty() || *end)
      throw std::runtime_error("expected an integer, got '" + text + "'");
    std::memcpy(to, &value, byteSize(type));
    return;
  }
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end)
    throw std::runtime_error("expected a number, got '" + text + "'");
  encode(type, value, to);
}

void Buffers::add(const std::string &text) {
  size_t colon = text.find(':'), open = text.find('['), close = text.find(']');
  if (colon == std::string::npos || open == std::string::npos ||
      close == std::string::npos || colon > open || open > close)
    throw std::runtime_error("expected NAME:TYPE[COUNT], got '" + text + "'");
  Buffer buffer;
  buffer.type = parseType(text.substr(colon + 1, open - colon - 1));
  buffer.count =
      parseInteger(text.substr(open + 1, close - open - 1), uint64_t(1) << 32);
  size_t size = byteSize(buffer.type);
  buffer.address = memory.allocate(buffer.count * size);
  if (!buffer.address)
    throw std::runtime_error("expected from 1 byte to the size of the memory, "
                             "got '" +
                             text + "'");
  buffer.bytes = memory.translate(buffer.address, buffer.count * size);
  std::string rest = text.substr(close + 1);
  if (rest.compare(0, 5, "=iota") == 0) {
    uint64_t period = rest.size() > 6 && rest[5] == '%'
                          ? parseInteger(rest.substr(6))
                          : buffer.count;
    for (uint64_t n = 0; n < buffer.count; ++n)
      encode(buffer.type, period ? n % period : n, buffer.bytes + n * size);
  } else if (!rest.empty()) {
    std::vector<std::string> values = split(rest.substr(1), ',');
    for (uint64_t n = 0; n < buffer.count; ++n)
      encodeText(buffer.type, values[std::min<size_t>(n, values.size() - 1)],
                 buffer.bytes + n * size);
  }
  buffers[text.substr(0, colon)] = buffer;
}

const Buffers::Buffer &Buffers::find(const std::string &name) const {
  auto found = buffers.find(name);
  if (found == buffers.end())
    throw std::runtime_error("expected a buffer, got '" + name + "'");
  return found->second;
}

void Buffers::addMap(const std::string &text) {
  size_t colon = text.find(':');
  std::vector<std::string> parts = split(text.substr(colon + 1), ',');
  const Buffer &buffer = find(parts[0]);
  ptx::TensorMap map;
  map.address = buffer.address;
  map.elementBytes = byteSize(buffer.type);
  std::vector<std::string> sizes, box;
  uint64_t pitch = 0;
  for (size_t number = 1; number < parts.size(); ++number) {
    size_t equals = parts[number].find('=');
    std::string name = parts[number].substr(0, equals),
                value = parts[number].substr(equals + 1);
    if (name == "size")
      sizes = split(value, 'x');
    else if (name == "box")
      box = split(value, 'x');
    else if (name == "pitch")
      pitch = parseInteger(value);
    else if (name == "swizzle")
      map.swizzle = parseInteger(value, 128);
    else
      throw std::runtime_error("expected size, box, pitch or swizzle, got '" +
                               name + "'");
  }
  if (sizes.empty() || sizes.size() > 5 || sizes.size() != box.size())
    throw std::runtime_error("expected a size and a box of 1 to 5 dimensions");
  map.rank = sizes.size();
  uint64_t stride = map.elementBytes;
  for (unsigned n = 0; n < map.rank; ++n) {
    map.sizes[n] = parseInteger(sizes[n], uint64_t(1) << 32) - 1;
    map.box[n] = parseInteger(box[n], 256);
    map.elementStrides[n] = 1;
    if (n)
      map.strides[n - 1] = stride;
    stride = n == 0 && pitch ? pitch : stride * map.size(n);
  }
  if (!map.isValid())
    throw std::runtime_error("expected a map that TMA takes, got '" + text +
                             "'");
  maps[text.substr(0, colon)] = map;
}

std::vector<uint8_t> Buffers::argument(const std::string &text) const {
  if (auto map = maps.find(text); map != maps.end()) {
    std::vector<uint8_t> bytes(128);
    std::memcpy(bytes.data(), &map->second, sizeof(ptx::TensorMap));
    return bytes;
  }
  size_t colon = text.find(':');
  if (colon == std::string::npos) {
    std::vector<uint8_t> bytes(8);
    uint64_t address = find(text).address;
    std::memcpy(bytes.data(), &address, sizeof address);
    return bytes;
  }
  DType type = parseType(text.substr(0, colon));
  std::vector<uint8_t> bytes(byteSize(type));
  encodeText(type, text.substr(colon + 1), bytes.data());
  return bytes;
}

void Buffers::print(const std::string &name) const {
  const Buffer &buffer = find(name);
  std::printf("%s:", name.c_str());
  for (uint64_t n = 0; n < buffer.count; ++n) {
    const uint8_t *element = buffer.bytes + n * byteSize(buffer.type);
    if (isFloat(buffer.type)) {
      double value = decode(buffer.type, element);
      value == value ? std::printf(" %.9g", value) : std::printf(" nan");
      continue;
    }
    uint64_t value = 0;
    std::memcpy(&value, element, byteSize(buffer.type));
    bool isSigned = dtypeName(buffer.type)[0] == 'i';
    unsigned unused = 64 - 8 * byteSize(buffer.type);
    if (isSigned)
      std::printf(" %lld", (long long)(value << unused) >> unused);
    else
      std::printf(" %llu", (unsigned long long)value);
  }
  std::printf("\n");
}

} // namespace attn::ptxrun
