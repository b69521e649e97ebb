//===- Error.cpp - What rounding may do to a program's results ------------===//

#include "Error.h"

#include <algorithm>
#include <cmath>

namespace attn::random_programs {

double unitRoundoff(DType type) {
  switch (type) {
  case DType::f64:
    return std::ldexp(1, -53);
  case DType::f16:
    return std::ldexp(1, -11);
  case DType::bf16:
    return std::ldexp(1, -8);
  default:
    return std::ldexp(1, -24);
  }
}

double maxAbs(const Tensor &tensor) {
  double result = 0;
  for (int64_t n = 0; n < tensor.size(); ++n)
    if (const double x = tensor.get(n); std::isfinite(x))
      result = std::max(result, std::abs(x));
  return result;
}

double maxRowNorm(const Tensor &tensor) {
  const int64_t width = tensor.dim(tensor.rank() - 1);
  double result = 0;
  for (int64_t row = 0; width && row < tensor.size() / width; ++row) {
    double sum = 0;
    for (int64_t n = row * width; n < (row + 1) * width; ++n)
      sum += tensor.get(n) * tensor.get(n);
    result = std::max(result, std::sqrt(sum));
  }
  return result;
}

Tolerance tolerance(std::initializer_list<DType> types, double size,
                    double error) {
  Tolerance result{0, 0};
  for (DType type : types) {
    const Tolerance entry = defaultTolerance(type);
    result.relative = std::max(result.relative, entry.relative);
    result.absolute = std::max(result.absolute, entry.absolute);
  }
  result.absolute = result.absolute * std::max(1.0, size) + error;
  return result;
}

double ScoreError::ofScore() const {
  return unitRoundoff(type) * (std::sqrt(double(terms)) + 2) * norm;
}

} // namespace attn::random_programs
