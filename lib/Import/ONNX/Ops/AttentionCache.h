//===- AttentionCache.h - Keys and values in buffers ------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONCACHE_H
#define ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONCACHE_H

#include "Ops/AttentionEmit.h"

namespace mlir::attn::onnx {

/// A list of i64 with an entry for each batch.
Operand generatePerBatch(
    Node &n, OpFoldResult batch,
    llvm::function_ref<Value(ScalarBuilder &, Value batch)> element);

/// `buffer`, grown by zeros to `length` on the sequence axis, with the new from
/// `positions` on, one for each batch; bound to output `present`.
FailureOr<HeadTensor> writeToBuffer(Node &n, const HeadTensor &fresh,
                                    const Operand &buffer, OpFoldResult length,
                                    const Operand &positions, size_t present);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_ATTENTIONCACHE_H
