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
FailureOr<Conv> readConv(Node &n);
LogicalResult importConvTranspose(Node &n);
/// Of everything but `out`, which it sets; with the bias that is input 2.
FailureOr<Operand> convolve(Node &n, Conv conv);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_CONV_H
