//===- Elementwise.cpp - Loops over elements ------------------------------===//

#include "Core/Elementwise.h"

#include "Core/Broadcast.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Elements that are known now
//===----------------------------------------------------------------------===//

/// The position in `operand` that is read for position `linear` of the result.
static int64_t broadcastPosition(const Operand &operand, const Sizes &result,
                                 int64_t linear) {
  int64_t position = 0, stride = 1;
  int64_t shift = int64_t(result.size()) - operand.rank();
  for (int64_t d = result.size() - 1; d >= shift; --d) {
    int64_t size = *constantOf(result[d]);
    int64_t own = *constantOf(operand.shape[d - shift]);
    position += own == 1 ? 0 : (linear % size) * stride;
    stride *= own;
    linear /= size;
  }
  return position;
}

static std::optional<OpFoldResult> foldOne(Node &n, ArrayRef<Operand> operands,
                                           ArrayRef<OpFoldResult> elements,
                                           Type resultElement, ScalarFn scalar,
                                           IndexFn onIndices) {
  bool constant =
      llvm::all_of(elements, [](OpFoldResult e) { return isa<Attribute>(e); });
  if (!constant) {
    // Sizes as floats are carried along, not computed with.
    bool isIndexMath =
        onIndices &&
        (operands.size() == 1 ||
         llvm::none_of(operands, [](const Operand &o) { return o.isFloat(); }));
    OpFoldResult result =
        isIndexMath ? onIndices(n.math, elements) : OpFoldResult();
    // The numbers of a model wrap; they are then no sizes.
    bool overflow = n.math.takeOverflow();
    return result && !overflow ? std::optional(result) : std::nullopt;
  }
  ScalarBuilder s(n.b, n.loc, !operands.empty() && operands[0].isUnsigned);
  SmallVector<Value> values;
  for (auto [operand, element] : llvm::zip_equal(operands, elements))
    values.push_back(scalarOf(s, element, operand.elementType()));
  Attribute result;
  if (!matchPattern(scalar(s, values), m_Constant(&result)))
    return std::nullopt;
  if (auto integer = dyn_cast<IntegerAttr>(result)) {
    bool isBool = resultElement.isInteger(1);
    return n.math.constant(isBool ? integer.getValue().getZExtValue()
                                  : integer.getValue().getSExtValue());
  }
  if (!isa<FloatAttr>(result))
    return std::nullopt;
  return OpFoldResult(result);
}

std::optional<Elements>
mlir::attn::onnx::foldElementwise(Node &n, ArrayRef<Operand> operands,
                                  const Sizes &sizes, Type resultElement,
                                  ScalarFn scalar, IndexFn onIndices) {
  std::optional<int64_t> count = staticCount(sizes);
  // Arithmetic on shapes is on lists; a table, such as a mask that compares
  // positions, is better kept as code.
  bool isTable = sizes.size() > 1 && count.value_or(0) > 1;
  if (!count || *count > maxTrackedElements || isTable ||
      !llvm::all_of(operands,
                    [](const Operand &o) { return bool(o.elements); }))
    return std::nullopt;
  Elements result;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<OpFoldResult> elements;
    for (const Operand &operand : operands)
      elements.push_back(
          (*operand.elements)[broadcastPosition(operand, sizes, i)]);
    std::optional<OpFoldResult> one =
        foldOne(n, operands, elements, resultElement, scalar, onIndices);
    if (!one)
      return std::nullopt;
    result.push_back(*one);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// A known single element is a scalar outside of the loop.
static Value hoistedScalar(Node &n, const Operand &operand) {
  if (!operand.elements || operand.elements->size() != 1)
    return nullptr;
  ScalarBuilder s(n.b, n.loc);
  return scalarOf(s, operand.elements->front(), operand.elementType());
}

namespace {
/// What the loops of an elementwise result read, and how.
struct ElementwiseInputs {
  /// One an operand: a scalar, or null.
  SmallVector<Value> scalars;
  SmallVector<std::optional<BroadcastReader>> readers;
  SmallVector<Value> tensors;
  SmallVector<AffineMap> maps;
};
} // namespace

static ElementwiseInputs readInputs(Node &n, ArrayRef<Operand> operands,
                                    const Sizes &sizes) {
  ElementwiseInputs inputs;
  for (const Operand &operand : operands) {
    inputs.scalars.push_back(hoistedScalar(n, operand));
    inputs.readers.emplace_back();
    if (inputs.scalars.back())
      continue;
    BroadcastReader reader(n, operand, sizes);
    if (reader.isAffine()) {
      inputs.tensors.push_back(operand.value);
      inputs.maps.push_back(reader.map(n.b));
    } else {
      inputs.readers.back() = reader;
    }
  }
  inputs.maps.push_back(n.b.getMultiDimIdentityMap(sizes.size()));
  return inputs;
}

Operand mlir::attn::onnx::elementwiseOver(Node &n, ArrayRef<Operand> operands,
                                          const Sizes &sizes,
                                          Type resultElement, ScalarFn scalar,
                                          IndexFn onIndices) {
  if (auto elements =
          foldElementwise(n, operands, sizes, resultElement, scalar, onIndices))
    return fromElements(n, *elements, sizes, resultElement);
  ElementwiseInputs inputs = readInputs(n, operands, sizes);
  Value init = emptyTensor(n, sizes, resultElement);
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  bool isUnsigned = !operands.empty() && operands[0].isUnsigned;
  auto body = [&](OpBuilder &nested, Location loc, ValueRange arguments) {
    ScalarBuilder s(nested, loc, isUnsigned);
    SmallVector<Value> values(inputs.scalars), at;
    if (llvm::any_of(inputs.readers, [](const auto &r) { return bool(r); }))
      at = loopIndices(nested, loc, sizes.size());
    size_t next = 0;
    for (auto [value, reader] : llvm::zip_equal(values, inputs.readers))
      if (!value)
        value = reader ? reader->read(s, at) : arguments[next++];
    linalg::YieldOp::create(nested, loc, scalar(s, values));
  };
  auto generic =
      linalg::GenericOp::create(n.b, n.loc, init.getType(), inputs.tensors,
                                init, inputs.maps, iterators, body);
  return makeOperand(n, generic.getResult(0), sizes);
}

FailureOr<Operand> mlir::attn::onnx::elementwise(Node &n,
                                                 ArrayRef<Operand> operands,
                                                 Type resultElement,
                                                 ScalarFn scalar,
                                                 IndexFn onIndices) {
  FailureOr<Sizes> sizes = broadcastShapes(n, operands);
  if (failed(sizes))
    return failure();
  return elementwiseOver(n, operands, *sizes, resultElement, scalar, onIndices);
}

SmallVector<Value> mlir::attn::onnx::loopIndices(OpBuilder &b, Location loc,
                                                 int64_t rank) {
  SmallVector<Value> indices;
  for (int64_t d = 0; d < rank; ++d)
    indices.push_back(linalg::IndexOp::create(b, loc, d));
  return indices;
}

Operand mlir::attn::onnx::generate(
    Node &n, const Sizes &sizes, Type elementType,
    llvm::function_ref<Value(ScalarBuilder &, ValueRange)> element) {
  Value init = emptyTensor(n, sizes, elementType);
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange) {
    ScalarBuilder s(nested, loc);
    linalg::YieldOp::create(nested, loc,
                            element(s, loopIndices(nested, loc, sizes.size())));
  };
  auto generic = linalg::GenericOp::create(
      n.b, n.loc, init.getType(), ValueRange(), init,
      n.b.getMultiDimIdentityMap(sizes.size()), iterators, body);
  return makeOperand(n, generic.getResult(0), sizes);
}

