//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//

#include "attn/Support/Npy.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace attn {

namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr size_t maxRank = 32;

struct Header {
  std::string descr;
  bool fortranOrder = false;
  Shape shape;
};

/// Reads the header's Python dictionary: three known keys with a string, a
/// boolean and a tuple of integers.
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : rest(text) {}

  Result<Header> parse() {
    Header header;
    bool seen[3] = {};
    if (!take('{'))
      return expected("'{'");
    while (!take('}')) {
      std::string key;
      if (!takeString(key) || !take(':'))
        return expected("a quoted key and ':'");
      if (key == "descr" && !seen[0])
        seen[0] = takeString(header.descr);
      else if (key == "fortran_order" && !seen[1])
        seen[1] = takeBool(header.fortranOrder);
      else if (key == "shape" && !seen[2])
        seen[2] = takeShape(header.shape);
      else
        return fail("expected one each of descr, fortran_order and shape in "
                    "the header, got the key '",
                    key, "'");
      if (!(key == "descr" ? seen[0] : key == "shape" ? seen[2] : seen[1]))
        return expected("a valid value of '" + key + "'");
      if (!take(',') && !peek('}'))
        return expected("',' or '}'");
    }
    if (!seen[0] || !seen[1] || !seen[2])
      return fail("expected descr, fortran_order and shape in the header, got "
                  "fewer keys");
    return header;
  }

private:
  Error expected(const std::string &what) {
    return fail("expected ", what, " in the header, got '", rest.substr(0, 12),
                "'");
  }
  void skipSpace() {
    const size_t first = rest.find_first_not_of(" \t\n\r");
    rest.remove_prefix(first == rest.npos ? rest.size() : first);
  }
  bool peek(char c) {
    skipSpace();
    return !rest.empty() && rest.front() == c;
  }
  bool take(char c) {
    if (!peek(c))
      return false;
    rest.remove_prefix(1);
    return true;
  }
  bool takeWord(std::string_view word) {
    skipSpace();
    if (rest.substr(0, word.size()) != word)
      return false;
    rest.remove_prefix(word.size());
    return true;
  }
  bool takeString(std::string &value) {
    const char quote = peek('"') ? '"' : '\'';
    if (!take(quote))
      return false;
    const size_t end = rest.find(quote);
    if (end == rest.npos)
      return false;
    value = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return true;
  }
  bool takeBool(bool &value) {
    value = takeWord("True");
    return value || takeWord("False");
  }
  bool takeInteger(int64_t &value) {
    skipSpace();
    size_t digits = 0;
    value = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9';
         ++digits)
      if (__builtin_mul_overflow(value, int64_t(10), &value) ||
          __builtin_add_overflow(value, int64_t(rest[digits] - '0'), &value))
        return false;
    rest.remove_prefix(digits);
    if (digits && !rest.empty() && rest.front() == 'L')
      rest.remove_prefix(1); // Python 2 wrote long integers so.
    return digits != 0;
  }
  bool takeShape(Shape &shape) {
    if (!take('('))
      return false;
    while (!take(')')) {
      int64_t dim;
      if (shape.size() == maxRank || !takeInteger(dim))
        return false;
      shape.push_back(dim);
      if (!take(',') && !peek(')'))
        return false;
    }
    return true;
  }

  std::string_view rest;
};

struct Descr {
  DType type;
  const char *name; // without the byte order
};
constexpr Descr descrTable[] = {
    {DType::i1, "b1"},  {DType::i8, "i1"},   {DType::u8, "u1"},
    {DType::i16, "i2"}, {DType::u16, "u2"},  {DType::i32, "i4"},
    {DType::u32, "u4"}, {DType::i64, "i8"},  {DType::u64, "u8"},
    {DType::f16, "f2"}, {DType::bf16, "V2"}, {DType::bf16, "bfloat16"},
    {DType::f32, "f4"}, {DType::f64, "f8"},
};

Result<DType> typeOfDescr(const std::string &descr, bool &bigEndian) {
  std::string_view name = descr;
  bigEndian = !name.empty() && name.front() == '>';
  if (!name.empty() && std::strchr("<>|=", name.front()))
    name.remove_prefix(1);
  for (const Descr &entry : descrTable)
    if (name == entry.name)
      return entry.type;
  return fail("expected booleans, integers, f2, f4, f8 or bfloat16, got the "
              "descr '",
              descr, "'");
}

const char *descrOfType(DType type) {
  for (const Descr &entry : descrTable)
    if (type == entry.type)
      return entry.name;
  return "";
}

bool startsWithMagic(std::string_view bytes) {
  return bytes.substr(0, magic.size()) == magic;
}

