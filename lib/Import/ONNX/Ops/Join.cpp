//===- Join.cpp - Concat, Split, Slice ------------------------------------===//

#include "Core/Elementwise.h"

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
  SmallVector<Operand> parts(n.allInputs());
  // Sizes beside others, of which some are known.
  if (llvm::any_of(parts, [](const Operand &part) { return !!part.elements; }))
    for (Operand &part : parts)
      readElements(n, part);
  FailureOr<Operand> result = concat(n, parts, *axis);
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
  FailureOr<std::optional<Sizes>> given = n.indexList(1, "split");
  if (failed(given))
    return failure();
  FailureOr<Sizes> parts = *given ? **given : equalParts(n, size);
  if (failed(parts))
    return failure();
  for (OpFoldResult part : *parts)
    if (failed(checkSizes(n, {part})))
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

/// On a dynamic dimension, bounds beyond this mean "to the end".
static constexpr int64_t unbounded = (int64_t(1) << 31) - 1;

/// The end that a constant bound of a dynamic dimension stands for, if it does.
/// Writers use 2^31 - 1 as well as 2^63 - 1, and machines hold larger sizes.
static std::optional<bool> standsForLast(Node &n, int64_t bound,
                                         OpFoldResult size) {
  if (bound < unbounded && bound > -unbounded)
    return std::nullopt;
  if (bound < maxElements && bound > -maxElements) {
    ScalarBuilder s(n.b, n.loc);
    emitAssert(
        n, s.less(n.math.materialize(size), s.index(std::abs(bound)), true),
        "expected a dimension no larger than a bound of " + Twine(bound));
  }
  return bound > 0;
}

/// A bound counts from the back when negative; the result is in [low, size +
/// high].
static OpFoldResult clampBound(Node &n, OpFoldResult bound, OpFoldResult size,
                               int64_t low, int64_t high) {
  IndexMath &math = n.math;
  OpFoldResult limit = math.add(size, math.constant(high));
  if (std::optional<int64_t> value = constantOf(bound)) {
    if (!constantOf(size))
      if (std::optional<bool> last = standsForLast(n, *value, size))
        return *last ? limit : math.constant(low);
    OpFoldResult position = *value < 0 ? math.add(size, bound) : bound;
    if (*value < 0)
      return math.max(math.constant(low),
                      high < 0 ? math.min(position, limit) : position);
    return math.max(math.constant(low), math.min(position, limit));
  }
  if (math.isNonNegative(bound))
    return math.max(math.constant(low), math.min(bound, limit));
  ScalarBuilder s(n.b, n.loc);
  Value raw = math.materialize(bound);
  Value wrapped = math.materialize(math.add(size, bound));
  Value position = s.select(s.less(raw, s.index(0), false), wrapped, raw);
  return math.max(math.constant(low), math.min(position, limit));
}

static Extent sliceExtent(Node &n, OpFoldResult start, OpFoldResult end,
                          int64_t step, OpFoldResult size) {
  IndexMath &math = n.math;
  Extent extent;
  // A longer step than any dimension gives the first element, as any other.
  step = std::clamp(step, -maxElements, maxElements);
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
  if (constantOf(extent.size).value_or(2) <= 1)
    extent.step = forward ? 1 : -1;
  return extent;
}

/// With a negative step: read element by element.
static Operand sliceBackwards(Node &n, const Operand &data,
                              ArrayRef<Extent> extents, const Sizes &sizes) {
  SmallVector<Value> starts;
  for (const Extent &extent : extents)
    starts.push_back(n.math.materialize(extent.start));
  return generate(
      n, sizes, data.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        SmallVector<Value> from;
        for (auto [i, extent] : llvm::enumerate(extents))
          from.push_back(s.add(starts[i], s.mul(at[i], s.index(extent.step))));
        return tensor::ExtractOp::create(s.b, s.loc, data.value, from);
      });
}

namespace {
/// What a Slice says, an entry for each of `axes`.
struct Cut {
  Sizes starts, ends;
  SmallVector<int64_t> axes, steps;
};
} // namespace

static FailureOr<Cut> readCut(Node &n, int64_t rank) {
  FailureOr<std::optional<Sizes>> starts = n.indexList(1, "starts");
  FailureOr<std::optional<Sizes>> ends = n.indexList(2, "ends");
  FailureOr<std::optional<SmallVector<int64_t>>> given =
      n.constantList(3, "axes");
  if (failed(starts) || failed(ends) || failed(given))
    return failure();
  if (!*starts || !*ends)
    return n.error() << "expected starts and ends, got none";
  size_t count = (*starts)->size();
  Cut cut{**starts, **ends, {}, SmallVector<int64_t>(count, 1)};
  if (n.hasInput(4)) {
    FailureOr<SmallVector<int64_t>> steps = n.constantInts(4, "steps");
    if (failed(steps))
      return failure();
    cut.steps = *steps;
  }
  FailureOr<SmallVector<int64_t>> axes = n.axes(
      *given ? **given : llvm::to_vector(llvm::seq<int64_t>(count)), rank);
  if (failed(axes))
    return failure();
  cut.axes = *axes;
  if (cut.ends.size() != count || cut.axes.size() != count ||
      cut.steps.size() != count)
    return n.error() << "expected starts, ends, axes and steps of one length";
  return cut;
}

static LogicalResult importSlice(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<Cut> cut = readCut(n, data.rank());
  if (failed(cut))
    return failure();
  SmallVector<Extent> extents;
  for (OpFoldResult size : data.shape)
    extents.push_back({n.math.constant(0), size, 1});
  bool forward = true;
  for (auto [i, axis] : llvm::enumerate(cut->axes)) {
    int64_t step = cut->steps[i];
    if (step == 0)
      return n.error() << "expected steps other than 0";
    forward &= step > 0;
    extents[axis] =
        sliceExtent(n, cut->starts[i], cut->ends[i], step, data.shape[axis]);
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
      {"Slice", importSlice, 1, 5},
  };
  return table;
}
