//===- Unsupported.h - The operators that cannot be imported ----*- C++ -*-===//

#ifndef ATTN_LIB_IMPORT_ONNX_CORE_UNSUPPORTED_H
#define ATTN_LIB_IMPORT_ONNX_CORE_UNSUPPORTED_H

#include "onnx.pb.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace mlir::attn::onnx {

namespace pb = ::attn::onnx;

/// The function of the model that a node calls, or null.
using FindFunction =
    llvm::function_ref<const pb::FunctionProto *(const pb::NodeProto &)>;

/// One message about every operator that `model` uses, in its graph, in
/// subgraphs and in functions that are called, and that nobody defines.
std::string describeUnsupported(const pb::ModelProto &model,
                                FindFunction findFunction);

} // namespace mlir::attn::onnx

#endif // ATTN_LIB_IMPORT_ONNX_CORE_UNSUPPORTED_H
