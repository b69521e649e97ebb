//===- Join.cpp - Concat, Split, Slice ------------------------------------===//

#include "Elementwise.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

static LogicalResult importConcat(Node &n) {
  if (failed(checkUniform(n, Kinds::Any)))
    return failure();
  if (!n.hasAttr("axis"))
    return n.error() << "expected attribute 'axis'";
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), n.input(0).rank());
  if (failed(axis))
    return failure();
  for (size_t i = 0; i < n.numInputs(); ++i)
    if (!n.hasInput(i))
      return n.error() << "expected input " << i << " to be there, got none";
  FailureOr<Operand> result = concat(n, n.allInputs(), *axis);
  return n.setOutput(0, result);
}

//===----------------------------------------------------------------------===//
// Split
//===----------------------------------------------------------------------===//

/// As many parts as there are outputs, of equal size but for the last.
static FailureOr<Sizes> equalParts(Node &n, OpFoldResult size) {
  int64_t count = n.intAttr("num_outputs", n.numOutputs());
  if (count <= 0 || count != int64_t(n.numOutputs()))
    return n.error() << "expected num_outputs to be " << n.numOutputs()
                     << ", got " << count;
  OpFoldResult part = n.math.ceilDiv(size, n.math.constant(count));
  Sizes parts(count - 1, part);
  OpFoldResult rest =
      n.math.sub(size, n.math.mul(part, n.math.constant(count - 1)));
  parts.push_back(n.math.max(rest, n.math.constant(0)));
  return parts;
}

static LogicalResult importSplit(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<int64_t> axis = n.axis(n.intAttr("axis", 0), data.rank());
  if (failed(axis))
    return failure();
  OpFoldResult size = data.shape[*axis];
  FailureOr<Sizes> parts =
      n.hasInput(1) ? n.indexElements(1, "split") : equalParts(n, size);
  if (failed(parts) || failed(checkSizes(n, *parts)))
    return failure();
  if (parts->size() != n.numOutputs())
    return n.error() << "expected " << n.numOutputs() << " parts, got "
                     << parts->size();
  OpFoldResult total = n.math.constant(0);
  for (OpFoldResult part : *parts)
    total = n.math.add(total, part);
  if (failed(requireEqual(n, total, size,
                          "expected the parts of '" + data.name +
                              "' to sum to its dimension " + Twine(*axis))))
    return failure();
  Sizes offsets(data.rank(), n.math.constant(0)), sizes = data.shape;
  SmallVector<int64_t> ones(data.rank(), 1);
  for (auto [i, part] : llvm::enumerate(*parts)) {
    sizes[*axis] = part;
    if (failed(n.setOutput(i, slice(n, data, offsets, sizes, ones))))
      return failure();
    offsets[*axis] = n.math.add(offsets[*axis], part);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
/// One dimension of a slice: elements start, start + step, ..., `size` of them.
struct Extent {
  OpFoldResult start, size;
  int64_t step = 1;
};
} // namespace

/// Bounds beyond this mean "to the end".
static constexpr int64_t unbounded = (int64_t(1) << 31) - 1;

/// A bound counts from the back when negative; the result is in [low, size +
/// high].
static OpFoldResult clampBound(Node &n, OpFoldResult bound, OpFoldResult size,
                               int64_t low, int64_t high) {
  IndexMath &math = n.math;
  OpFoldResult limit = math.add(size, math.constant(high));
  if (std::optional<int64_t> value = constantOf(bound)) {
    if (*value >= unbounded)
      return limit;
    if (*value <= -unbounded)
      return math.constant(low);
    OpFoldResult position = *value < 0 ? math.add(size, bound) : bound;
    if (*value < 0)
      return math.max(math.constant(low),
                      high < 0 ? math.min(position, limit) : position);
    return math.max(math.constant(low), math.min(position, limit));
  }
  if (math.isNonNegative(bound))
    return math.max(math.constant(low), math.min(bound, limit));
  ScalarBuilder s(n.b, n.loc);
  Value raw = math.materialise(bound);
  Value wrapped = math.materialise(math.add(size, bound));
  Value position = s.select(s.less(raw, s.index(0), false), wrapped, raw);
  return math.max(math.constant(low), math.min(position, limit));
}

static Extent sliceExtent(Node &n, OpFoldResult start, OpFoldResult end,
                          int64_t step, OpFoldResult size) {
  IndexMath &math = n.math;
  Extent extent;
  extent.step = step;
  bool forward = step > 0;
  extent.start = clampBound(n, start, size, 0, forward ? 0 : -1);
  OpFoldResult stop =
      clampBound(n, end, size, forward ? 0 : -1, forward ? 0 : -1);
  OpFoldResult span =
      forward ? math.sub(stop, extent.start) : math.sub(extent.start, stop);
  span = math.max(span, math.constant(0));
  if (forward && constantOf(size) &&
      constantOf(extent.start) == constantOf(size))
    span = math.constant(0);
  extent.size = math.ceilDiv(span, math.constant(forward ? step : -step));
  return extent;
}

/// With a negative step: read element by element.
static Operand sliceBackwards(Node &n, const Operand &data,
                              ArrayRef<Extent> extents, const Sizes &sizes) {
  SmallVector<Value> starts;
  for (const Extent &extent : extents)
    starts.push_back(n.math.materialise(extent.start));
  return generate(
      n, sizes, data.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        SmallVector<Value> from;
        for (auto [i, extent] : llvm::enumerate(extents))
          from.push_back(s.add(starts[i], s.mul(at[i], s.index(extent.step))));
        return tensor::ExtractOp::create(s.b, s.loc, data.value, from);
      });
}