/// Splits off the dictionary; what stays in `bytes` are the elements.
Result<std::string_view> takeHeaderText(std::string_view &bytes) {
  if (!startsWithMagic(bytes))
    return fail("expected a .npy file, got other contents");
  if (bytes.size() < 10)
    return fail("expected a whole header, got ", bytes.size(), " bytes");
  const int version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    return fail("expected format version 1, 2 or 3, got ", version);
  const size_t lengthBytes = version == 1 ? 2 : 4;
  bytes.remove_prefix(8);
  size_t length = 0;
  for (size_t n = 0; n < lengthBytes && n < bytes.size(); ++n)
    length |= size_t(static_cast<unsigned char>(bytes[n])) << (8 * n);
  if (bytes.size() < lengthBytes + length)
    return fail("expected a header of ", length, " bytes, got ", bytes.size());
  const std::string_view text = bytes.substr(lengthBytes, length);
  bytes.remove_prefix(lengthBytes + length);
  return text;
}

void swapBytes(Tensor &tensor) {
  const size_t width = byteSize(tensor.dtype());
  char *bytes = static_cast<char *>(tensor.data());
  for (int64_t n = 0; n < tensor.size(); ++n)
    std::reverse(bytes + n * width, bytes + (n + 1) * width);
}

Tensor fromFortranOrder(const Tensor &tensor) {
  std::vector<int64_t> reversed(tensor.rank());
  for (int64_t axis = 0; axis < tensor.rank(); ++axis)
    reversed[axis] = tensor.rank() - 1 - axis;
  return tensor.transpose(reversed);
}

struct CloseFile {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

} // namespace

Result<Tensor> parseNpy(std::string_view bytes) {
  Result<std::string_view> text = takeHeaderText(bytes);
  if (!text)
    return text.error();
  Result<Header> header = HeaderParser(*text).parse();
  if (!header)
    return header.error();
  bool bigEndian;
  Result<DType> type = typeOfDescr(header->descr, bigEndian);
  if (!type)
    return type.error();
  // The file's size is checked before anything is allocated from the header.
  const std::optional<int64_t> count = numElements(header->shape);
  if (!count || *count * byteSize(*type) != bytes.size())
    return fail("expected elements of type ", shapeString(header->shape), "x",
                dtypeName(*type), " after the header, got ", bytes.size(),
                " bytes");
  Shape stored = header->shape;
  if (header->fortranOrder)
    std::reverse(stored.begin(), stored.end());
  Result<Tensor> tensor = Tensor::create(*type, stored);
  if (!tensor)
    return tensor;
  if (!bytes.empty())
    std::memcpy(tensor->data(), bytes.data(), bytes.size());
  if (bigEndian)
    swapBytes(*tensor);
  return header->fortranOrder ? fromFortranOrder(*tensor) : std::move(tensor);
}

Result<Tensor> readNpy(const std::string &path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file)
    return fail(path, ": ", std::strerror(errno));
  std::string bytes;
  char block[1 << 16];
  size_t got;
  while ((got = std::fread(block, 1, sizeof(block), file.get())) != 0) {
    bytes.append(block, got);
    // Not a whole disk (or /dev/zero) for the sake of an error message.
    if (bytes.size() >= magic.size() && !startsWithMagic(bytes))
      break;
  }
  if (std::ferror(file.get()))
    return fail(path, ": ", std::strerror(errno));
  Result<Tensor> tensor = parseNpy(bytes);
  return tensor ? std::move(tensor) : fail(path, ": ", tensor.message());
}

std::string formatNpy(const Tensor &tensor) {
  const bool oneByte = byteSize(tensor.dtype()) == 1;
  std::string text = std::string("{'descr': '") + (oneByte ? "|" : "<") +
                     descrOfType(tensor.dtype()) +
                     "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : tensor.shape())
    text += std::to_string(dim) + (tensor.rank() == 1 ? "," : ", ");
  if (tensor.rank() > 1)
    text.resize(text.size() - 2);
  text += "), }";
  const bool wide = text.size() + 64 > 0xffff;
  const size_t prefix = magic.size() + 2 + (wide ? 4 : 2);
  // The elements begin at a multiple of 64, the header ends in a newline.
  text.append(63 - (prefix + text.size()) % 64, ' ');
  text += '\n';
  std::string bytes(magic);
  bytes += wide ? '\2' : '\1';
  bytes += '\0';
  for (size_t n = 0; n < (wide ? 4u : 2u); ++n)
    bytes += static_cast<char>(text.size() >> (8 * n));
  bytes += text;
  if (tensor.size())
    bytes.append(static_cast<const char *>(tensor.data()),
                 tensor.sizeInBytes());
  return bytes;
}

} // namespace attn
