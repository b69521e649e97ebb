//===- Activation.h - Activation functions of one element -------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_ACTIVATION_H
#define ATTN_LIB_IMPORT_ONNX_OPS_ACTIVATION_H

#include "Core/ScalarBuilder.h"

namespace mlir::attn::onnx {

/// 1 / (1 + exp(-x)).
Value sigmoid(ScalarBuilder &s, Value x);
/// 0.5 x (1 + erf(x / sqrt 2)), or approximately with
/// tanh(sqrt(2/pi) (x + 0.044715 x^3)).
Value gelu(ScalarBuilder &s, Value x, bool approximate);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_ACTIVATION_H
