//===- AttentionPadding.h - Keys that are padding ---------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONPADDING_H
#define ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONPADDING_H

#include "Ops/AttentionMask.h"

namespace mlir::attn::onnx {

/// The mask of com.microsoft's attention in input `i`, where there is one:
/// lengths, or pairs to which `filter` is added where they are 0.
LogicalResult addPadding(Node &n, size_t i, double filter,
                         const AttentionSpec &spec, PairModifiers &modifiers);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONPADDING_H
