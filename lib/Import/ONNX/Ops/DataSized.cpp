//===- DataSized.cpp - Operators whose outputs only data can size ---------===//
//
// Outputs are made by the caller, who knows only shapes: NonZero is imported
// where its input is known, the others not at all.
//
//===----------------------------------------------------------------------===//

#include "Core/Emit.h"
#include "Core/Registry.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static LogicalResult refuseDataDependent(Node &n) {
  return n.error() << "operator is not supported: the shape of its output "
                      "depends on its input's data";
}

static bool isZero(Attribute element) {
  if (auto number = dyn_cast<FloatAttr>(element))
    return number.getValue().isZero();
  return cast<IntegerAttr>(element).getValue().isZero();
}

/// The one constant that every element equals, or null.
static Attribute uniformValue(const Operand &operand) {
  Value value = operand.value;
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  Attribute element;
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    matchPattern(fill.value(), m_Constant(&element));
  return element;
}

/// The elements of a constant, or nothing.
static std::optional<SmallVector<Attribute>> constantsOf(const Operand &data) {
  if (isConstant(data))
    return llvm::map_to_vector(*data.elements, [](OpFoldResult element) {
      return cast<Attribute>(element);
    });
  DenseElementsAttr dense;
  if (matchPattern(data.value, m_Constant(&dense)))
    return llvm::to_vector(dense.getValues<Attribute>());
  return std::nullopt;
}

/// Dimension d of each position whose row-major numbers are `linear`, a row for
/// each d.
static LogicalResult setPositions(Node &n, ArrayRef<int64_t> linear) {
  const Operand &data = n.input(0);
  SmallVector<int64_t> values;
  int64_t stride = 1;
  for (int64_t d = data.rank() - 1; d >= 0; --d) {
    int64_t size = *constantOf(data.shape[d]);
    SmallVector<int64_t> row;
    for (int64_t at : linear)
      row.push_back(at / stride % size);
    values.insert(values.begin(), row.begin(), row.end());
    stride *= size;
  }
  Elements elements;
  for (int64_t value : values)
    elements.push_back(n.math.constant(value));
  Operand result = fromElements(
      n, elements,
      {n.math.constant(data.rank()), n.math.constant(linear.size())},
      n.b.getI64Type());
  if (elements.size() > size_t(maxTrackedElements))
    result.elements.reset();
  return n.setOutput(0, result);
}

/// All positions, in row-major order, of a tensor without zeros.
static Operand allPositions(Node &n, const Sizes &shape) {
  int64_t rank = shape.size();
  Type i64 = n.b.getI64Type();
  SmallVector<Value> extents, strides(rank);
  for (OpFoldResult size : shape)
    extents.push_back(n.math.materialize(n.math.max(size, n.math.constant(1))));
  OpFoldResult stride = n.math.constant(1);
  for (int64_t d = rank - 1; d >= 0; --d) {
    strides[d] = n.math.materialize(n.math.max(stride, n.math.constant(1)));
    stride = n.math.mul(stride, shape[d]);
  }
  auto position = [&](ScalarBuilder &s, ValueRange at) {
    Value result = s.index(0);
    for (int64_t d = 0; d < rank; ++d) {
      Value quotient = s.make<arith::DivUIOp>(at[1], strides[d]);
      Value along = s.make<arith::RemUIOp>(quotient, extents[d]);
      result = s.select(s.equal(at[0], s.index(d)), along, result);
    }
    return s.make<arith::IndexCastOp>(i64, result);
  };
  return generate(n, {n.math.constant(rank), stride}, i64, position);
}

/// Before there was Range, exporters counted the ones of a ConstantOfShape.
static LogicalResult importNonZero(Node &n) {
  const Operand &data = n.input(0);
  if (auto elements = constantsOf(data)) {
    SmallVector<int64_t> linear;
    for (auto [i, element] : llvm::enumerate(*elements))
      if (!isZero(element))
        linear.push_back(i);
    return setPositions(n, linear);
  }
  Attribute value = uniformValue(data);
  if (!value)
    return refuseDataDependent(n);
  if (!isZero(value))
    return n.setOutput(0, allPositions(n, data.shape));
  Sizes none{n.math.constant(data.rank()), n.math.constant(0)};
  return n.setOutput(
      0, makeOperand(n, emptyTensor(n, none, n.b.getI64Type()), none));
}

ArrayRef<OpEntry> mlir::attn::onnx::dataSizedOps() {
  static const OpEntry table[] = {
      {"NonZero", importNonZero, 1, 1},
      {"Unique", refuseDataDependent, 0, variadic},
      {"Compress", refuseDataDependent, 0, variadic},
      {"NonMaxSuppression", refuseDataDependent, 0, variadic},
  };
  return table;
}
