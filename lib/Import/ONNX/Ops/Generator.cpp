//===- Generator.cpp - Range, Trilu, EyeLike, OneHot, CumSum --------------===//

#include "Ops/Indexing.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// ceil((limit - start) / delta), for floats that only the call knows; NaN, as
/// 0 / 0 is, is 0.
static OpFoldResult floatRangeSizeFromData(Node &n) {
  ScalarBuilder s(n.b, n.loc);
  SmallVector<Value> values;
  for (const Operand &operand : n.allInputs())
    values.push_back(
        s.convert(extractScalar(n, operand), n.b.getF64Type(), false, false));
  Value steps = s.div(s.sub(values[1], values[0]), values[2]);
  Value size = s.toIndex(
      s.convert(s.math<math::CeilOp>(steps), n.b.getI64Type(), false, false));
  n.math.setFromData(size);
  return n.math.max(size, n.math.constant(0));
}

/// ceil((limit - start) / delta), at least 0.
static FailureOr<OpFoldResult> floatRangeSize(Node &n) {
  SmallVector<double> values;
  for (const Operand &operand : n.allInputs()) {
    if (!isConstant(operand))
      return floatRangeSizeFromData(n);
    values.push_back(cast<FloatAttr>(cast<Attribute>(operand.elements->front()))
                         .getValueAsDouble());
  }
  double size = std::ceil((values[1] - values[0]) / values[2]);
  if (!(size < 1e12))
    return n.error() << "expected a range of a size that fits a machine";
  return n.math.constant(size > 0 ? int64_t(size) : 0);
}

/// In 128 bits, where nothing overflows.
static FailureOr<OpFoldResult> constantRangeSize(Node &n, int64_t start,
                                                 int64_t limit, int64_t delta) {
  APInt from(128, start, true), to(128, limit, true), step(128, delta, true);
  APInt span = delta > 0 ? to - from : from - to;
  APInt size =
      llvm::APIntOps::RoundingUDiv(span.isNegative() ? APInt(128, 0) : span,
                                   step.abs(), APInt::Rounding::UP);
  if (size.ugt(uint64_t(maxElements)))
    return n.error() << "expected a range of a size that fits a machine, got "
                     << start << " to " << limit << " by " << delta;
  return n.math.constant(size.getZExtValue());
}

static FailureOr<OpFoldResult> intRangeSize(Node &n) {
  Sizes values;
  for (size_t i = 0; i < 3; ++i) {
    FailureOr<Sizes> one = n.indexElements(i, "bound of a range");
    if (failed(one))
      return failure();
    values.push_back(one->front());
  }
  std::optional<int64_t> start = constantOf(values[0]),
                         limit = constantOf(values[1]),
                         delta = constantOf(values[2]);
  if (!delta || *delta == 0)
    return n.error() << "expected a constant delta other than 0";
  if (start && limit)
    return constantRangeSize(n, *start, *limit, *delta);
  for (OpFoldResult bound : values)
    if (failed(checkPosition(n, bound, "bounds of a range over sizes")))
      return failure();
  OpFoldResult span = *delta > 0 ? n.math.sub(values[1], values[0])
                                 : n.math.sub(values[0], values[1]);
  span = n.math.max(span, n.math.constant(0));
  return n.math.ceilDiv(span, n.math.constant(std::abs(*delta)));
}

static LogicalResult importRange(Node &n) {
  if (failed(checkUniform(n, Kinds::Numbers)))
    return failure();
  for (const Operand &operand : n.allInputs())
    if (staticCount(operand.shape) != 1)
      return n.error() << "expected scalars, got " << operand.type();
  Type type = n.input(0).elementType();
  FailureOr<OpFoldResult> size =
      isa<FloatType>(type) ? floatRangeSize(n) : intRangeSize(n);
  if (failed(size) || failed(checkSizes(n, {*size})))
    return failure();
  std::optional<int64_t> count = constantOf(*size);
  if (count && *count <= maxTrackedElements && !isa<FloatType>(type)) {
    Elements elements;
    for (int64_t i = 0; i < *count; ++i)
      elements.push_back(
          i == 0 ? n.input(0).elements->front()
                 : n.math.add(elements.back(), n.input(2).elements->front()));
    return n.setOutput(0, fromElements(n, elements, {*size}, type));
  }
  Value start = extractScalar(n, n.input(0));
  Value delta = extractScalar(n, n.input(2));
  return n.setOutput(
      0, generate(n, {*size}, type, [&](ScalarBuilder &s, ValueRange at) {
        Value position =
            s.make<arith::IndexCastOp>(s.b.getI64Type(), at.front());
        Value steps = s.convert(position, type, false, false);
        return s.add(start, s.mul(steps, delta));
      }));
}

