//===- Window.h - Windows that slide over spatial dimensions ----*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_WINDOW_H
#define ATTN_LIB_IMPORT_ONNX_OPS_WINDOW_H

#include "Core/Emit.h"

namespace mlir::attn::onnx {

/// Windows over (batch, channel, spatial...): `kernelSizes` elements,
/// `dilations` apart, every `strides` elements.
struct Window {
  Operand data;
  Sizes kernelSizes;
  SmallVector<int64_t> strides, dilations;
  /// What is added before and after each spatial dimension.
  Sizes low, high;
  /// Whether a last window may reach beyond that, and how far it does.
  bool ceil = false;
  Sizes beyond;
  /// The spatial sizes of the result.
  Sizes out;

  int64_t spatial() const { return kernelSizes.size(); }
};

/// The attributes strides and dilations; padding is left.
FailureOr<Window> readWindow(Node &n, const Operand &data,
                             ArrayRef<OpFoldResult> kernelSizes);
/// The attribute pads: what is before each spatial dimension, then what is
/// behind.
FailureOr<SmallVector<int64_t>> readPads(Node &n, int64_t spatial);
/// Sets `low` and `high` by the attributes auto_pad and pads.
LogicalResult setPadding(Node &n, Window &window);
/// Sets `out` and `beyond`. An error, or a check for when it runs, that the
/// kernel fits into the data.
LogicalResult setOutputSizes(Node &n, Window &window);
/// The data with `value` in its pads, those beyond too.
FailureOr<Operand> padWith(Node &n, const Window &window, Value value);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_WINDOW_H
