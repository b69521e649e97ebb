//===- Movement.cpp - Parts, orders and copies of tensors -----------------===//

#include "Core/Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Row-major strides of a static shape.
static SmallVector<int64_t> stridesOf(const Sizes &sizes) {
  SmallVector<int64_t> strides(sizes.size(), 1);
  for (int64_t d = int64_t(sizes.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * *constantOf(sizes[d + 1]);
  return strides;
}

/// The known elements of a result each of whose positions, by dimension, is a
/// position of `operand`.
static std::optional<Elements>
moveElements(const Operand &operand, const Sizes &sizes,
             llvm::function_ref<int64_t(ArrayRef<int64_t>)> source) {
  std::optional<int64_t> count = staticCount(sizes);
  if (!operand.elements || !count || *count > maxTrackedElements)
    return std::nullopt;
  SmallVector<int64_t> strides = stridesOf(sizes), position(sizes.size());
  Elements result;
  for (int64_t i = 0; i < *count; ++i) {
    for (size_t d = 0; d < sizes.size(); ++d)
      position[d] = i / strides[d] % *constantOf(sizes[d]);
    result.push_back((*operand.elements)[source(position)]);
  }
  return result;
}

Operand mlir::attn::onnx::transpose(Node &n, const Operand &operand,
                                    ArrayRef<int64_t> perm) {
  Sizes sizes;
  for (int64_t d : perm)
    sizes.push_back(operand.shape[d]);
  if (llvm::is_sorted(perm))
    return operand;
  if (staticCount(sizes)) {
    SmallVector<int64_t> strides = stridesOf(operand.shape);
    auto source = [&](ArrayRef<int64_t> position) {
      int64_t linear = 0;
      for (auto [d, at] : llvm::zip_equal(perm, position))
        linear += strides[d] * at;
      return linear;
    };
    if (auto elements = moveElements(operand, sizes, source))
      return fromElements(n, *elements, sizes, operand.elementType(),
                          operand.isUnsigned);
  }
  Value init = emptyTensor(n, sizes, operand.elementType());
  auto op = linalg::TransposeOp::create(n.b, n.loc, operand.value, init, perm);
  return makeOperand(n, op->getResult(0), sizes, operand.isUnsigned);
}

/// Elements of a slice whose offsets are constant.
static std::optional<Elements> sliceElements(const Operand &operand,
                                             const Sizes &offsets,
                                             const Sizes &sizes,
                                             ArrayRef<int64_t> strides) {
  if (!staticCount(sizes) || !operand.elements ||
      !llvm::all_of(offsets, [](OpFoldResult o) { return !!constantOf(o); }))
    return std::nullopt;
  SmallVector<int64_t> rowMajor = stridesOf(operand.shape);
  return moveElements(operand, sizes, [&](ArrayRef<int64_t> position) {
    int64_t linear = 0;
    for (size_t d = 0; d < position.size(); ++d)
      linear +=
          rowMajor[d] * (*constantOf(offsets[d]) + strides[d] * position[d]);
    return linear;
  });
}

Operand mlir::attn::onnx::slice(Node &n, const Operand &operand,
                                const Sizes &offsets, const Sizes &sizes,
                                ArrayRef<int64_t> strides) {
  if (auto elements = sliceElements(operand, offsets, sizes, strides))
    return fromElements(n, *elements, sizes, operand.elementType(),
                        operand.isUnsigned);
  // Nothing may also be taken at the very end, where no element is.
  if (isKnownEmpty(sizes))
    return makeOperand(n, emptyTensor(n, sizes, operand.elementType()), sizes,
                       operand.isUnsigned);
  Value value = tensor::ExtractSliceOp::create(
      n.b, n.loc, operand.value, offsets, sizes,
      getAsIndexOpFoldResult(n.b.getContext(), strides));
  return makeOperand(n, value, sizes, operand.isUnsigned);
}

//===----------------------------------------------------------------------===//
// Concatenation
//===----------------------------------------------------------------------===//

/// Known elements of a concatenation of lists.
static std::optional<Elements> concatElements(ArrayRef<Operand> operands) {
  Elements result;
  for (const Operand &operand : operands) {
    if (!operand.elements || operand.rank() != 1)
      return std::nullopt;
    llvm::append_range(result, *operand.elements);
  }
  if (result.size() > size_t(maxTrackedElements))
    return std::nullopt;
  return result;
}

static LogicalResult checkConcat(Node &n, ArrayRef<Operand> operands,
                                 int64_t axis) {
  const Operand &first = operands.front();
  for (const Operand &operand : operands) {
    if (operand.rank() != first.rank() ||
        operand.elementType() != first.elementType())
      return n.error() << "expected inputs of one rank and element type, got "
                       << first.type() << " and " << operand.type();
    for (int64_t d = 0; d < first.rank(); ++d)
      if (d != axis && failed(requireEqualDims(n, first, d, operand, d)))
        return failure();
  }
  return success();
}

FailureOr<Operand> mlir::attn::onnx::concat(Node &n, ArrayRef<Operand> operands,
                                            int64_t axis) {
  if (failed(checkConcat(n, operands, axis)))
    return failure();
  const Operand &first = operands.front();
  Sizes sizes = first.shape;
  for (const Operand &operand : operands.drop_front())
    sizes[axis] = n.math.add(sizes[axis], operand.shape[axis]);
  if (failed(checkSizes(n, sizes)))
    return failure();
  if (auto elements = concatElements(operands))
    return fromElements(n, *elements, sizes, first.elementType(),
                        first.isUnsigned);
  if (operands.size() == 1)
    return first;
  Value result = emptyTensor(n, sizes, first.elementType());
  Sizes offsets(first.rank(), n.math.constant(0));
  for (const Operand &operand : operands) {
    if (constantOf(operand.shape[axis]) == 0)
      continue;
    result = insertSlice(n, operand.value, operand.shape, result, offsets);
    offsets[axis] = n.math.add(offsets[axis], operand.shape[axis]);
  }
  return makeOperand(n, result, sizes, first.isUnsigned);
}
