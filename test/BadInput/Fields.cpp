//===- Fields.cpp - Mutations that keep a file protobuf -------------------===//
//===----------------------------------------------------------------------===//
//
// Reads protobuf's wire format without a schema: a field of bytes that parses
// as a message to its last byte is taken for one.
//
//===----------------------------------------------------------------------===//

#include "Mutate.h"

#include "llvm/Support/CheckedArithmetic.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace attn::bad_input {

namespace {

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Field {
  uint64_t number = 0;
  unsigned wireType = Varint;
  uint64_t varint = 0;
  std::string bytes; // Fixed32, Fixed64, and Bytes that are no message
  bool isMessage = false;
  std::vector<Field> children;
};

class Reader {
public:
  explicit Reader(const std::string &bytes) : bytes(bytes) {}

  /// All fields up to the end, or nothing when there is anything else.
  std::optional<std::vector<Field>> readMessage(int depth) {
    std::vector<Field> fields;
    while (at < bytes.size()) {
      std::optional<Field> field = readField(depth);
      if (!field)
        return std::nullopt;
      fields.push_back(std::move(*field));
    }
    return fields;
  }

private:
  std::optional<uint64_t> readVarint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
      const uint8_t byte = bytes[at++];
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
    return std::nullopt;
  }

  std::optional<std::string> take(uint64_t size) {
    if (size > bytes.size() - at)
      return std::nullopt;
    std::string result = bytes.substr(at, size);
    at += size;
    return result;
  }

  std::optional<Field> readField(int depth) {
    const std::optional<uint64_t> tag = readVarint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > 100000)
      return std::nullopt;
    Field field;
    field.number = *tag >> 3;
    field.wireType = *tag & 7;
    std::optional<std::string> content;
    switch (field.wireType) {
    case Varint:
      if (const auto value = readVarint()) {
        field.varint = *value;
        return field;
      }
      return std::nullopt;
    case Fixed64:
    case Fixed32:
      content = take(field.wireType == Fixed64 ? 8 : 4);
      break;
    case Bytes:
      if (const auto size = readVarint())
        content = take(*size);
      break;
    default:
      return std::nullopt;
    }
    if (!content)
      return std::nullopt;
    field.bytes = std::move(*content);
    if (field.wireType == Bytes && depth > 0 && field.bytes.size() > 1)
      if (auto children = Reader(field.bytes).readMessage(depth - 1)) {
        field.isMessage = true;
        field.children = std::move(*children);
      }
    return field;
  }

  const std::string &bytes;
  size_t at = 0;
};

void writeVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out += char(value | 0x80);
  out += char(value);
}

std::string write(const std::vector<Field> &fields) {
  std::string out;
  for (const Field &field : fields) {
    writeVarint(out, field.number << 3 | field.wireType);
    const std::string content =
        field.isMessage ? write(field.children) : field.bytes;
    if (field.wireType == Varint)
      writeVarint(out, field.varint);
    else if (field.wireType == Bytes)
      writeVarint(out, content.size());
    out += content;
  }
  return out;
}

using Place = std::pair<std::vector<Field> *, size_t>;

/// Every field of every message; those of large tables once only.
void collect(std::vector<Field> &fields, std::vector<Place> &places) {
  for (size_t n = 0; n < fields.size(); ++n) {
    places.emplace_back(&fields, n);
    if (fields[n].isMessage)
      collect(fields[n].children, places);
  }
}

uint64_t extremeNumber(RandomSequence &random) {
  static constexpr int64_t numbers[] = {0,
                                        1,
                                        -1,
                                        2,
                                        3,
                                        7,
                                        13,
                                        16,
                                        64,
                                        127,
                                        1000,
                                        65536,
                                        -2,
                                        1 << 30,
                                        -5,
                                        std::numeric_limits<int32_t>::max(),
                                        1LL << 33,
                                        1LL << 62,
                                        std::numeric_limits<int64_t>::max(),
                                        std::numeric_limits<int64_t>::min()};
  return uint64_t(numbers[random.integer(0, int64_t(std::size(numbers)) - 1)]);
}

