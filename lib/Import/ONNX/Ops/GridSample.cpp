//===- GridSample.cpp - An image at places that a grid gives --------------===//
// Each position of the result has a place in the image: a column and a row
// between -1 and 1, from one border to the other. What is there is the nearest
// pixel, or a sum of the four around it.
//===----------------------------------------------------------------------===//

#include "Ops/GridSample.h"

#include "Core/Elementwise.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
/// What is read outside of the image.
enum class Padding { Zeros, Border, Reflection };

struct Sampling {
  bool isNearest, alignCorners;
  Padding padding;
};

/// A position along one dimension: what of it is read, and whether that is in
/// the image.
struct Tap {
  Value index, inside, weight;
};

/// Writes the element of one position. Places and sums are of type `sums`.
class GridSampler {
public:
  GridSampler(Node &n, ScalarBuilder &s, const Sampling &how, Type sums)
      : n(n), s(s), how(how), sums(sums) {}

  Value sample(ValueRange at);

private:
  Value number(double value) { return s.floating(sums, value); }
  Value toFloat(Value index) {
    return s.make<arith::SIToFPOp>(
        sums, s.make<arith::IndexCastOp>(s.b.getI64Type(), index));
  }
  Value clamp(Value place, Value size) {
    Value last = s.sub(toFloat(size), number(1));
    return s.make<arith::MaximumFOp>(s.make<arith::MinimumFOp>(place, last),
                                     number(0));
  }
  Value placeOf(ValueRange at, int64_t coordinate, Value size);
  Value reflect(Value place, Value size);
  Tap tapAt(Value whole, Value weight, Value size);
  SmallVector<Tap> taps(Value place, Value size);

  Node &n;
  ScalarBuilder &s;
  const Sampling &how;
  Type sums;
};
} // namespace

/// Back and forth between the borders, or, where corners are not aligned,
/// between the outer edges of the pixels there.
Value GridSampler::reflect(Value place, Value size) {
  Value low = number(how.alignCorners ? 0 : -0.5);
  Value span = toFloat(size);
  if (how.alignCorners)
    span = s.sub(span, number(1));
  Value far = s.make<math::AbsFOp>(s.sub(place, low));
  Value times = s.make<math::FloorOp>(s.div(far, span));
  Value rest = s.sub(far, s.mul(times, span));
  Value half = s.make<math::FloorOp>(s.mul(times, number(0.5)));
  Value isEven = s.equal(times, s.mul(half, number(2)));
  Value from = s.select(isEven, rest, s.sub(span, rest));
  return s.select(s.equal(span, number(0)), number(0), s.add(low, from));
}

Value GridSampler::placeOf(ValueRange at, int64_t coordinate, Value size) {
  Value given = tensor::ExtractOp::create(
      s.b, s.loc, n.input(1).value,
      ValueRange{at[0], at[2], at[3], s.index(coordinate)});
  Value x = s.add(s.convert(given, sums, false, false), number(1));
  Value half = number(0.5), pixels = toFloat(size);
  Value place = how.alignCorners
                    ? s.mul(s.mul(x, half), s.sub(pixels, number(1)))
                    : s.mul(s.sub(s.mul(x, pixels), number(1)), half);
  if (how.padding == Padding::Zeros)
    return place;
  if (how.padding == Padding::Reflection)
    place = reflect(place, size);
  return clamp(place, size);
}

Tap GridSampler::tapAt(Value whole, Value weight, Value size) {
  Value inside = s.make<arith::AndIOp>(s.less(number(0), whole, true),
                                       s.less(whole, toFloat(size), false));
  Value position =
      s.convert(clamp(whole, size), s.b.getI64Type(), false, false);
  return {s.make<arith::IndexCastOp>(s.b.getIndexType(), position), inside,
          weight};
}

SmallVector<Tap> GridSampler::taps(Value place, Value size) {
  if (how.isNearest)
    return {tapAt(s.make<math::RoundEvenOp>(place), number(1), size)};
  Value floor = s.make<math::FloorOp>(place), rest = s.sub(place, floor);
  return {tapAt(floor, s.sub(number(1), rest), size),
          tapAt(s.add(floor, number(1)), rest, size)};
}

Value GridSampler::sample(ValueRange at) {
  const Operand &data = n.input(0);
  Value rows = n.math.materialize(data.shape[2]),
        columns = n.math.materialize(data.shape[3]);
  SmallVector<Tap> across = taps(placeOf(at, 0, columns), columns),
                   down = taps(placeOf(at, 1, rows), rows);
  Value sum = number(0);
  for (const Tap &row : down)
    for (const Tap &column : across) {
      Value pixel =
          s.convert(tensor::ExtractOp::create(
                        s.b, s.loc, data.value,
                        ValueRange{at[0], at[1], row.index, column.index}),
                    sums, false, false);
      Value inside = s.make<arith::AndIOp>(row.inside, column.inside);
      Value part = s.mul(pixel, s.mul(row.weight, column.weight));
      // What is outside counts as 0, whatever its weight.
      sum = s.add(sum, s.select(inside, part, number(0)));
    }
  return sum;
}

static FailureOr<Sampling> readSampling(Node &n) {
  std::string mode = n.stringAttr("mode", n.opset < 20 ? "bilinear" : "linear");
  std::string padding = n.stringAttr("padding_mode", "zeros");
  bool alignCorners = n.intAttr("align_corners", 0) != 0;
  if (!llvm::is_contained({"bilinear", "linear", "nearest"}, mode))
    return n.error() << "expected mode linear or nearest, got '"
                     << Importer::printable(mode) << "'";
  auto known = llvm::StringSwitch<std::optional<Padding>>(padding)
                   .Case("zeros", Padding::Zeros)
                   .Case("border", Padding::Border)
                   .Case("reflection", Padding::Reflection)
                   .Default(std::nullopt);
  if (!known)
    return n.error()
           << "expected padding_mode zeros, border or reflection, got '"
           << Importer::printable(padding) << "'";
  return Sampling{mode == "nearest", alignCorners, *known};
}

LogicalResult mlir::attn::onnx::importGridSample(Node &n) {
  FailureOr<Sampling> how = readSampling(n);
  if (failed(how))
    return failure();
  const Operand &data = n.input(0), &grid = n.input(1);
  if (data.rank() != 4 || grid.rank() != 4)
    return n.error() << "expected an image and a grid of rank 4, got "
                     << data.rank() << " and " << grid.rank();
  if (!data.isFloat() || !grid.isFloat())
    return n.error() << "expected floats, got " << data.type() << " and "
                     << grid.type();
  if (failed(requireEqualDims(n, grid, 0, data, 0)) ||
      failed(requireEqual(n, grid.shape[3], n.math.constant(2),
                          "expected a column and a row for each place")))
    return failure();
  Sizes sizes{data.shape[0], data.shape[1], grid.shape[1], grid.shape[2]};
  OpFoldResult pixels = n.math.mul(data.shape[2], data.shape[3]);
  if (constantOf(pixels) == 0)
    return n.error() << "expected an image with pixels";
  if (!constantOf(pixels)) {
    ScalarBuilder s(n.b, n.loc);
    Value none = s.equal(n.math.materialize(pixels), s.index(0));
    emitAssert(n, s.logicalNot(none),
               "expected '" + data.name + "' to be an image with pixels");
  }
  Type element = data.elementType(), sums = accumulatorType(n.b, element);
  return n.setOutput(
      0, generate(n, sizes, element, [&](ScalarBuilder &s, ValueRange at) {
        return s.convert(GridSampler(n, s, *how, sums).sample(at), element,
                         false, false);
      }));
}
