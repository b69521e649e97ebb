//===- Window.cpp - Attributes and sizes of windows -----------------------===//

#include "Ops/Window.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// A positive factor for each spatial dimension; 1 where it is left out.
static FailureOr<SmallVector<int64_t>> readFactors(Node &n, StringRef name,
                                                   int64_t count) {
  SmallVector<int64_t> factors =
      n.intsAttr(name).value_or(SmallVector<int64_t>(count, 1));
  if (int64_t(factors.size()) != count ||
      llvm::any_of(factors, [](int64_t f) { return f < 1 || f > INT32_MAX; }))
    return n.error() << "expected " << name << " to be " << count
                     << " positive numbers, got ["
                     << llvm::join(llvm::map_range(factors,
                                                   [](int64_t f) {
                                                     return std::to_string(f);
                                                   }),
                                   ", ")
                     << "]";
  return factors;
}

FailureOr<Window>
mlir::attn::onnx::readWindow(Node &n, const Operand &data,
                             ArrayRef<OpFoldResult> kernelSizes) {
  Window window;
  window.data = data;
  window.kernelSizes.assign(kernelSizes.begin(), kernelSizes.end());
  for (auto [name, factors] : {std::pair("strides", &window.strides),
                               std::pair("dilations", &window.dilations)}) {
    FailureOr<SmallVector<int64_t>> read =
        readFactors(n, name, window.spatial());
    if (failed(read))
      return failure();
    *factors = *read;
  }
  return window;
}

/// How many elements a kernel spans in spatial dimension `d`.
static OpFoldResult extentOf(Node &n, const Window &window, int64_t d) {
  OpFoldResult one = n.math.constant(1);
  OpFoldResult steps = n.math.sub(window.kernelSizes[d], one);
  return n.math.add(n.math.mul(steps, n.math.constant(window.dilations[d])),
                    one);
}

FailureOr<SmallVector<int64_t>> mlir::attn::onnx::readPads(Node &n,
                                                           int64_t count) {
  SmallVector<int64_t> pads =
      n.intsAttr("pads").value_or(SmallVector<int64_t>(2 * count, 0));
  if (int64_t(pads.size()) != 2 * count)
    return n.error() << "expected " << 2 * count << " pads, got "
                     << pads.size();
  for (int64_t pad : pads)
    if (pad < 0 || pad > INT32_MAX)
      return n.error() << "expected pads that are not negative, got " << pad;
  return pads;
}

static LogicalResult setPads(Node &n, Window &window) {
  int64_t count = window.spatial();
  FailureOr<SmallVector<int64_t>> pads = readPads(n, count);
  if (failed(pads))
    return failure();
  for (int64_t d = 0; d < count; ++d) {
    window.low.push_back(n.math.constant((*pads)[d]));
    window.high.push_back(n.math.constant((*pads)[d + count]));
  }
  return success();
}

/// As many results as strides begin in the data; an odd pad goes to the end
/// for SAME_UPPER.
static void padToSame(Node &n, Window &window, bool upper) {
  for (int64_t d = 0; d < window.spatial(); ++d) {
    OpFoldResult size = window.data.shape[d + 2], zero = n.math.constant(0);
    OpFoldResult stride = n.math.constant(window.strides[d]);
    OpFoldResult last = n.math.mul(
        n.math.sub(n.math.ceilDiv(size, stride), n.math.constant(1)), stride);
    OpFoldResult total = n.math.max(
        n.math.sub(n.math.add(last, extentOf(n, window, d)), size), zero);
    OpFoldResult half = n.math.div(total, n.math.constant(2));
    OpFoldResult rest = n.math.sub(total, half);
    window.low.push_back(upper ? half : rest);
    window.high.push_back(upper ? rest : half);
  }
}

LogicalResult mlir::attn::onnx::setPadding(Node &n, Window &window) {
  std::string mode = n.stringAttr("auto_pad", "NOTSET");
  if (mode == "NOTSET")
    return setPads(n, window);
  if (mode != "SAME_UPPER" && mode != "SAME_LOWER" && mode != "VALID")
    return n.error() << "expected auto_pad to be NOTSET, SAME_UPPER, "
                        "SAME_LOWER or VALID, got '"
                     << Importer::printable(mode) << "'";
  // Written too by exporters, and then without a meaning.
  n.intsAttr("pads");
  if (mode == "VALID")
    window.low = window.high = Sizes(window.spatial(), n.math.constant(0));
  else
    padToSame(n, window, mode == "SAME_UPPER");
  return success();
}

/// How often a window fits into a dimension with `room` beside one. With
/// `ceil` a last one may reach beyond, if it begins in the data or before.
static OpFoldResult countSteps(Node &n, Window &window, int64_t d,
                               OpFoldResult room) {
  OpFoldResult stride = n.math.constant(window.strides[d]),
               one = n.math.constant(1);
  if (!window.ceil)
    return n.math.add(n.math.div(room, stride), one);
  OpFoldResult held = n.math.add(window.data.shape[d + 2], window.low[d]);
  OpFoldResult last = n.math.min(n.math.ceilDiv(room, stride),
                                 n.math.div(n.math.sub(held, one), stride));
  OpFoldResult reached = n.math.sub(n.math.mul(last, stride), room);
  window.beyond.push_back(n.math.max(reached, n.math.constant(0)));
  return n.math.add(last, one);
}

LogicalResult mlir::attn::onnx::setOutputSizes(Node &n, Window &window) {
  for (int64_t d = 0; d < window.spatial(); ++d) {
    OpFoldResult padded = n.math.add(window.data.shape[d + 2],
                                     n.math.add(window.low[d], window.high[d]));
    OpFoldResult extent = extentOf(n, window, d);
    OpFoldResult room = n.math.sub(padded, extent);
    std::string message = ("expected dimension " + Twine(d + 2) + " of '" +
                           window.data.name + "' to hold a kernel")
                              .str();
    if (constantOf(room).value_or(0) < 0)
      return n.error() << message << " of " << *constantOf(extent) << ", got "
                       << *constantOf(padded) << " with its pads";
    if (!constantOf(room)) {
      ScalarBuilder s(n.b, n.loc);
      Value fits =
          s.less(n.math.materialize(extent), n.math.materialize(padded), true);
      emitAssert(n, fits, message);
    }
    window.out.push_back(countSteps(n, window, d, room));
  }
  return success();
}

FailureOr<Operand> mlir::attn::onnx::padWith(Node &n, const Window &window,
                                             Value value) {
  auto isZero = [](OpFoldResult size) { return constantOf(size) == 0; };
  if (llvm::all_of(window.low, isZero) && llvm::all_of(window.high, isZero) &&
      llvm::all_of(window.beyond, isZero))
    return window.data;
  Sizes sizes = window.data.shape, offsets(sizes.size(), n.math.constant(0));
  for (int64_t d = 0; d < window.spatial(); ++d) {
    OpFoldResult added = n.math.add(window.low[d], window.high[d]);
    if (!window.beyond.empty())
      added = n.math.add(added, window.beyond[d]);
    offsets[d + 2] = window.low[d];
    sizes[d + 2] = n.math.add(sizes[d + 2], added);
  }
  if (failed(checkSizes(n, sizes)))
    return failure();
  Value filled = filledTensor(n, sizes, value);
  return makeOperand(
      n, insertSlice(n, window.data.value, window.data.shape, filled, offsets),
      sizes);
}
