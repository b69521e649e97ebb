//===- Constants.cpp - Attributes as values -------------------------------===//

#include "Constants.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

namespace mlir::attn::interpreter {

static double toDouble(const APFloat &value) {
  APFloat copy = value;
  bool losesInfo;
  copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return copy.convertToDouble();
}

static std::optional<Tensor> makeTensor(ShapedType type) {
  auto element = Element::of(type);
  if (!element || !type.hasStaticShape())
    return std::nullopt;
  auto tensor = Tensor::create(
      element->dtype, Shape(type.getShape().begin(), type.getShape().end()));
  if (!tensor)
    return std::nullopt;
  return std::move(*tensor);
}

/// The bytes of a resource, row-major and little-endian; none where there are
/// too few.
static ArrayRef<char> bytesOf(DenseResourceElementsAttr resource) {
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  auto element = Element::of(resource.getType());
  if (!blob || !element)
    return {};
  const size_t needed = size_t(resource.getType().getNumElements()) *
                        ::attn::byteSize(element->dtype);
  return blob->getData().size() == needed ? blob->getData() : ArrayRef<char>();
}

bool isReadable(Attribute value) {
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return Element::of(dense.getType()) && dense.getType().hasStaticShape();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return Element::of(resource.getType()) &&
           (resource.getType().getNumElements() == 0 ||
            !bytesOf(resource).empty());
  auto typed = dyn_cast<TypedAttr>(value);
  return isa<IntegerAttr, FloatAttr>(value) && Element::of(typed.getType());
}

static void fill(Tensor &tensor, DenseElementsAttr dense) {
  int64_t n = 0;
  if (isa<FloatType>(dense.getElementType())) {
    for (const APFloat &value : dense.getValues<APFloat>())
      tensor.set(n++, toDouble(value));
    return;
  }
  for (const APInt &value : dense.getValues<APInt>())
    tensor.setInt(n++, value.sextOrTrunc(64).getSExtValue());
}

Datum readConstant(Attribute value) {
  Datum datum;
  if (auto number = dyn_cast<FloatAttr>(value)) {
    datum.scalar = Scalar::of(toDouble(number.getValue()));
  } else if (auto number = dyn_cast<IntegerAttr>(value)) {
    Element element = *Element::of(number.getType());
    datum.scalar = Scalar::of(
        element.wrap(number.getValue().sextOrTrunc(64).getSExtValue()));
  } else if (auto elements = dyn_cast<ElementsAttr>(value)) {
    auto tensor = makeTensor(elements.getShapedType());
    if (!tensor)
      return datum;
    if (auto dense = dyn_cast<DenseElementsAttr>(value))
      fill(*tensor, dense);
    else if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
      ArrayRef<char> bytes = bytesOf(resource);
      if (!bytes.empty())
        std::memcpy(tensor->data(), bytes.data(), bytes.size());
    }
    datum.tensor = std::make_shared<const Tensor>(std::move(*tensor));
  }
  return datum;
}

} // namespace mlir::attn::interpreter
