//===- Pad.cpp - Pad and Tile ---------------------------------------------===//

#include "Core/Broadcast.h"
#include "Core/Elementwise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// What is added before and after each dimension; negative crops.
struct Padding {
  Sizes low, high;
};
} // namespace

static FailureOr<Padding> readPadding(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<std::optional<Sizes>> given = n.indexList(1, "pads");
  if (failed(given))
    return failure();
  if (!*given)
    return n.error() << "expected pads, got none";
  const Sizes &pads = **given;
  SmallVector<int64_t> values = llvm::to_vector(llvm::seq(data.rank()));
  if (n.hasInput(3)) {
    FailureOr<SmallVector<int64_t>> given = n.constantInts(3, "axes");
    if (failed(given))
      return failure();
    values = *given;
  }
  FailureOr<SmallVector<int64_t>> axes = n.axes(values, data.rank());
  if (failed(axes))
    return failure();
  if (pads.size() != 2 * axes->size())
    return n.error() << "expected " << 2 * axes->size() << " pads, got "
                     << pads.size();
  Padding padding{Sizes(data.rank(), n.math.constant(0)),
                  Sizes(data.rank(), n.math.constant(0))};
  for (OpFoldResult pad : pads)
    if (failed(checkPosition(n, pad, "pads")))
      return failure();
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    padding.low[axis] = pads[i];
    padding.high[axis] = pads[i + axes->size()];
  }
  return padding;
}

/// Takes off what negative pads crop, and leaves pads that only add.
static FailureOr<Operand> crop(Node &n, const Operand &data, Padding &padding) {
  Sizes offsets, sizes;
  OpFoldResult zero = n.math.constant(0);
  for (int64_t d = 0; d < data.rank(); ++d) {
    OpFoldResult size = data.shape[d], offset = zero;
    if (constantOf(padding.low[d]).value_or(0) < 0) {
      offset = n.math.sub(zero, padding.low[d]);
      size = n.math.add(size, padding.low[d]);
      padding.low[d] = zero;
    }
    if (constantOf(padding.high[d]).value_or(0) < 0) {
      size = n.math.add(size, padding.high[d]);
      padding.high[d] = zero;
    }
    if (!n.math.equal(size, data.shape[d]) && !constantOf(size))
      return n.error() << "expected pads that are not negative on dynamic "
                          "dimension "
                       << d;
    if (constantOf(size).value_or(0) < 0)
      return n.error() << "expected pads to crop no more than dimension " << d;
    offsets.push_back(offset);
    sizes.push_back(size);
  }
  if (data.shape == ArrayRef(sizes))
    return data;
  SmallVector<int64_t> ones(data.rank(), 1);
  return slice(n, data, offsets, sizes, ones);
}

/// What is added: input 2, or before opset 11 attribute 'value'; else 0.
static FailureOr<Value> readFill(Node &n) {
  Type type = n.input(0).elementType();
  ScalarBuilder s(n.b, n.loc);
  if (n.opset < 11 && n.input(0).isFloat())
    return s.floating(type, n.floatAttr("value", 0));
  if (!n.hasInput(2))
    return s.number(type, 0);
  const Operand &given = n.input(2);
  if (given.elementType() != type || staticCount(given.shape) != 1)
    return n.error() << "expected input 2 to be one element of " << type
                     << ", got " << given.type();
  return extractScalar(n, given);
}

static FailureOr<Operand> padConstant(Node &n, const Operand &data,
                                      const Padding &padding,
                                      const Sizes &sizes) {
  FailureOr<Value> fill = readFill(n);
  if (failed(fill))
    return failure();
  Value result = insertSlice(n, data.value, data.shape,
                             filledTensor(n, sizes, *fill), padding.low);
  return makeOperand(n, result, sizes, data.isUnsigned);
}

/// The position in [0, size) that is repeated at `at`.
static Value foldPosition(ScalarBuilder &s, StringRef mode, Value at,
                          Value size) {
  Value zero = s.index(0), last = s.sub(size, s.index(1));
  if (mode == "edge")
    return s.make<arith::MinSIOp>(s.make<arith::MaxSIOp>(at, zero), last);
  auto modulo = [&](Value x, Value m) {
    Value rest = s.make<arith::RemSIOp>(x, m);
    return s.select(s.less(rest, zero, false), s.add(rest, m), rest);
  };
  if (mode == "wrap")
    return modulo(at, s.make<arith::MaxSIOp>(size, s.index(1)));
  // Reflect without repeating the ends: a period of 2 (size - 1).
  Value period = s.make<arith::MaxSIOp>(s.add(last, last), s.index(1));
  Value folded = modulo(at, period);
  return s.make<arith::MinSIOp>(folded, s.sub(period, folded));
}

