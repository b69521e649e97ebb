//===- TensorData.h - The elements of a TensorProto -------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_TENSORDATA_H
#define ATTN_LIB_IMPORT_ONNX_CORE_TENSORDATA_H

#include "attn/Support/DType.h"
#include "onnx.pb.h"

#include "llvm/ADT/StringRef.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attn::onnx {

/// TensorProto.DataType, "float16" and the like for messages; "type 99" for
/// what is not known.
std::string dataTypeName(int32_t dataType);
/// The element type for a TensorProto.DataType, where this project has it.
std::optional<DType> toDType(int32_t dataType);

/// Numbers of 4 bits are kept in bytes: the TensorProto.DataType of these, for
/// int4 and uint4.
std::optional<int32_t> typeOf4Bit(int32_t dataType);

/// A tensor's elements in memory order, little endian, booleans in one byte.
struct TensorData {
  DType type = DType::f32;
  std::vector<int64_t> shape;
  int64_t count = 0;
  llvm::StringRef bytes;
  /// What keeps `bytes`: memory of their own, or the mapping of a file. Null:
  /// they are the proto's, and live as long as it does.
  std::shared_ptr<const void> owner;
};

/// Reads the elements of `proto` from whichever field holds them, without a
/// copy where they lie there as they are wanted. External data must lie in a
/// file below the folder of `modelPath`, or of the file that it is a link to.
/// False, and a message, where the contents do not fit the shape.
bool readTensorData(const TensorProto &proto, const std::string &modelPath,
                    TensorData &data, std::string &error);

/// Parses a file as `message`. False, and a message, where that fails.
bool parseFile(const std::string &path, google::protobuf::MessageLite &message,
               std::string &error);

} // namespace attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_TENSORDATA_H
