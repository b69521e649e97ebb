//===- Elementwise.h - Operators that are one scalar function ---*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_ELEMENTWISE_H
#define ATTN_LIB_IMPORT_ONNX_CORE_ELEMENTWISE_H

#include "Core/Emit.h"
#include "Core/Registry.h"

namespace mlir::attn::onnx {

/// The element types an operator takes.
enum class Kinds { Numbers, Floats, Booleans, Any };

/// An error unless all inputs have one element type, of these kinds.
LogicalResult checkUniform(Node &n, Kinds kinds);

/// All inputs broadcast, output 0 is `scalar` of their elements.
LogicalResult importElementwise(Node &n, Type resultElement, ScalarFn scalar,
                                IndexFn onIndices);
/// The same for inputs and an output of one element type.
LogicalResult importUniform(Node &n, Kinds kinds, ScalarFn scalar,
                            IndexFn onIndices);

/// The axes over which Softmax and its like run: one, or before opset 13 all
/// from there on, which were flattened.
FailureOr<SmallVector<int64_t>> readNormalizedAxes(Node &n, int64_t rank);

/// With m the maximum over `axes`: exp(x - m) / sum exp(x - m), or for the
/// logarithm (x - m) - log(sum exp(x - m)).
FailureOr<Operand> softmax(Node &n, const Operand &data, ArrayRef<int64_t> axes,
                           bool logarithm);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_ELEMENTWISE_H
