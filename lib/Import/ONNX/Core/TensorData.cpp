//===- TensorData.cpp - The elements of a TensorProto ---------------------===//

#include "Core/TensorData.h"

#include "attn/Import/ONNX/TensorProto.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

using namespace attn;
using namespace attn::onnx;

namespace {

/// TensorProto.DataType by number.
const char *const dataTypeNames[] = {
    "undefined",      "float",      "uint8",
    "int8",           "uint16",     "int16",
    "int32",          "int64",      "string",
    "bool",           "float16",    "double",
    "uint32",         "uint64",     "complex64",
    "complex128",     "bfloat16",   "float8e4m3fn",
    "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
    "uint4",          "int4",       "float4e2m1",
    "float8e8m0",     "uint2",      "int2"};

/// Beyond this many elements nothing that fits a machine can be meant; below
/// it no product of a size with an element size overflows.
constexpr int64_t maxElements = int64_t(1) << 40;

bool reject(std::string &error, const std::string &message) {
  error = message;
  return false;
}

std::optional<int64_t> countElements(const TensorProto &proto) {
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : proto.dims()) {
    if (dim < 0)
      return std::nullopt;
    empty |= dim == 0;
    if (dim != 0 &&
        (llvm::MulOverflow(count, dim, count) || count > maxElements))
      return std::nullopt;
  }
  return empty ? 0 : count;
}

/// Memory of the tensor's own for its elements.
char *allocate(TensorData &data) {
  uint64_t size = static_cast<uint64_t>(data.count) * byteSize(data.type);
  auto bytes = std::make_shared<std::vector<char>>(size);
  data.bytes = llvm::StringRef(bytes->data(), size);
  char *start = bytes->data();
  data.owner = std::move(bytes);
  return start;
}

/// Elements of a typed field, each converted to T.
template <typename T, typename Field>
bool copyTyped(const Field &field, TensorData &data, std::string &error) {
  if (field.size() != data.count)
    return reject(error, "expected " + std::to_string(data.count) +
                             " elements, got " + std::to_string(field.size()));
  char *to = allocate(data);
  for (auto element : field) {
    T value = static_cast<T>(element);
    std::memcpy(to, &value, sizeof(T));
    to += sizeof(T);
  }
  return true;
}

/// ONNX keeps everything up to 32 bits, and both 16-bit floats by their bits,
/// in int32_data; uint32 lies with uint64.
bool readTypedField(const TensorProto &proto, TensorData &data,
                    std::string &error) {
  switch (data.type) {
  case DType::f32:
    return copyTyped<float>(proto.float_data(), data, error);
  case DType::f64:
    return copyTyped<double>(proto.double_data(), data, error);
  case DType::i64:
    return copyTyped<int64_t>(proto.int64_data(), data, error);
  case DType::u64:
    return copyTyped<uint64_t>(proto.uint64_data(), data, error);
  case DType::u32:
    return copyTyped<uint32_t>(proto.uint64_data(), data, error);
  case DType::i32:
    return copyTyped<int32_t>(proto.int32_data(), data, error);
  case DType::i16:
    return copyTyped<int16_t>(proto.int32_data(), data, error);
  case DType::i8:
    return copyTyped<int8_t>(proto.int32_data(), data, error);
  case DType::u8:
    return copyTyped<uint8_t>(proto.int32_data(), data, error);
  case DType::i1:
    return copyTyped<bool>(proto.int32_data(), data, error);
  case DType::u16:
  case DType::f16:
  case DType::bf16:
    return copyTyped<uint16_t>(proto.int32_data(), data, error);
  }
  return reject(error, "expected a known element type");
}

/// Booleans are 0 or 1 in memory; a file may hold any byte.
void normalizeBooleans(TensorData &data) {
  if (data.type != DType::i1)
    return;
  TensorData from = data;
  char *to = allocate(data);
  for (char byte : from.bytes)
    *to++ = byte != 0;
}

bool parseSize(llvm::StringRef text, int64_t &size, const char *key,
               std::string &error) {
  if (text.getAsInteger(10, size) || size < 0)
    return reject(error, std::string("expected external data's ") + key +
                             " to be a size, got '" + text.str() + "'");
  return true;
}

