//===- Emit.cpp - Operands and checks -------------------------------------===//

#include "Core/Emit.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Loop nests are no deeper in any model; MLIR's data structures allow more.
static constexpr size_t maxRank = 16;

bool mlir::attn::onnx::isReasonableShape(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size) || size == 0)
      continue;
    if (size < 0 || llvm::MulOverflow(count, size, count) ||
        count > maxElements)
      return false;
  }
  return shape.size() <= maxRank;
}

static SmallVector<int64_t> staticShape(const Sizes &sizes) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(constantOf(size).value_or(ShapedType::kDynamic));
  return shape;
}

std::string mlir::attn::onnx::describeSizes(ArrayRef<OpFoldResult> sizes) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(sizes, stream << "[", [&](OpFoldResult size) {
    if (std::optional<int64_t> value = constantOf(size))
      stream << *value;
    else
      stream << "?";
  });
  stream << "]";
  return text;
}

/// Sizes that the call's data gives are checked when the code runs: each, and
/// what they make together.
static void checkSizesFromData(Node &n, const Sizes &sizes) {
  for (OpFoldResult size : sizes)
    if (n.math.isFromData(size) && !n.math.isNonNegative(size) &&
        n.math.noteCheck(size, size, IndexMath::Check::NonNegative)) {
      ScalarBuilder s(n.b, n.loc);
      emitAssert(n, s.less(s.index(0), n.math.materialize(size), true),
                 "expected sizes that are not negative");
    }
  OpFoldResult count = n.math.product(sizes);
  if (n.math.isFromData(count) &&
      n.math.noteCheck(count, count, IndexMath::Check::Fits))
    emitAssert(n, fitsMachine(n, count),
               "expected a result whose size fits a machine");
}

LogicalResult mlir::attn::onnx::checkSizes(Node &n, const Sizes &sizes) {
  bool overflow = n.math.takeOverflow();
  if (!overflow)
    for (OpFoldResult size : sizes)
      if (constantOf(size).value_or(0) < 0)
        return n.error() << "expected sizes that are not negative, got "
                         << *constantOf(size);
  if (!overflow && isReasonableShape(staticShape(sizes))) {
    for (OpFoldResult size : sizes)
      if (n.math.mayWrap(size) &&
          n.math.noteCheck(size, size, IndexMath::Check::Fits))
        emitAssert(n, fitsMachine(n, size),
                   "expected a result whose size fits a machine");
    checkSizesFromData(n, sizes);
    return success();
  }
  InFlightDiagnostic diagnostic =
      n.error() << "expected a result whose rank and size fit a machine";
  // Sizes that overflowed are none that anybody wrote.
  return overflow ? diagnostic : diagnostic << ", got " << describeSizes(sizes);
}

LogicalResult mlir::attn::onnx::checkPosition(Node &n, OpFoldResult value,
                                              const Twine &what) {
  int64_t number = constantOf(value).value_or(0);
  if (n.math.isFromData(value)) {
    ScalarBuilder s(n.b, n.loc);
    Value raw = n.math.materialize(value);
    emitAssert(n,
               s.make<arith::AndIOp>(s.less(s.index(-maxElements), raw, true),
                                     s.less(raw, s.index(maxElements), true)),
               "expected " + what + " to fit a machine");
  }
  if (number >= -maxElements && number <= maxElements)
    return success();
  return n.error() << "expected " << what << " to fit a machine, got "
                   << number;
}

void mlir::attn::onnx::eraseDeadOps(Operation *root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (op != root && isOpTriviallyDead(op))
      op->erase();
  });
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Constants that arrive as SSA values become attributes, so that a size is
/// static in the type exactly where it is constant.
static Sizes normalize(Node &n, const Sizes &sizes) {
  Sizes result;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> value = constantOf(size);
    result.push_back(value ? n.math.constant(*value) : size);
  }
  return result;
}

Operand mlir::attn::onnx::makeOperand(Node &n, Value value, const Sizes &sizes,
                                      bool isUnsigned) {
  Operand result;
  result.shape = normalize(n, sizes);
  result.isUnsigned = isUnsigned;
  auto type = cast<RankedTensorType>(value.getType());
  auto wanted =
      RankedTensorType::get(staticShape(result.shape), type.getElementType());
  result.value = type == wanted
                     ? value
                     : tensor::CastOp::create(n.b, n.loc, wanted, value);
  return result;
}