static LogicalResult importSlice(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<Sizes> starts = n.indexElements(1, "starts");
  if (failed(starts))
    return failure();
  FailureOr<Sizes> ends = n.indexElements(2, "ends");
  if (failed(ends))
    return failure();
  SmallVector<int64_t> values =
      llvm::to_vector(llvm::seq<int64_t>(starts->size()));
  SmallVector<int64_t> steps(starts->size(), 1);
  for (auto [i, list, what] : {std::tuple(size_t(3), &values, "axes"),
                               std::tuple(size_t(4), &steps, "steps")}) {
    if (!n.hasInput(i))
      continue;
    FailureOr<SmallVector<int64_t>> given = n.constantInts(i, what);
    if (failed(given))
      return failure();
    *list = *given;
  }
  FailureOr<SmallVector<int64_t>> axes = n.axes(values, data.rank());
  if (failed(axes))
    return failure();
  if (ends->size() != starts->size() || axes->size() != starts->size() ||
      steps.size() != starts->size())
    return n.error() << "expected starts, ends, axes and steps of one length";

  SmallVector<Extent> extents;
  for (OpFoldResult size : data.shape)
    extents.push_back({n.math.constant(0), size, 1});
  bool forward = true;
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    if (steps[i] == 0 || steps[i] == INT64_MIN)
      return n.error() << "expected steps other than " << steps[i];
    forward &= steps[i] > 0;
    extents[axis] =
        sliceExtent(n, (*starts)[i], (*ends)[i], steps[i], data.shape[axis]);
  }
  Sizes offsets, sizes;
  SmallVector<int64_t> strides;
  for (const Extent &extent : extents) {
    offsets.push_back(extent.start);
    sizes.push_back(extent.size);
    strides.push_back(extent.step);
  }
  // Backwards only known lists are computed while importing.
  bool known = data.elements && staticCount(sizes);
  if (!forward && !known) {
    Operand result = sliceBackwards(n, data, extents, sizes);
    result.isUnsigned = data.isUnsigned;
    return n.setOutput(0, result);
  }
  return n.setOutput(0, slice(n, data, offsets, sizes, strides));
}

ArrayRef<OpEntry> mlir::attn::onnx::joinOps() {
  static const OpEntry table[] = {
      {"Concat", importConcat, 1, variadic},
      {"Split", importSplit, 1, 2},
      {"Slice", importSlice, 3, 5},
  };
  return table;
}