struct ExternalPlace {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

bool readPlace(const TensorProto &proto, ExternalPlace &place,
               std::string &error) {
  for (const StringStringEntryProto &entry : proto.external_data()) {
    int64_t size = 0;
    if (entry.key() == "location") {
      place.location = entry.value();
    } else if (entry.key() == "offset") {
      if (!parseSize(entry.value(), place.offset, "offset", error))
        return false;
    } else if (entry.key() == "length") {
      if (!parseSize(entry.value(), size, "length", error))
        return false;
      place.length = size;
    }
  }
  if (place.location.empty())
    return reject(error, "expected external data to name its location");
  return true;
}

bool isBelow(llvm::StringRef file, llvm::StringRef root) {
  return file.consume_front(root) &&
         (root == "/" || file.empty() || file.front() == '/');
}

/// A path that leaves its folder by what it says.
bool leavesFolder(const std::string &location) {
  namespace path = llvm::sys::path;
  return path::is_absolute(location) ||
         location.find('\0') != std::string::npos ||
         std::any_of(path::begin(location), path::end(location),
                     [](llvm::StringRef part) { return part == ".."; });
}

/// The folder that the model's path names, and the one that the model is really
/// in where its path is a link: caches of models link both the model and its
/// data to a folder of all files.
std::vector<std::string> foldersOf(const std::string &modelPath) {
  namespace sys = llvm::sys;
  llvm::StringRef named = sys::path::parent_path(modelPath);
  llvm::SmallString<256> folder, model;
  std::vector<std::string> folders;
  if (!sys::fs::real_path(named.empty() ? "." : named, folder))
    folders.push_back(folder.str().str());
  if (!sys::fs::real_path(modelPath, model))
    folders.push_back(sys::path::parent_path(model).str());
  return folders;
}

/// The file of external data, which must lie below one of the model's folders,
/// also after symbolic links are followed: a model must not read what else is
/// on the machine.
bool resolveBelow(const std::string &modelPath, const std::string &location,
                  std::string &path, std::string &error) {
  namespace sys = llvm::sys;
  auto outside = [&] {
    return reject(error,
                  "expected external data below the model's folder, got '" +
                      location + "'");
  };
  if (leavesFolder(location))
    return outside();
  const std::vector<std::string> folders = foldersOf(modelPath);
  for (const std::string &folder : folders) {
    llvm::SmallString<256> file, joined(folder);
    sys::path::append(joined, location);
    if (sys::fs::real_path(joined, file) || !sys::fs::is_regular_file(file))
      continue;
    path = file.str().str();
    return std::any_of(
               folders.begin(), folders.end(),
               [&](const std::string &root) { return isBelow(path, root); }) ||
           outside();
  }
  return reject(error,
                "expected a file of external data at '" + location + "'");
}

bool readExternal(const TensorProto &proto, const std::string &modelPath,
                  TensorData &data, std::string &error) {
  ExternalPlace place;
  std::string path;
  if (!readPlace(proto, place, error) ||
      !resolveBelow(modelPath, place.location, path, error))
    return false;
  uint64_t fileSize = 0;
  if (llvm::sys::fs::file_size(path, fileSize))
    return reject(error, "cannot read external data '" + place.location + "'");
  uint64_t size = static_cast<uint64_t>(data.count) * byteSize(data.type);
  if (place.length && static_cast<uint64_t>(*place.length) != size)
    return reject(error, "expected " + std::to_string(size) +
                             " bytes of external data, got " +
                             std::to_string(*place.length));
  uint64_t offset = place.offset;
  if (offset > fileSize || size > fileSize - offset)
    return reject(error, "expected " + std::to_string(size) +
                             " bytes of external data at offset " +
                             std::to_string(offset) + ", got a file of " +
                             std::to_string(fileSize) + " bytes");
  if (size == 0)
    return true;
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, size, offset);
  if (!buffer || (*buffer)->getBufferSize() != size)
    return reject(error, "cannot read external data '" + place.location + "'");
  data.bytes = (*buffer)->getBuffer();
  data.owner = std::shared_ptr<llvm::MemoryBuffer>(std::move(*buffer));
  if (!llvm::isAddrAligned(llvm::Align(byteSize(data.type)),
                           data.bytes.data())) {
    TensorData mapped = data;
    std::memcpy(allocate(data), mapped.bytes.data(), size);
  }
  return true;
}

bool readRaw(const TensorProto &proto, TensorData &data, std::string &error) {
  uint64_t size = static_cast<uint64_t>(data.count) * byteSize(data.type);
  if (proto.raw_data().size() != size)
    return reject(error, "expected " + std::to_string(size) +
                             " bytes of data, got " +
                             std::to_string(proto.raw_data().size()));
  data.bytes = proto.raw_data();
  return true;
}

} // namespace

