//===- Parameters.cpp - Constant weights, beside the code -----------------===//

#include "attn/Target/Artifact/Parameters.h"

#include "PackPanels.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

/// A cache line, and any vector.
static constexpr uint64_t pieceAlignment = 64;

static uint64_t getSize(ElementsAttr value) {
  return value.getNumElements() *
         uint64_t(value.getElementType().getIntOrFloatBitWidth() / 8);
}

uint64_t Parameters::add(ElementsAttr value) {
  uint64_t offset = llvm::alignTo(size, pieceAlignment);
  pieces.push_back({offset, getSize(value), value});
  size = offset + pieces.back().size;
  return offset;
}

bool Parameters::write(ByteSink sink, AttnChecksum *sum) const {
  static constexpr char zeros[pieceAlignment] = {};
  // A checksum has the zeros at a piece's end already.
  auto sinkAndSum = [&](StringRef bytes) {
    if (sum)
      attn_checksum_add(sum, bytes.data(), bytes.size());
    return sink(bytes);
  };
  uint64_t position = 0;
  for (const Piece &piece : pieces) {
    if (!sink(StringRef(zeros, piece.offset - position)) ||
        !writeElements(piece.value, sinkAndSum))
      return false;
    position = piece.offset + piece.size;
  }
  return true;
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
  return bytes.size() == getSize(value) ? bytes : ArrayRef<char>();
}

bool attn::isParameter(ElementsAttr value) {
  if (auto packed = dyn_cast<PackedAttr>(value))
    return !getBytes(packed.getMatrix()).empty();
  return !getBytes(value).empty();
}

bool attn::writeElements(ElementsAttr value, ByteSink sink) {
  if (auto packed = dyn_cast<PackedAttr>(value))
    return writePanels(packed, sink);
  ArrayRef<char> bytes = getBytes(value);
  return sink(StringRef(bytes.data(), bytes.size()));
}

Parameters attn::getParameters(ModuleOp module) {
  Parameters parameters;
  if (auto values = module->getAttrOfType<ArrayAttr>(kParametersAttrName))
    for (auto value : values.getAsRange<ElementsAttr>())
      parameters.add(value);
  return parameters;
}
