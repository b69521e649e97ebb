//===- Registry.h - The operators that can be imported ----------*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_REGISTRY_H
#define ATTN_LIB_IMPORT_ONNX_CORE_REGISTRY_H

#include "Core/Node.h"

namespace mlir::attn::onnx {

/// The importing function of an operator, or null. `domain` is "" for ONNX's
/// own operators.
const OpEntry *findOperator(StringRef domain, StringRef name);

// One table a family, each in the file of its name.
ArrayRef<OpEntry> arithmeticOps();
ArrayRef<OpEntry> attentionOps();
ArrayRef<OpEntry> comparisonOps();
ArrayRef<OpEntry> activationOps();
ArrayRef<OpEntry> constantOps();
ArrayRef<OpEntry> controlFlowOps();
ArrayRef<OpEntry> convOps();
ArrayRef<OpEntry> dataSizedOps();
ArrayRef<OpEntry> einsumOps();
ArrayRef<OpEntry> encodingOps();
/// Of domain ai.onnx.preview.
ArrayRef<OpEntry> flexAttentionOps();
ArrayRef<OpEntry> gatherOps();
ArrayRef<OpEntry> generatorOps();
ArrayRef<OpEntry> joinOps();
ArrayRef<OpEntry> linearAttentionOps();
ArrayRef<OpEntry> lossOps();
ArrayRef<OpEntry> matMulOps();
ArrayRef<OpEntry> normalizationOps();
ArrayRef<OpEntry> padOps();
ArrayRef<OpEntry> poolOps();
ArrayRef<OpEntry> quantizationOps();
ArrayRef<OpEntry> reductionOps();
ArrayRef<OpEntry> reshapeOps();
ArrayRef<OpEntry> resizeOps();
ArrayRef<OpEntry> scatterOps();
ArrayRef<OpEntry> selectionOps();
ArrayRef<OpEntry> softmaxOps();

// Of domain com.microsoft.
ArrayRef<OpEntry> fusedOps();
ArrayRef<OpEntry> fusedNormalizationOps();
ArrayRef<OpEntry> groupQueryAttentionOps();
ArrayRef<OpEntry> microsoftEncodingOps();
ArrayRef<OpEntry> multiHeadAttentionOps();
ArrayRef<OpEntry> packedMatMulOps();

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_REGISTRY_H