std::optional<int64_t> mlir::attn::onnx::staticCount(const Sizes &sizes) {
  int64_t count = 1;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> value = constantOf(size);
    if (!value || *value < 0 || llvm::MulOverflow(count, *value, count))
      return std::nullopt;
  }
  return count;
}

Value mlir::attn::onnx::scalarOf(ScalarBuilder &s, OpFoldResult element,
                                 Type type) {
  if (auto attribute = dyn_cast<Attribute>(element)) {
    if (isa<FloatType>(type))
      return arith::ConstantOp::create(s.b, s.loc, cast<TypedAttr>(attribute));
    int64_t value = cast<IntegerAttr>(attribute).getValue().getSExtValue();
    if (isa<IndexType>(type))
      return s.index(value);
    APInt bits = APInt(64, value, true).trunc(type.getIntOrFloatBitWidth());
    return arith::ConstantOp::create(s.b, s.loc,
                                     s.b.getIntegerAttr(type, bits));
  }
  Value index = cast<Value>(element);
  if (isa<IndexType>(type))
    return index;
  if (!isa<FloatType>(type))
    return s.make<arith::IndexCastOp>(type, index);
  Value integer = s.make<arith::IndexCastOp>(s.b.getI64Type(), index);
  return s.convert(integer, type, false, false);
}

/// A constant element as an attribute of `type`.
static TypedAttr constantElement(Attribute element, Type type) {
  if (!isa<IntegerType>(type))
    return cast<TypedAttr>(element);
  APInt bits = cast<IntegerAttr>(element).getValue().sextOrTrunc(
      type.getIntOrFloatBitWidth());
  return IntegerAttr::get(type, bits);
}

static std::optional<SmallVector<Attribute>>
constantElements(const Elements &elements, Type type) {
  SmallVector<Attribute> result;
  for (OpFoldResult element : elements) {
    auto attribute = dyn_cast<Attribute>(element);
    if (!attribute)
      return std::nullopt;
    result.push_back(constantElement(attribute, type));
  }
  return result;
}

Operand mlir::attn::onnx::fromElements(Node &n, const Elements &elements,
                                       const Sizes &sizes, Type elementType,
                                       bool isUnsigned) {
  Operand result;
  result.shape = normalize(n, sizes);
  result.isUnsigned = isUnsigned;
  result.elements = elements;
  auto type = RankedTensorType::get(staticShape(result.shape), elementType);
  if (auto values = constantElements(elements, elementType)) {
    result.value = arith::ConstantOp::create(
        n.b, n.loc, DenseElementsAttr::get(type, *values));
    return result;
  }
  ScalarBuilder s(n.b, n.loc);
  SmallVector<Value> scalars;
  for (OpFoldResult element : elements)
    scalars.push_back(scalarOf(s, element, elementType));
  result.value = tensor::FromElementsOp::create(n.b, n.loc, type, scalars);
  return result;
}

Operand mlir::attn::onnx::fromIndices(Node &n, const Sizes &values) {
  Elements elements(normalize(n, values));
  return fromElements(n, elements, {n.math.constant(values.size())},
                      n.b.getI64Type());
}

Value mlir::attn::onnx::emptyTensor(Node &n, const Sizes &sizes,
                                    Type elementType) {
  return tensor::EmptyOp::create(n.b, n.loc, normalize(n, sizes), elementType);
}

Value mlir::attn::onnx::filledTensor(Node &n, const Sizes &sizes,
                                     Value scalar) {
  Value empty = emptyTensor(n, sizes, scalar.getType());
  return linalg::FillOp::create(n.b, n.loc, scalar, empty).getResult(0);
}

bool mlir::attn::onnx::isKnownEmpty(const Sizes &sizes) {
  return llvm::any_of(sizes,
                      [](OpFoldResult size) { return constantOf(size) == 0; });
}

Value mlir::attn::onnx::insertSlice(Node &n, Value piece, const Sizes &sizes,
                                    Value whole, const Sizes &offsets) {
  // Nothing may also be put at the very end, where no element is.
  auto type = cast<RankedTensorType>(whole.getType());
  if (isKnownEmpty(sizes) || llvm::is_contained(type.getShape(), 0))
    return whole;
  Sizes ones(sizes.size(), n.math.constant(1));
  return tensor::InsertSliceOp::create(n.b, n.loc, piece, whole, offsets, sizes,
                                       ones);
}

