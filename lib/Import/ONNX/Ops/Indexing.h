//===- Indexing.h - Indices that come from data -----------------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_OPS_INDEXING_H
#define ATTN_LIB_IMPORT_ONNX_OPS_INDEXING_H

#include "Core/Elementwise.h"

namespace mlir::attn::onnx {

/// An error unless input `i` holds 32 or 64 bit integers.
LogicalResult checkIndexType(Node &n, size_t i);

/// Indices must lie in [-size, size): an error where they are known, else a
/// cf.assert before whatever reads by them.
LogicalResult requireInRange(Node &n, const Operand &indices, OpFoldResult size,
                             const Twine &message);
/// An element of `indices` as an index; negative ones count from the back.
Value wrapIndex(ScalarBuilder &s, Value element, Value size);
/// In [0, size), so that nothing else is read however the check is lowered.
Value clampIndex(ScalarBuilder &s, Value index, Value size);

/// GatherElements and ScatterElements: indices of the data's rank, and no
/// larger but along `axis`.
LogicalResult checkElementIndices(Node &n, const Operand &data,
                                  const Operand &indices, int64_t axis);
/// GatherND and ScatterND: the last dimension of `indices` holds positions in
/// as many dimensions of `data`, after `batchDims`. Returns that number.
FailureOr<int64_t> checkTuples(Node &n, const Operand &data,
                               const Operand &indices, int64_t batchDims);
/// The tuple of positions at `at`, each below its limit.
SmallVector<Value> readTuple(ScalarBuilder &s, const Operand &indices,
                             ValueRange at, ArrayRef<Value> limits);

/// A loop nest over `sizes` that changes a tensor, in row-major order.
Operand updateLoop(
    Node &n, const Operand &data, const Sizes &sizes,
    llvm::function_ref<Value(ScalarBuilder &, Value tensor, ValueRange at)>
        body);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_OPS_INDEXING_H