FailureOr<Operand> mlir::attn::onnx::castTo(Node &n, const Operand &operand,
                                            Type elementType, bool isUnsigned) {
  if (operand.elementType() == elementType && operand.isUnsigned == isUnsigned)
    return operand;
  bool sizeLike = elementType.getIntOrFloatBitWidth() >= 32;
  auto scalar = [&](ScalarBuilder &s, ValueRange x) {
    return s.convert(x[0], elementType, operand.isUnsigned, isUnsigned);
  };
  auto index = [&](IndexMath &math, ArrayRef<OpFoldResult> x) {
    if (elementType.isInteger(1))
      return math.compare(arith::CmpIPredicate::ne, x[0], math.constant(0));
    return sizeLike ? x[0] : OpFoldResult();
  };
  FailureOr<Operand> result =
      elementwise(n, operand, elementType, scalar, index);
  if (succeeded(result))
    result->isUnsigned = isUnsigned;
  return result;
}

//===----------------------------------------------------------------------===//
// Operators that are one scalar function
//===----------------------------------------------------------------------===//

static StringRef describe(Kinds kinds) {
  switch (kinds) {
  case Kinds::Numbers:
    return "numbers";
  case Kinds::Floats:
    return "floats";
  case Kinds::Booleans:
    return "booleans";
  case Kinds::Any:
    break;
  }
  return "elements";
}

static bool isOfKind(const Operand &operand, Kinds kinds) {
  switch (kinds) {
  case Kinds::Numbers:
    return !operand.isBool();
  case Kinds::Floats:
    return operand.isFloat();
  case Kinds::Booleans:
    return operand.isBool();
  case Kinds::Any:
    break;
  }
  return true;
}

LogicalResult mlir::attn::onnx::checkUniform(Node &n, Kinds kinds) {
  for (size_t i = 0; i < n.numInputs(); ++i) {
    if (!n.hasInput(i))
      continue;
    const Operand &operand = n.input(i), &first = n.input(0);
    if (!isOfKind(operand, kinds))
      return n.error() << "expected input " << i << " to hold "
                       << describe(kinds) << ", got " << operand.type();
    if (operand.elementType() != first.elementType() ||
        operand.isUnsigned != first.isUnsigned)
      return n.error() << "expected inputs of one element type, got "
                       << first.type() << " and " << operand.type();
  }
  return success();
}

LogicalResult mlir::attn::onnx::importElementwise(Node &n, Type resultElement,
                                                  ScalarFn scalar,
                                                  IndexFn onIndices) {
  FailureOr<Operand> result =
      elementwise(n, n.allInputs(), resultElement, scalar, onIndices);
  if (failed(result))
    return failure();
  result->isUnsigned = n.input(0).isUnsigned && !result->isBool();
  return n.setOutput(0, *result);
}

LogicalResult mlir::attn::onnx::importUniform(Node &n, Kinds kinds,
                                              ScalarFn scalar,
                                              IndexFn onIndices) {
  if (failed(checkUniform(n, kinds)))
    return failure();
  return importElementwise(n, n.input(0).elementType(), scalar, onIndices);
}
