//===- Normalization.h - Parts of layer normalization -----------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_NORMALIZATION_H
#define ATTN_LIB_IMPORT_ONNX_OPS_NORMALIZATION_H

#include "Core/Emit.h"

namespace mlir::attn::onnx {

/// The mean over `axes`, which keep size 1.
FailureOr<Operand> meanOver(Node &n, const Operand &x, ArrayRef<int64_t> axes);

/// A result in the type of the data, and the statistics in f32 or f64, whose
/// normalized axes have size 1.
struct LayerNorm {
  Operand value, mean, inverse;
};

/// (x - mean) / sqrt(variance + epsilon) * scale + bias over `axes`; `bias` may
/// be left out.
FailureOr<LayerNorm> layerNormalize(Node &n, const Operand &data,
                                    ArrayRef<int64_t> axes, double epsilon,
                                    const Operand &scale, const Operand &bias);
/// x / sqrt(mean(x^2) + epsilon) * scale over `axes`, in the scale's type; the
/// inverse goes to `inverse` where that is given.
FailureOr<Operand> rmsNormalize(Node &n, const Operand &data,
                                ArrayRef<int64_t> axes, double epsilon,
                                const Operand &scale,
                                Operand *inverse = nullptr);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_NORMALIZATION_H
