//===- Resize.cpp - Resize: interpolation along dimensions ----------------===//
// A resized tensor is interpolated along one dimension after the other. Each
// position of the result has a place between positions of the data, and is a
// sum of the ones around it (taps), those outside being the one at the border.
//===----------------------------------------------------------------------===//

#include "Ops/GridSample.h"

#include "Core/Elementwise.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::attn::onnx;

namespace {
enum class Mode { Nearest, Linear, Cubic };

/// The attributes, as far as they say how positions correspond.
struct Interpolation {
  Mode mode;
  std::string coordinates, nearest;
  double cubic;
  bool excludeOutside;
};

/// One dimension. `scale` is an f32.
struct Axis {
  int64_t dim;
  OpFoldResult size, newSize;
  Value scale;
};

/// Writes the element of one position.
class Sampler {
public:
  Sampler(Node &n, ScalarBuilder &s, const Interpolation &how, const Axis &axis,
          Type sums)
      : s(s), how(how), axis(axis), sums(sums),
        size(n.math.materialize(axis.size)),
        newSize(n.math.materialize(axis.newSize)) {}

  /// `read` gives the element at a position of the data, in the sums' type.
  Value sample(Value position, llvm::function_ref<Value(Value)> read);

private:
  Value f32(double value) { return s.floating(s.b.getF32Type(), value); }
  Value toFloat(Value index) {
    return s.make<arith::SIToFPOp>(
        s.b.getF32Type(), s.make<arith::IndexCastOp>(s.b.getI64Type(), index));
  }
  Value toIndex(Value number) {
    return s.make<arith::IndexCastOp>(
        s.b.getIndexType(), s.make<arith::FPToSIOp>(s.b.getI64Type(), number));
  }
  Value clamp(Value at) {
    Value last = s.sub(size, s.index(1));
    return s.make<arith::MaxSIOp>(s.make<arith::MinSIOp>(at, last), s.index(0));
  }
  Value placeOf(Value position);
  Value nearest(Value place);
  SmallVector<Value> weights(Value fraction);
  Value cubicWeight(Value distance, bool isNear);

  ScalarBuilder &s;
  const Interpolation &how;
  const Axis &axis;
  Type sums;
  Value size, newSize;
};
} // namespace

/// Where a position of the result lies in the data.
Value Sampler::placeOf(Value position) {
  Value x = toFloat(position), half = f32(0.5);
  if (how.coordinates == "asymmetric")
    return s.div(x, axis.scale);
  if (how.coordinates == "align_corners") {
    Value last = s.sub(toFloat(newSize), f32(1));
    Value place = s.div(s.mul(x, s.sub(toFloat(size), f32(1))), last);
    return s.select(s.equal(last, f32(0)), f32(0), place);
  }
  Value place = s.sub(s.div(s.add(x, half), axis.scale), half);
  if (how.coordinates == "pytorch_half_pixel")
    return s.select(s.less(s.index(1), newSize, false), place, f32(0));
  if (how.coordinates != "half_pixel_symmetric")
    return place;
  // The centers coincide where the size was rounded.
  Value exact = s.mul(axis.scale, toFloat(size));
  Value center = s.mul(toFloat(size), half);
  Value share = s.div(toFloat(newSize), exact);
  return s.add(s.mul(center, s.sub(f32(1), share)), place);
}

Value Sampler::nearest(Value place) {
  if (how.nearest == "floor")
    return s.make<math::FloorOp>(place);
  if (how.nearest == "ceil")
    return s.make<math::CeilOp>(place);
  if (how.nearest == "round_prefer_ceil")
    return s.make<math::FloorOp>(s.add(place, f32(0.5)));
  return s.make<math::CeilOp>(s.sub(place, f32(0.5)));
}

/// Keys' cubic with parameter a: (a+2) d^3 - (a+3) d^2 + 1 up to 1, and
/// a d^3 - 5a d^2 + 8a d - 4a from there to 2.
Value Sampler::cubicWeight(Value d, bool isNear) {
  double a = how.cubic;
  auto poly = [&](double c3, double c2, double c1, double c0) {
    Value sum = f32(c3);
    for (double c : {c2, c1, c0})
      sum = s.add(s.mul(sum, d), f32(c));
    return sum;
  };
  return isNear ? poly(a + 2, -(a + 3), 0, 1) : poly(a, -5 * a, 8 * a, -4 * a);
}

/// Of the taps, from the first.
SmallVector<Value> Sampler::weights(Value fraction) {
  Value one = f32(1), rest = s.sub(one, fraction);
  if (how.mode == Mode::Linear)
    return {rest, fraction};
  return {cubicWeight(s.add(one, fraction), false), cubicWeight(fraction, true),
          cubicWeight(rest, true), cubicWeight(s.add(one, rest), false)};
}