Value mlir::attn::onnx::extractScalar(Node &n, const Operand &operand) {
  ScalarBuilder s(n.b, n.loc);
  if (operand.elements && operand.elements->size() == 1)
    return scalarOf(s, operand.elements->front(), operand.elementType());
  SmallVector<Value> zeros(operand.rank(), s.index(0));
  return tensor::ExtractOp::create(n.b, n.loc, operand.value, zeros);
}

void mlir::attn::onnx::readElements(Node &n, Operand &operand) {
  std::optional<int64_t> count = staticCount(operand.shape);
  if (operand.elements || !operand.isInt() || operand.rank() > 1 || !count ||
      *count > maxTrackedElements)
    return;
  ScalarBuilder s(n.b, n.loc);
  operand.elements.emplace();
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Value, 1> at(operand.rank(), s.index(i));
    Value number = tensor::ExtractOp::create(n.b, n.loc, operand.value, at);
    Value element = operand.isUnsigned ? n.b.createOrFold<arith::IndexCastUIOp>(
                                             n.loc, n.b.getIndexType(), number)
                                       : n.b.createOrFold<arith::IndexCastOp>(
                                             n.loc, n.b.getIndexType(), number);
    if (std::optional<int64_t> known = constantOf(element)) {
      operand.elements->push_back(n.math.constant(*known));
      continue;
    }
    n.math.setFromData(element);
    operand.elements->push_back(element);
  }
}

//===----------------------------------------------------------------------===//
// Checks that wait until the code runs
//===----------------------------------------------------------------------===//

void mlir::attn::onnx::emitAssert(Node &n, Value condition,
                                  const Twine &message) {
  cf::AssertOp::create(n.b, n.loc, condition, message.str());
}

Value mlir::attn::onnx::fitsMachine(Node &n, OpFoldResult count) {
  ScalarBuilder s(n.b, n.loc);
  Type f64 = n.b.getF64Type();
  Value value = n.math.approximate(count);
  return s.make<arith::AndIOp>(
      s.less(s.floating(f64, 0), value, true),
      s.less(value, s.floating(f64, maxElements), true));
}

LogicalResult mlir::attn::onnx::requireEqual(Node &n, OpFoldResult lhs,
                                             OpFoldResult rhs,
                                             const Twine &message) {
  if (n.math.equal(lhs, rhs))
    return success();
  if (constantOf(lhs) && constantOf(rhs))
    return n.error() << message << ", got " << *constantOf(lhs) << " and "
                     << *constantOf(rhs);
  if (n.math.noteCheck(lhs, rhs)) {
    Value same =
        arith::CmpIOp::create(n.b, n.loc, arith::CmpIPredicate::eq,
                              n.math.materialize(lhs), n.math.materialize(rhs));
    emitAssert(n, same, message);
  }
  return success();
}

LogicalResult mlir::attn::onnx::requireEqualDims(Node &n, const Operand &x,
                                                 int64_t d, const Operand &y,
                                                 int64_t e) {
  return requireEqual(n, x.shape[d], y.shape[e],
                      "expected dimension " + Twine(d) + " of '" + x.name +
                          "' to equal dimension " + Twine(e) + " of '" +
                          y.name + "'");
}

Operand mlir::attn::onnx::operandWithSizes(Node &n, Value value,
                                           const Sizes &sizes,
                                           bool isUnsigned) {
  Operand result = makeOperand(n, value, sizes, isUnsigned);
  if (result.type().hasStaticShape())
    return result;
  if (isKnownEmpty(result.shape))
    return makeOperand(n, emptyTensor(n, result.shape, result.elementType()),
                       sizes, isUnsigned);
  Sizes zeros(sizes.size(), n.math.constant(0));
  Sizes ones(sizes.size(), n.math.constant(1));
  Value sliced = tensor::ExtractSliceOp::create(n.b, n.loc, result.value, zeros,
                                                result.shape, ones);
  return makeOperand(n, sliced, sizes, isUnsigned);
}

bool mlir::attn::onnx::isConstant(const Operand &operand) {
  return operand.elements &&
         llvm::all_of(*operand.elements,
                      [](OpFoldResult e) { return isa<Attribute>(e); });
}
