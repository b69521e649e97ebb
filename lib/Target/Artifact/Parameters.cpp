//===- Parameters.cpp - Constant weights, beside the code -----------------===//

#include "attn/Target/Artifact/Parameters.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// A cache line, and any vector.
static constexpr uint64_t pieceAlignment = 64;

uint64_t Parameters::add(ArrayRef<char> bytes) {
  uint64_t offset = llvm::alignTo(size, pieceAlignment);
  pieces.push_back({offset, bytes});
  size = offset + bytes.size();
  return offset;
}

SmallVector<StringRef> Parameters::getContents() const {
  static constexpr char zeros[pieceAlignment] = {};
  SmallVector<StringRef> contents;
  uint64_t position = 0;
  for (const Piece &piece : pieces) {
    contents.push_back(StringRef(zeros, piece.offset - position));
    contents.push_back(StringRef(piece.bytes.data(), piece.bytes.size()));
    position = piece.offset + piece.bytes.size();
  }
  return contents;
}

ArrayRef<char> attn::getBytes(ElementsAttr value) {
  ArrayRef<char> bytes;
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    bytes = dense.isSplat() ? bytes : dense.getRawData();
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  Type element = value.getElementType();
  if (!element.isIntOrFloat() || element.getIntOrFloatBitWidth() % 8 != 0)
    return {};
  uint64_t size =
      value.getNumElements() * uint64_t(element.getIntOrFloatBitWidth() / 8);
  return bytes.size() == size ? bytes : ArrayRef<char>();
}

Parameters attn::getParameters(ModuleOp module) {
  Parameters parameters;
  if (auto values = module->getAttrOfType<ArrayAttr>(kParametersAttrName))
    for (auto value : values.getAsRange<ElementsAttr>())
      parameters.add(getBytes(value));
  return parameters;
}