std::string attn::onnx::dataTypeName(int32_t dataType) {
  if (dataType >= 0 && dataType < int32_t(std::size(dataTypeNames)))
    return dataTypeNames[dataType];
  return "type " + std::to_string(dataType);
}

std::optional<DType> attn::onnx::toDType(int32_t dataType) {
  switch (dataType) {
  case 1:
    return DType::f32;
  case 2:
    return DType::u8;
  case 3:
    return DType::i8;
  case 4:
    return DType::u16;
  case 5:
    return DType::i16;
  case 6:
    return DType::i32;
  case 7:
    return DType::i64;
  case 9:
    return DType::i1;
  case 10:
    return DType::f16;
  case 11:
    return DType::f64;
  case 12:
    return DType::u32;
  case 13:
    return DType::u64;
  case 16:
    return DType::bf16;
  default:
    return std::nullopt;
  }
}

std::optional<int32_t> attn::onnx::typeOf4Bit(int32_t dataType) {
  constexpr int32_t uint8 = 2, int8 = 3, uint4 = 21, int4 = 22;
  if (dataType == uint4)
    return uint8;
  if (dataType == int4)
    return int8;
  return std::nullopt;
}

/// Two numbers a byte, the first in the low bits, become a byte each.
static void unpackNibbles(TensorData &data, int64_t count) {
  TensorData packed = data;
  data.count = count;
  char *to = allocate(data);
  for (int64_t i = 0; i < count; ++i) {
    unsigned byte = static_cast<unsigned char>(packed.bytes[i / 2]);
    int nibble = i % 2 ? byte >> 4 : byte & 15;
    bool isNegative = data.type == DType::i8 && nibble >= 8;
    *to++ = static_cast<char>(isNegative ? nibble - 16 : nibble);
  }
}

bool attn::onnx::readTensorData(const TensorProto &proto,
                                const std::string &modelPath, TensorData &data,
                                std::string &error) {
  std::optional<int32_t> kept = typeOf4Bit(proto.data_type());
  std::optional<DType> type = toDType(kept.value_or(proto.data_type()));
  if (!type)
    return reject(error, "element type " + dataTypeName(proto.data_type()) +
                             " is not supported");
  std::optional<int64_t> count = countElements(proto);
  if (!count)
    return reject(error, "expected dimensions that are not negative and a size "
                         "that fits in memory");
  data.type = *type;
  data.count = kept ? (*count + 1) / 2 : *count;
  data.shape.assign(proto.dims().begin(), proto.dims().end());
  constexpr int32_t external = 1;
  bool read = proto.data_location() == external
                  ? readExternal(proto, modelPath, data, error)
              : proto.has_raw_data() ? readRaw(proto, data, error)
                                     : readTypedField(proto, data, error);
  if (!read)
    return false;
  normalizeBooleans(data);
  if (kept)
    unpackNibbles(data, *count);
  return true;
}

bool attn::onnx::parseFile(const std::string &path,
                           google::protobuf::MessageLite &message,
                           std::string &error) {
  auto cannotRead = [&](std::error_code code) {
    return reject(error,
                  "expected a file that can be read, got: " + code.message());
  };
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return cannotRead(code);
  if (llvm::sys::fs::is_directory(status))
    return cannotRead(std::make_error_code(std::errc::is_a_directory));
  if (status.getSize() > INT32_MAX)
    return reject(error, "expected less than 2 GiB outside of external data");
  // In pieces: the whole file would be in memory beside the message.
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return cannotRead(std::error_code(errno, std::generic_category()));
  if (!message.ParseFromIstream(&file))
    return reject(error, "expected a protobuf message, got a file that is "
                         "truncated or of another kind");
  return true;
}

bool attn::readTensorProto(const std::string &path, Tensor &tensor,
                           std::string &error) {
  TensorProto proto;
  TensorData data;
  if (!parseFile(path, proto, error) ||
      !readTensorData(proto, path, data, error))
    return false;
  Result<Tensor> made = Tensor::create(data.type, data.shape);
  if (!made)
    return reject(error, made.message());
  std::memcpy(made->data(), data.bytes.data(), data.bytes.size());
  tensor = std::move(*made);
  return true;
}
