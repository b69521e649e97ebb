//===- Conv.h - Convolutions over windows -----------------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_CONV_H
#define ATTN_LIB_IMPORT_ONNX_OPS_CONV_H

#include "Core/Emit.h"

namespace mlir::attn::onnx {

/// A convolution of (batch, channel, spatial...) with kernels of (output
/// channel, channel of the group, spatial...).
struct Conv {
  Operand data, kernel;
  SmallVector<int64_t> strides, dilations;
  int64_t groups = 1;
  /// What is added before and after each spatial dimension.
  Sizes low, high;
  /// The spatial sizes of the result.
  Sizes out;

  int64_t spatial() const { return strides.size(); }
  OpFoldResult kernelSize(int64_t d) const { return kernel.shape[d + 2]; }
};

/// The data, kernel and attributes that both directions have; padding is left.
FailureOr<Conv> readConv(Node &n);
/// The attribute pads: what is before each spatial dimension, then what is
/// behind.
FailureOr<SmallVector<int64_t>> readPads(Node &n, int64_t spatial);
LogicalResult importConvTranspose(Node &n);
/// Of everything but `out`, which it sets; with the bias that is input 2.
FailureOr<Operand> convolve(Node &n, Conv conv);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_CONV_H