Value Sampler::sample(Value position, llvm::function_ref<Value(Value)> read) {
  Value place = placeOf(position);
  if (how.mode == Mode::Nearest)
    return read(clamp(toIndex(nearest(place))));
  Value floor = s.make<math::FloorOp>(place);
  SmallVector<Value> factors = weights(s.sub(place, floor));
  Value first = s.sub(toIndex(floor), s.index(factors.size() / 2 - 1));
  Value sum, total;
  for (auto [n, factor] : llvm::enumerate(factors)) {
    Value at = s.add(first, s.index(n)), inside = clamp(at);
    if (how.excludeOutside)
      factor = s.select(s.equal(at, inside), factor, f32(0));
    Value wide = s.convert(factor, sums, false, false);
    Value part = s.mul(read(inside), wide);
    sum = sum ? s.add(sum, part) : part;
    total = total ? s.add(total, wide) : wide;
  }
  return how.excludeOutside ? s.div(sum, total) : sum;
}

//===----------------------------------------------------------------------===//
// The node
//===----------------------------------------------------------------------===//

static FailureOr<Interpolation> readAttributes(Node &n) {
  std::string mode = n.stringAttr("mode", "nearest");
  Interpolation how;
  how.coordinates = n.stringAttr("coordinate_transformation_mode",
                                 n.opset < 11 ? "asymmetric" : "half_pixel");
  how.nearest = n.stringAttr("nearest_mode",
                             n.opset < 11 ? "floor" : "round_prefer_floor");
  how.cubic = n.floatAttr("cubic_coeff_a", -0.75);
  how.excludeOutside = n.intAttr("exclude_outside", 0) != 0;
  // Of tf_crop_and_resize alone.
  (void)n.floatAttr("extrapolation_value", 0);
  auto expected = [&](StringRef list, StringRef name, StringRef got) {
    return n.error() << "expected " << name << " " << list << ", got '"
                     << Importer::printable(got) << "'";
  };
  auto known = llvm::StringSwitch<std::optional<Mode>>(mode)
                   .Case("nearest", Mode::Nearest)
                   .Case("linear", Mode::Linear)
                   .Case("cubic", Mode::Cubic)
                   .Default(std::nullopt);
  if (!known)
    return expected("nearest, linear or cubic", "mode", mode);
  how.mode = *known;
  if (!llvm::is_contained({"asymmetric", "align_corners", "half_pixel",
                           "half_pixel_symmetric", "pytorch_half_pixel"},
                          how.coordinates))
    return expected("asymmetric, align_corners, half_pixel, "
                    "half_pixel_symmetric or pytorch_half_pixel",
                    "coordinate_transformation_mode", how.coordinates);
  if (!llvm::is_contained(
          {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"},
          how.nearest))
    return expected("round_prefer_floor, round_prefer_ceil, floor or ceil",
                    "nearest_mode", how.nearest);
  if (n.intAttr("antialias", 0) != 0)
    return n.error() << "expected antialias 0, got 1";
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (policy != "stretch")
    return expected("stretch", "keep_aspect_ratio_policy", policy);
  return how;
}

static FailureOr<SmallVector<int64_t>> readAxes(Node &n) {
  int64_t rank = n.input(0).rank();
  std::optional<SmallVector<int64_t>> given = n.intsAttr("axes");
  return n.axes(given ? *given
                      : SmallVector<int64_t>(llvm::to_vector(llvm::seq(rank))),
                rank);
}

/// Factors that are known: input `i`.
static FailureOr<SmallVector<double>> readScales(Node &n, size_t i,
                                                 size_t count) {
  const Operand &given = n.input(i);
  SmallVector<double> scales;
  if (given.elements)
    for (OpFoldResult element : *given.elements)
      if (auto number = dyn_cast_if_present<FloatAttr>(
              dyn_cast_if_present<Attribute>(element)))
        scales.push_back(number.getValueAsDouble());
  if (!given.elements || scales.size() != given.elements->size())
    return n.error() << "expected scales that are constants";
  if (scales.size() != count)
    return n.error() << "expected " << count << " scales, got "
                     << scales.size();
  for (double scale : scales)
    if (!(scale > 0) || scale > 1e9)
      return n.error() << "expected scales above 0, got " << scale;
  return scales;
}

/// floor(size * scale) in f32, as the reference has it.
static OpFoldResult scaleSize(Node &n, OpFoldResult size, double scale) {
  ScalarBuilder s(n.b, n.loc);
  Type f32 = s.b.getF32Type();
  if (std::optional<int64_t> known = constantOf(size))
    return n.math.constant(static_cast<int64_t>(
        std::floor(static_cast<float>(*known) * static_cast<float>(scale))));
  Value wide = s.make<arith::SIToFPOp>(
      f32,
      s.make<arith::IndexCastOp>(s.b.getI64Type(), n.math.materialize(size)));
  Value scaled = s.make<math::FloorOp>(s.mul(wide, s.floating(f32, scale)));
  Value result = s.make<arith::IndexCastOp>(
      s.b.getIndexType(), s.make<arith::FPToSIOp>(s.b.getI64Type(), scaled));
  n.math.setNonNegative(result);
  return result;
}

static Value divideSizes(Node &n, OpFoldResult newSize, OpFoldResult size) {
  ScalarBuilder s(n.b, n.loc);
  auto toFloat = [&](OpFoldResult value) {
    return s.make<arith::SIToFPOp>(
        s.b.getF32Type(), s.make<arith::IndexCastOp>(
                              s.b.getI64Type(), n.math.materialize(value)));
  };
  return s.div(toFloat(newSize), toFloat(size));
}

static FailureOr<SmallVector<Axis>> readSizes(Node &n) {
  const Operand &data = n.input(0);
  FailureOr<SmallVector<int64_t>> axes = readAxes(n);
  if (failed(axes))
    return failure();
  // (X, scales) before opset 11, (X, roi, scales, sizes) from there on. Early
  // exporters leave scales out as an empty tensor.
  size_t scalesAt = n.opset < 11 ? 1 : 2;
  bool hasScales =
      n.hasInput(scalesAt) && staticCount(n.input(scalesAt).shape) != 0;
  if (hasScales == n.hasInput(3))
    return n.error() << "expected either scales or sizes";
  SmallVector<Axis> result;
  ScalarBuilder s(n.b, n.loc);
  if (hasScales) {
    auto scales = readScales(n, scalesAt, axes->size());
    if (failed(scales))
      return failure();
    for (auto [dim, scale] : llvm::zip(*axes, *scales))
      result.push_back({dim, data.shape[dim],
                        scaleSize(n, data.shape[dim], scale),
                        s.floating(s.b.getF32Type(), scale)});
    return result;
  }
  FailureOr<Sizes> sizes = n.indexElements(3, "sizes");
  if (failed(sizes))
    return failure();
  if (sizes->size() != axes->size())
    return n.error() << "expected " << axes->size() << " sizes, got "
                     << sizes->size();
  for (auto [dim, size] : llvm::zip(*axes, *sizes))
    result.push_back(
        {dim, data.shape[dim], size, divideSizes(n, size, data.shape[dim])});
  return result;
}

static Operand resizeAlong(Node &n, const Operand &data, const Axis &axis,
                           const Interpolation &how) {
  Sizes sizes = data.shape;
  sizes[axis.dim] = axis.newSize;
  Type element = data.elementType();
  Type sums = data.isFloat() ? accumulatorType(n.b, element) : element;
  Operand result =
      generate(n, sizes, element, [&](ScalarBuilder &s, ValueRange at) {
        Sampler sampler(n, s, how, axis, sums);
        Value value = sampler.sample(at[axis.dim], [&](Value position) {
          SmallVector<Value> from(at);
          from[axis.dim] = position;
          Value read = tensor::ExtractOp::create(s.b, s.loc, data.value, from);
          return how.mode == Mode::Nearest
                     ? read
                     : s.convert(read, sums, false, false);
        });
        return how.mode == Mode::Nearest
                   ? value
                   : s.convert(value, element, false, false);
      });
  result.isUnsigned = data.isUnsigned;
  return result;
}

static LogicalResult importResize(Node &n) {
  FailureOr<Interpolation> how = readAttributes(n);
  if (failed(how))
    return failure();
  Operand data = n.input(0);
  if (how->mode != Mode::Nearest && !data.isFloat())
    return n.error() << "expected floats to interpolate, got " << data.type();
  FailureOr<SmallVector<Axis>> axes = readSizes(n);
  if (failed(axes))
    return failure();
  for (const Axis &axis : *axes) {
    Sizes sizes = data.shape;
    sizes[axis.dim] = axis.newSize;
    if (failed(checkPosition(n, axis.newSize, "sizes")) ||
        failed(checkSizes(n, sizes)))
      return failure();
    if (constantOf(axis.size) == 0 && constantOf(axis.newSize) != 0)
      return n.error() << "expected something to resize in dimension "
                       << axis.dim;
    // As large as it was, every place is a position.
    auto scale = axis.scale.getDefiningOp<arith::ConstantOp>();
    bool isOne =
        scale && cast<FloatAttr>(scale.getValue()).getValueAsDouble() == 1.0;
    if (n.math.equal(axis.size, axis.newSize) &&
        (isOne || how->coordinates == "align_corners" || n.hasInput(3)))
      continue;
    data = resizeAlong(n, data, axis, *how);
  }
  return n.setOutput(0, data);
}

ArrayRef<OpEntry> mlir::attn::onnx::resizeOps() {
  static const OpEntry table[] = {
      {"Resize", importResize, 1, 4, 10},
      {"GridSample", importGridSample, 2, 2, 16},
  };
  return table;
}