//===----------------------------------------------------------------------===//
// Trilu, EyeLike, OneHot
//===----------------------------------------------------------------------===//

/// Ones on the diagonal `k` above the main one.
static LogicalResult importEyeLike(Node &n) {
  const Operand &like = n.input(0);
  if (like.rank() != 2)
    return n.error() << "expected a rank of 2, got " << like.type();
  FailureOr<std::pair<Type, bool>> type =
      std::pair(like.elementType(), like.isUnsigned);
  if (n.hasAttr("dtype"))
    type = namedType(n, n.intAttr("dtype", 0));
  if (failed(type))
    return failure();
  // A diagonal outside of every matrix is as good as any other.
  int64_t k = std::clamp(n.intAttr("k", 0), -maxElements, maxElements);
  Operand result = generate(
      n, like.shape, type->first, [&](ScalarBuilder &s, ValueRange at) {
        Value isOne = s.equal(s.add(at[0], s.index(k)), at[1]);
        return s.select(isOne, s.number(type->first, 1),
                        s.number(type->first, 0));
      });
  result.isUnsigned = type->second;
  return n.setOutput(0, result);
}

static LogicalResult importTrilu(Node &n) {
  Operand data = n.input(0);
  if (data.rank() < 2)
    return n.error() << "expected a rank of 2 or more, got " << data.type();
  bool upper = n.intAttr("upper", 1) != 0;
  OpFoldResult diagonal = n.math.constant(0);
  if (n.hasInput(1)) {
    FailureOr<Sizes> given = n.indexElements(1, "k");
    if (failed(given))
      return failure();
    if (given->size() != 1)
      return n.error() << "expected k to be one number";
    diagonal = given->front();
  }
  // A diagonal outside of every matrix is as good as any other; one of sizes
  // is near enough.
  if (constantOf(diagonal) || n.math.isFromData(diagonal) ||
      n.math.mayWrap(diagonal))
    diagonal = n.math.max(n.math.min(diagonal, n.math.constant(maxElements)),
                          n.math.constant(-maxElements));
  Value k = n.math.materialize(diagonal);
  // The positions are those of the loops, so nothing can be folded.
  data.elements.reset();
  auto scalar = [&](ScalarBuilder &s, ValueRange x) {
    Value i = linalg::IndexOp::create(s.b, s.loc, data.rank() - 2);
    Value j = linalg::IndexOp::create(s.b, s.loc, data.rank() - 1);
    Value border = s.add(i, k);
    Value kept = upper ? s.less(border, j, true) : s.less(j, border, true);
    return s.select(kept, x[0], s.number(x[0].getType(), 0));
  };
  FailureOr<Operand> result = elementwise(n, data, data.elementType(), scalar);
  if (failed(result))
    return failure();
  result->isUnsigned = data.isUnsigned;
  return n.setOutput(0, *result);
}

/// Numbers of any type, as i64.
static FailureOr<Operand> asIntegers(Node &n, const Operand &operand) {
  if (operand.isBool())
    return n.error() << "expected numbers, got " << operand.type();
  return castTo(n, operand, n.b.getI64Type());
}

/// The number of places.
static FailureOr<OpFoldResult> readDepth(Node &n) {
  FailureOr<Operand> depth = asIntegers(n, n.input(1));
  if (failed(depth))
    return failure();
  if (staticCount(depth->shape) != 1 || depth->rank() > 1)
    return n.error() << "expected one depth, got " << n.input(1).type();
  readElements(n, *depth);
  return depth->elements->front();
}

/// Negative indices count from the back, before opset 11 too: its text says
/// otherwise, but not what runs it.
/// The elements, where indices and values are known: exporters compute repeats
/// with it.
static std::optional<Elements> foldOneHot(const Operand &indices,
                                          const Operand &values, int64_t axis,
                                          const Sizes &sizes) {
  std::optional<int64_t> count = staticCount(sizes);
  if (!indices.elements || !values.elements || !count ||
      *count > maxTrackedElements)
    return std::nullopt;
  int64_t depth = *constantOf(sizes[axis]), inner = 1;
  for (OpFoldResult size : ArrayRef(sizes).drop_front(axis + 1))
    inner *= *constantOf(size);
  Elements result;
  for (int64_t flat = 0; flat < *count; ++flat) {
    int64_t outer = flat / (depth * inner), at = flat / inner % depth;
    std::optional<int64_t> index =
        constantOf((*indices.elements)[outer * inner + flat % inner]);
    if (!index)
      return std::nullopt;
    bool hot = (*index < 0 ? *index + depth : *index) == at;
    result.push_back((*values.elements)[hot ? 1 : 0]);
  }
  return result;
}

