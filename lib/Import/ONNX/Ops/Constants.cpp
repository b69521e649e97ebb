//===- Constants.cpp - Constants and shapes -------------------------------===//

#include "Core/Emit.h"
#include "Core/Registry.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static LogicalResult setInts(Node &n, ArrayRef<int64_t> values, Sizes sizes) {
  Elements elements;
  for (int64_t value : values)
    elements.push_back(n.math.constant(value));
  return n.setOutput(0, fromElements(n, elements, sizes, n.b.getI64Type()));
}

static LogicalResult setFloats(Node &n, ArrayRef<float> values, Sizes sizes) {
  Elements elements;
  for (float value : values)
    elements.push_back(OpFoldResult(n.b.getF32FloatAttr(value)));
  return n.setOutput(0, fromElements(n, elements, sizes, n.b.getF32Type()));
}

static LogicalResult importConstant(Node &n) {
  if (const pb::TensorProto *tensor = n.tensorAttr("value")) {
    FailureOr<Operand> operand = n.importer.importTensor(
        *tensor, n.hasOutput(0) ? n.proto.output(0) : "", n.loc);
    return n.setOutput(0, operand);
  }
  if (n.hasAttr("value_int"))
    return setInts(n, n.intAttr("value_int", 0), {});
  if (n.hasAttr("value_float"))
    return setFloats(n, float(n.floatAttr("value_float", 0)), {});
  if (auto values = n.intsAttr("value_ints"))
    return setInts(n, *values, {n.math.constant(values->size())});
  if (auto values = n.floatsAttr("value_floats"))
    return setFloats(n, *values, {n.math.constant(values->size())});
  if (failed(n.checkAttributes()))
    return failure();
  return n.error() << "expected a value of numbers";
}

static LogicalResult importConstantOfShape(Node &n) {
  FailureOr<Sizes> sizes = n.indexElements(0, "shape");
  if (failed(sizes) || failed(checkSizes(n, *sizes)))
    return failure();
  Operand value = fromElements(n, {OpFoldResult(n.b.getF32FloatAttr(0))}, {},
                               n.b.getF32Type());
  if (const pb::TensorProto *tensor = n.tensorAttr("value")) {
    FailureOr<Operand> given = n.importer.importTensor(*tensor, "value", n.loc);
    if (failed(given))
      return failure();
    if (!given->elements || given->elements->size() != 1)
      return n.error() << "expected a value of one element, got "
                       << given->type();
    value = *given;
  }
  std::optional<int64_t> count = staticCount(*sizes);
  if (count && *count <= maxTrackedElements) {
    Elements elements(*count, value.elements->front());
    return n.setOutput(0, fromElements(n, elements, *sizes, value.elementType(),
                                       value.isUnsigned));
  }
  Value filled = filledTensor(n, *sizes, extractScalar(n, value));
  return n.setOutput(0, makeOperand(n, filled, *sizes, value.isUnsigned));
}

/// Shape's bounds count from the back when negative, and are clamped.
static int64_t clampBound(int64_t bound, int64_t rank) {
  bound = bound < 0 ? bound + rank : bound;
  return std::min(std::max<int64_t>(bound, 0), rank);
}

static LogicalResult importShape(Node &n) {
  const Operand &data = n.input(0);
  int64_t start = clampBound(n.intAttr("start", 0), data.rank());
  int64_t end = clampBound(n.intAttr("end", data.rank()), data.rank());
  Sizes sizes(
      ArrayRef(data.shape).slice(start, std::max<int64_t>(end - start, 0)));
  return n.setOutput(0, fromIndices(n, sizes));
}

static LogicalResult importSize(Node &n) {
  Elements count{n.math.product(n.input(0).shape)};
  return n.setOutput(0, fromElements(n, count, {}, n.b.getI64Type()));
}

ArrayRef<OpEntry> mlir::attn::onnx::constantOps() {
  static const OpEntry table[] = {
      {"Constant", importConstant, 0, 0},
      {"ConstantOfShape", importConstantOfShape, 1, 1},
      {"Shape", importShape, 1, 1},
      {"Size", importSize, 1, 1},
  };
  return table;
}
