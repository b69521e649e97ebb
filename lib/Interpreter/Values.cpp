//===- Values.cpp - What SSA values hold while they are interpreted -------===//

#include "Values.h"

#include "mlir/IR/TypeUtilities.h"

#include "llvm/Support/MathExtras.h"

namespace mlir::attn::interpreter {

static std::optional<Element> ofInteger(unsigned width) {
  switch (width) {
  case 1:
    return Element{false, 1, DType::i1};
  case 8:
    return Element{false, 8, DType::i8};
  case 16:
    return Element{false, 16, DType::i16};
  case 32:
    return Element{false, 32, DType::i32};
  case 64:
    return Element{false, 64, DType::i64};
  default:
    return std::nullopt;
  }
}

std::optional<Element> Element::of(Type type) {
  if (auto tensor = dyn_cast<TensorType>(type)) {
    if (!tensor.hasRank())
      return std::nullopt;
    type = tensor.getElementType();
  }
  if (type.isF16())
    return Element{true, 16, DType::f16};
  if (type.isBF16())
    return Element{true, 16, DType::bf16};
  if (type.isF32())
    return Element{true, 32, DType::f32};
  if (type.isF64())
    return Element{true, 64, DType::f64};
  if (type.isIndex())
    return ofInteger(64);
  if (type.isSignlessInteger())
    return ofInteger(type.getIntOrFloatBitWidth());
  return std::nullopt;
}

int64_t Element::wrap(int64_t value) const {
  if (width == 64)
    return value;
  return width == 1 ? value & 1 : llvm::SignExtend64(value, width);
}

int64_t Element::asSigned(int64_t value) const {
  return width == 1 ? -value : value;
}

uint64_t Element::asUnsigned(int64_t value) const {
  return uint64_t(value) & llvm::maskTrailingOnes<uint64_t>(width);
}

Scalar Element::load(const Tensor &tensor, int64_t n) const {
  return isFloat ? Scalar::of(tensor.get(n)) : Scalar::of(tensor.getInt(n));
}

void Element::store(Tensor &tensor, int64_t n, Scalar value) const {
  if (isFloat)
    tensor.set(n, value.f);
  else
    tensor.setInt(n, value.i);
}

} // namespace mlir::attn::interpreter
