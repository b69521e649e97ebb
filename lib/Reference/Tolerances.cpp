//===- Tolerances.cpp - How close is right --------------------------------===//

#include "attn/Reference/Tolerances.h"

#include <algorithm>
#include <cmath>

namespace attn {

Tolerance defaultTolerance(DType type) {
  switch (type) {
  // Everything is f64, in another order of summation, with exp and tanh good to
  // a few units in the last place (2^-52 each): a thousand of them is enough.
  case DType::f64:
    return {1e-10, 1e-12};
  // A logit s carries an absolute error near |s| * 2^-24 * a few, which exp
  // turns into a relative one: 1e-4 covers logits of some hundreds.
  case DType::f32:
    return {1e-4, 1e-5};
  // 2^-11 to round the result, and another 2^-11 of max|V| where P is rounded
  // before it meets V (D5): four units in the last place.
  case DType::f16:
    return {2e-3, 2e-3};
  // The same two roundings at 2^-8.
  case DType::bf16:
    return {1.6e-2, 1.6e-2};
  default:
    return {0, 0};
  }
}

Tolerance fastExpTolerance(DType type) {
  const Tolerance exact = defaultTolerance(type);
  if (!isFloat(type))
    return exact;
  // Weights and their sum: 2e-4 of max|V|, which is a few units.
  return {std::max(exact.relative, 1e-3), std::max(exact.absolute, 1e-3)};
}

Tolerance onnxTestTolerance(DType type) {
  switch (type) {
  case DType::f64:
  case DType::f32:
    return {1e-3, 1e-7};
  case DType::f16:
    return {1e-2, 1e-3};
  // The ONNX tests have no bf16 model; eight times f16's, as its precision is.
  case DType::bf16:
    return {8e-2, 8e-3};
  default:
    return {0, 0};
  }
}

Tolerance modelTolerance(DType type, int64_t products) {
  const double depth = std::sqrt(static_cast<double>(products));
  const double relative = defaultTolerance(type).relative;
  switch (type) {
  // Activations are near 1. A product sums up hundreds of terms, in another
  // order than the other software, and norms and residuals scale its error:
  // 128 roundings of 2^-24.
  case DType::f32:
    return {relative, 0x1p-17 * depth};
  // Sums are kept in f32 and rounded once; norms and residuals double that.
  case DType::f16:
    return {relative, 0x1p-10 * depth};
  case DType::bf16:
    return {relative, 0x1p-7 * depth};
  // More exact than what it is compared with.
  default:
    return onnxTestTolerance(type);
  }
}

} // namespace attn