static LogicalResult importOneHot(Node &n) {
  const Operand &values = n.input(2);
  FailureOr<Operand> given = asIntegers(n, n.input(0));
  FailureOr<OpFoldResult> depth = readDepth(n);
  if (failed(given) || failed(depth))
    return failure();
  const Operand &indices = *given;
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", -1), indices.rank() + 1);
  if (failed(axis))
    return failure();
  if (values.rank() != 1 || staticCount(values.shape) != 2)
    return n.error() << "expected two values, got " << values.type();
  Sizes sizes = indices.shape;
  sizes.insert(sizes.begin() + *axis, *depth);
  if (failed(checkSizes(n, sizes)))
    return failure();
  if (std::optional<Elements> known = foldOneHot(indices, values, *axis, sizes))
    return n.setOutput(0, fromElements(n, *known, sizes, values.elementType(),
                                       values.isUnsigned));
  ScalarBuilder s(n.b, n.loc);
  Value off = tensor::ExtractOp::create(n.b, n.loc, values.value, s.index(0));
  Value on = tensor::ExtractOp::create(n.b, n.loc, values.value, s.index(1));
  Value size = n.math.materialize(*depth);
  Operand result = generate(
      n, sizes, values.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        SmallVector<Value> position(at);
        position.erase(position.begin() + *axis);
        Value element =
            tensor::ExtractOp::create(s.b, s.loc, indices.value, position);
        Value hot = s.equal(wrapIndex(s, element, size), at[*axis]);
        return s.select(hot, on, off);
      });
  result.isUnsigned = values.isUnsigned;
  return n.setOutput(0, result);
}

//===----------------------------------------------------------------------===//
// CumSum
//===----------------------------------------------------------------------===//

/// The element before, along the direction of summation, or 0.
static Value previousOf(ScalarBuilder &s, Value tensor, ValueRange at,
                        int64_t axis, Value before, Value isFirst, Type type) {
  SmallVector<Value> position(at);
  position[axis] = s.select(isFirst, at[axis], before);
  Value value = tensor::ExtractOp::create(s.b, s.loc, tensor, position);
  return s.select(isFirst, s.number(type, 0), value);
}

static LogicalResult importCumSum(Node &n) {
  const Operand &data = n.input(0);
  if (data.isBool())
    return n.error() << "expected numbers, got " << data.type();
  FailureOr<SmallVector<int64_t>> given = n.constantInts(1, "axis");
  if (failed(given))
    return failure();
  if (given->size() != 1)
    return n.error() << "expected one axis, got " << given->size();
  FailureOr<int64_t> axis = n.axis(given->front(), data.rank());
  if (failed(axis))
    return failure();
  bool exclusive = n.intAttr("exclusive", 0), reverse = n.intAttr("reverse", 0);
  Type type = data.elementType();
  Value last =
      n.math.materialize(n.math.sub(data.shape[*axis], n.math.constant(1)));
  Operand sums = makeOperand(n, emptyTensor(n, data.shape, type), data.shape,
                             data.isUnsigned);
  auto body = [&](ScalarBuilder &s, Value tensor, ValueRange loops) -> Value {
    SmallVector<Value> at(loops);
    Value isFirst = s.equal(loops[*axis], s.index(0));
    if (reverse)
      at[*axis] = s.sub(last, at[*axis]);
    Value before =
        reverse ? s.add(at[*axis], s.index(1)) : s.sub(at[*axis], s.index(1));
    Value sum = previousOf(s, tensor, at, *axis, before, isFirst, type);
    Value next =
        exclusive ? previousOf(s, data.value, at, *axis, before, isFirst, type)
                  : tensor::ExtractOp::create(s.b, s.loc, data.value, at);
    return tensor::InsertOp::create(s.b, s.loc, s.add(sum, next), tensor, at);
  };
  return n.setOutput(0, updateLoop(n, sums, data.shape, body));
}

ArrayRef<OpEntry> mlir::attn::onnx::generatorOps() {
  static const OpEntry table[] = {
      {"Range", importRange, 3, 3},     {"Trilu", importTrilu, 1, 2},
      {"EyeLike", importEyeLike, 1, 1}, {"OneHot", importOneHot, 3, 3},
      {"CumSum", importCumSum, 2, 2},
  };
  return table;
}
