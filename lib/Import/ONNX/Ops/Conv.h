//===- Conv.h - Convolutions over windows -----------------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_CONV_H
#define ATTN_LIB_IMPORT_ONNX_OPS_CONV_H

#include "Ops/Window.h"

namespace mlir::attn::onnx {

/// A convolution with kernels of (output channel, channel of the group,
/// spatial...).
struct Conv : Window {
  Operand kernel;
  int64_t groups = 1;
};

/// The data, kernel and attributes that both directions have; padding is left.
FailureOr<Conv> readConv(Node &n, const Operand &data, const Operand &kernel);
LogicalResult importConvTranspose(Node &n);
/// Of everything but `out`, which it sets; where there is a bias, with its
/// number for each channel.
FailureOr<Operand> convolve(Node &n, Conv conv, const Operand &bias);
/// Input 2, if there is one.
Operand readBias(Node &n);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_CONV_H