void mutateField(RandomSequence &random, Place place,
                 const std::vector<Place> &places) {
  std::vector<Field> &fields = *place.first;
  Field &field = fields[place.second];
  const Place otherPlace =
      places[random.integer(0, int64_t(places.size()) - 1)];
  const Field other = (*otherPlace.first)[otherPlace.second];
  switch (random.integer(0, 6)) {
  case 0:
    fields.erase(fields.begin() + place.second);
    return;
  case 1: {
    const Field copy = field;
    fields.insert(fields.begin() + place.second, copy);
    return;
  }
  case 2: { // another's content under this field's number
    const uint64_t number = field.number;
    field = other;
    field.number = number;
    return;
  }
  case 3: { // among its siblings
    std::swap(field, fields[random.integer(0, int64_t(fields.size()) - 1)]);
    return;
  }
  case 4:
    field.number = random.integer(1, 30);
    return;
  default:
    if (field.wireType == Varint)
      field.varint = extremeNumber(random);
    else if (!field.isMessage && !field.bytes.empty())
      field.bytes = mutateBytes(random, field.bytes, other.bytes);
    else
      fields.erase(fields.begin() + place.second);
  }
}

//===----------------------------------------------------------------------===//
// Extreme sizes
//===----------------------------------------------------------------------===//

/// Where sums and products of sizes wrap.
int64_t extremeSize(RandomSequence &random) {
  static constexpr int64_t sizes[] = {(1LL << 31) - 1,
                                      1LL << 31,
                                      1LL << 32,
                                      (1LL << 40) + 1,
                                      1LL << 62,
                                      (1LL << 62) + 1,
                                      std::numeric_limits<int64_t>::max(),
                                      std::numeric_limits<int64_t>::max() - 1,
                                      std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::min() + 1,
                                      -(1LL << 31),
                                      -(1LL << 62)};
  return sizes[random.integer(0, int64_t(std::size(sizes)) - 1)];
}

/// The numbers of a raw tensor of few 64-bit integers, which a list of sizes,
/// axes or pads is.
size_t countRawIntegers(const Field &field) {
  constexpr size_t width = sizeof(int64_t), longest = 16;
  const size_t size = field.bytes.size();
  const bool isRaw = field.wireType == Bytes && !field.isMessage;
  return isRaw && size % width == 0 && size <= longest * width ? size / width
                                                               : 0;
}

int64_t rawInteger(const Field &field, size_t n) {
  int64_t value;
  std::memcpy(&value, field.bytes.data() + n * sizeof value, sizeof value);
  return value;
}

bool holdsIntegers(const Place &place) {
  const Field &field = (*place.first)[place.second];
  return field.wireType == Varint || countRawIntegers(field) > 0;
}

void makeExtreme(RandomSequence &random, Field &field) {
  if (field.wireType == Varint) {
    field.varint = uint64_t(extremeSize(random));
    return;
  }
  const size_t count = countRawIntegers(field);
  // Pads and shapes wrap where several are large.
  for (int64_t n = random.integer(1, 2); n > 0; --n) {
    const int64_t value = extremeSize(random);
    std::memcpy(field.bytes.data() +
                    random.integer(0, int64_t(count) - 1) * sizeof value,
                &value, sizeof value);
  }
}

} // namespace

std::string mutateFields(RandomSequence &random, const std::string &bytes) {
  auto message = Reader(bytes).readMessage(12);
  if (!message || message->empty())
    return bytes;
  for (int64_t n = random.chance(0.6) ? 1 : random.integer(2, 4);
       n > 0 && !message->empty(); --n) {
    std::vector<Place> places;
    collect(*message, places);
    mutateField(random, places[random.integer(0, int64_t(places.size()) - 1)],
                places);
  }
  return write(*message);
}

std::string mutateSizes(RandomSequence &random, const std::string &bytes) {
  auto message = Reader(bytes).readMessage(12);
  if (!message)
    return bytes;
  std::vector<Place> places;
  collect(*message, places);
  places.erase(std::remove_if(places.begin(), places.end(),
                              [](const Place &p) { return !holdsIntegers(p); }),
               places.end());
  for (int64_t n = random.integer(1, 3); n > 0 && !places.empty(); --n) {
    const Place at = places[random.integer(0, int64_t(places.size()) - 1)];
    makeExtreme(random, (*at.first)[at.second]);
  }
  return write(*message);
}

std::set<int64_t> writtenIntegers(const std::string &bytes) {
  std::set<int64_t> written;
  auto add = [&](int64_t value) {
    written.insert({value, int32_t(value)});
    for (int64_t width : {4, 8})
      if (auto size = llvm::checkedMul(value, width))
        written.insert(*size);
  };
  auto message = Reader(bytes).readMessage(12);
  if (!message)
    return written;
  std::vector<Place> places;
  collect(*message, places);
  for (const auto &[fields, n] : places) {
    const Field &field = (*fields)[n];
    if (field.wireType == Varint)
      add(int64_t(field.varint));
    for (size_t i = 0; i < countRawIntegers(field); ++i)
      add(rawInteger(field, i));
  }
  return written;
}

} // namespace attn::bad_input