static Operand padRepeating(Node &n, const Operand &data,
                            const Padding &padding, const Sizes &sizes,
                            StringRef mode) {
  SmallVector<Value> low, extent;
  for (int64_t d = 0; d < data.rank(); ++d) {
    low.push_back(n.math.materialize(padding.low[d]));
    extent.push_back(n.math.materialize(data.shape[d]));
  }
  Operand result = generate(
      n, sizes, data.elementType(), [&](ScalarBuilder &s, ValueRange at) {
        SmallVector<Value> from;
        for (auto [d, position] : llvm::enumerate(at))
          from.push_back(
              n.math.equal(sizes[d], data.shape[d])
                  ? position
                  : foldPosition(s, mode, s.sub(position, low[d]), extent[d]));
        return tensor::ExtractOp::create(s.b, s.loc, data.value, from);
      });
  result.isUnsigned = data.isUnsigned;
  return result;
}

static LogicalResult requireNonNegative(Node &n, OpFoldResult pad, int64_t d) {
  if (n.math.isNonNegative(pad))
    return success();
  if (!n.math.isFromData(pad))
    return n.error() << "expected pads of dimension " << d
                     << " that are provably not negative";
  ScalarBuilder s(n.b, n.loc);
  emitAssert(n, s.less(s.index(0), n.math.materialize(pad), true),
             "expected pads of dimension " + Twine(d) +
                 " that are not negative");
  return success();
}

static LogicalResult importPad(Node &n) {
  std::string mode = n.stringAttr("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" &&
      mode != "wrap")
    return n.error() << "expected mode constant, edge, reflect or wrap, got '"
                     << Importer::printable(mode) << "'";
  FailureOr<Padding> padding = readPadding(n);
  if (failed(padding))
    return failure();
  FailureOr<Operand> data = crop(n, n.input(0), *padding);
  if (failed(data))
    return failure();
  Sizes sizes;
  for (int64_t d = 0; d < data->rank(); ++d) {
    if (mode != "constant" && constantOf(data->shape[d]) == 0)
      return n.error() << "expected something to repeat in dimension " << d;
    for (OpFoldResult pad : {padding->low[d], padding->high[d]})
      if (failed(requireNonNegative(n, pad, d)))
        return failure();
    sizes.push_back(n.math.add(data->shape[d],
                               n.math.add(padding->low[d], padding->high[d])));
  }
  if (failed(checkSizes(n, sizes)))
    return failure();
  FailureOr<Operand> result =
      mode == "constant"
          ? padConstant(n, *data, *padding, sizes)
          : FailureOr<Operand>(padRepeating(n, *data, *padding, sizes, mode));
  return n.setOutput(0, result);
}

/// Copies to (repeats, size) pairs of dimensions, then joins the pairs.
static LogicalResult importTile(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<Sizes> repeats = n.indexElements(1, "repeats");
  if (failed(repeats))
    return failure();
  if (int64_t(repeats->size()) != data.rank())
    return n.error() << "expected " << data.rank() << " repeats, got "
                     << repeats->size();
  for (OpFoldResult repeat : *repeats)
    if (failed(checkPosition(n, repeat, "repeats")))
      return failure();
  Sizes single, pairs, sizes;
  for (int64_t d = 0; d < data.rank(); ++d) {
    single.append({n.math.constant(1), data.shape[d]});
    pairs.append({(*repeats)[d], data.shape[d]});
    sizes.push_back(n.math.mul((*repeats)[d], data.shape[d]));
  }
  if (2 * data.rank() > 16)
    return n.error() << "expected a rank of 8 or less, got " << data.rank();
  FailureOr<Operand> result = reshape(n, data, single);
  if (failed(result) || failed(checkSizes(n, pairs)) ||
      failed(checkSizes(n, sizes)))
    return failure();
  // Not by expandTo, which keeps what is repeated zero times.
  result = reshape(n, repeatTo(n, *result, pairs), sizes);
  return n.setOutput(0, result);
}

ArrayRef<OpEntry> mlir::attn::onnx::padOps() {
  static const OpEntry table[] = {
      {"Pad", importPad, 1, 4},
      {"Tile", importTile, 2, 2},
  };
  return table;
}
