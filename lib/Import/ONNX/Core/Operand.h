//===- Operand.h - A value of the graph while it is imported ----*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_OPERAND_H
#define ATTN_LIB_IMPORT_ONNX_CORE_OPERAND_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"

#include <optional>
#include <string>

namespace mlir::attn::onnx {

using Sizes = SmallVector<OpFoldResult, 6>;
/// Elements in row-major order. Integers and booleans: an integer attribute, or
/// an `index` value. Floats: a FloatAttr, or an `index` value that it was cast
/// from.
using Elements = SmallVector<OpFoldResult, 4>;

/// Contents of more elements than this are not tracked.
constexpr int64_t maxTrackedElements = 64;

struct Operand {
  /// A ranked tensor; a dimension is static in its type exactly where it is a
  /// constant in `shape`.
  Value value;
  /// Sizes that dominate every use of the value.
  Sizes shape;
  /// The elements, where they are known while importing.
  std::optional<Elements> elements;
  bool isUnsigned = false;
  /// int4 or uint4, a number in each byte.
  bool is4Bit = false;
  /// What the model calls it, for messages.
  std::string name;

  explicit operator bool() const { return static_cast<bool>(value); }
  RankedTensorType type() const {
    return cast<RankedTensorType>(value.getType());
  }
  Type elementType() const { return type().getElementType(); }
  int64_t rank() const { return shape.size(); }
  bool isFloat() const { return isa<FloatType>(elementType()); }
  bool isBool() const { return elementType().isInteger(1); }
  bool isInt() const { return !isFloat() && !isBool(); }
};

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_OPERAND_H
