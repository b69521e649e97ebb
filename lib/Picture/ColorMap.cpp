//===- ColorMap.cpp - Values as colors ----------------------------------===//

#include "attn/Picture/Picture.h"

#include <algorithm>
#include <cmath>

namespace attn {

// A linear intensity in [0, 1], clipped, as sRGB stores it.
static uint8_t gammaEncoded(double linear) {
  linear = std::clamp(linear, 0.0, 1.0);
  const double encoded = linear <= 0.0031308
                             ? 12.92 * linear
                             : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<uint8_t>(std::lround(255 * encoded));
}

static double cube(double x) { return x * x * x; }

// OKLab to sRGB, with the matrices of Ottosson, "A perceptual color space for
// image processing", 2020.
static Color fromOklab(double lightness, double a, double b) {
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {
      gammaEncoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      gammaEncoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      gammaEncoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

Color colorOf(double value) {
  const double t = std::clamp(value, 0.0, 1.0);
  constexpr double degree = 3.14159265358979323846 / 180;
  const double hue = (305 - 200 * t) * degree;
  // Dark and very light colors cannot be as colorful as those between.
  const double chroma = 0.09 + 0.07 * t;
  return fromOklab(0.18 + 0.77 * t, chroma * std::cos(hue),
                   chroma * std::sin(hue));
}

} // namespace attn
