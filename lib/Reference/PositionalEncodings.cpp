//===- PositionalEncodings.cpp - Rotary and sinusoidal --------------------===//

#include "attn/Reference/PositionalEncodings.h"

#include "Checks.h"

#include <cmath>

namespace attn::reference {

namespace {

struct Angle {
  double cos, sin;
};

/// Where the angle of batch b, token i, pair t comes from: options with
/// checked tables and positions.
class Angles {
public:
  static Result<Angles> create(const Tensor &canonical,
                               const RotaryOptions &options);

  Result<Angle> at(int64_t b, int64_t i, int64_t t) const {
    if (!options->cos)
      return computed(position(b, i), t);
    if (!options->positions)
      return Angle{options->cos->at({b, i, t}), options->sin->at({b, i, t})};
    const int64_t pos = position(b, i);
    // D21: positions are data.
    ATTN_TRY(checkIndex("positions", "position", options->cos->dim(0), pos));
    return Angle{options->cos->at({pos, t}), options->sin->at({pos, t})};
  }

  int64_t rotaryDim() const { return r; }

private:
  int64_t position(int64_t b, int64_t i) const {
    return options->positions ? options->positions->getInt(b * length + i) : i;
  }
  Angle computed(int64_t pos, int64_t t) const {
    const double exact =
        static_cast<double>(pos) * std::pow(options->base, -2.0 * t / r);
    const double angle = roundTo(DType::f32, exact); // D13
    return {std::cos(angle), std::sin(angle)};
  }
  Status checkTables(const Tensor &input) const;

  const RotaryOptions *options;
  int64_t r, length;
};

Status Angles::checkTables(const Tensor &input) const {
  const Tensor *cos = options->cos, *sin = options->sin;
  if (!cos != !sin)
    return fail("rotary embedding: expected both cos and sin or none, got one");
  if (options->positions) {
    ATTN_TRY(checkIntegers("positions", *options->positions));
    ATTN_TRY(checkShape("positions", {input.dim(0), input.dim(2)},
                        *options->positions));
  }
  if (!cos)
    return success();
  ATTN_TRY(checkFloats("cos", *cos));
  ATTN_TRY(checkFloats("sin", *sin));
  ATTN_TRY(checkShape("sin", cos->shape(), *sin));
  if (!options->positions)
    return checkShape("cos", {input.dim(0), input.dim(2), r / 2}, *cos);
  ATTN_TRY(checkRank("cos", 2, *cos));
  return checkSize("cos", "width", r / 2, "rotary_dim / 2", cos->dim(1));
}

Result<Angles> Angles::create(const Tensor &input,
                              const RotaryOptions &options) {
  const int64_t features = input.dim(3);
  Angles angles;
  angles.options = &options;
  angles.length = input.dim(2);
  angles.r = options.rotaryDim == 0 ? features : options.rotaryDim;
  if (angles.r < 0 || angles.r > features || angles.r % 2 != 0)
    return fail("rotary_dim: expected an even number of at most ", features,
                " features, got ", angles.r);
  ATTN_TRY(angles.checkTables(input));
  return angles;
}

/// Rotates the pairs of one token's features in place.
Status rotate(double *x, int64_t b, int64_t i, const Angles &angles,
              bool interleaved) {
  const int64_t pairs = angles.rotaryDim() / 2;
  for (int64_t t = 0; t < pairs; ++t) {
    Result<Angle> angle = angles.at(b, i, t);
    ATTN_TRY(angle);
    double &x1 = interleaved ? x[2 * t] : x[t];
    double &x2 = interleaved ? x[2 * t + 1] : x[t + pairs];
    const double y1 = angle->cos * x1 - angle->sin * x2;
    const double y2 = angle->sin * x1 + angle->cos * x2;
    x1 = y1;
    x2 = y2;
  }
  return success();
}

} // namespace

Result<Tensor> rotaryEmbedding(const Tensor &input,
                               const RotaryOptions &options) {
  Result<Tensor> x = toCanonical(input, options.layout, 4, "input");
  ATTN_TRY(x);
  Result<Angles> angles = Angles::create(*x, options);
  ATTN_TRY(angles);
  double *features = x->dataAs<double>();
  for (int64_t b = 0; b < x->dim(0); ++b)
    for (int64_t h = 0; h < x->dim(1); ++h)
      for (int64_t i = 0; i < x->dim(2); ++i, features += x->dim(3))
        ATTN_TRY(rotate(features, b, i, *angles, options.interleaved));
  return fromCanonical(*x, options.layout, input.dtype());
}

Result<Tensor> sinusoidalEncoding(const Tensor &positions, int64_t width,
                                  DType type, double base) {
  ATTN_TRY(checkIntegers("positions", positions));
  if (!isFloat(type))
    return fail("sinusoidal encoding: expected f16, bf16, f32 or f64, got ",
                dtypeName(type));
  Shape shape = positions.shape();
  shape.push_back(width);
  Result<Tensor> encoding = Tensor::create(type, shape);
  ATTN_TRY(encoding);
  for (int64_t n = 0; n < encoding->size(); ++n) {
    const int64_t pos = positions.getInt(n / width), feature = n % width;
    const double t = static_cast<double>(feature / 2);
    // D14
    const double exact = pos / std::pow(base, 2 * t / width);
    const double angle = roundTo(statisticsType(type), exact);
    encoding->set(n, feature % 2 == 0 ? std::sin(angle) : std::cos(angle));
  }
  return encoding;
}

} // namespace attn::reference
