//===- Description.h - Reading an artifact's JSON ---------------*- C++ -*-===//

#ifndef ATTN_LIB_RUN_DESCRIPTION_H
#define ATTN_LIB_RUN_DESCRIPTION_H

#include "attn/Run/Artifact.h"

namespace mlir::attn {

/// Reads what attn-compile wrote beside the library at `path`: the same name
/// with the suffix `.json`.
HostResult<std::vector<FunctionSignature>>
readDescription(const std::string &path);

} // namespace mlir::attn

#endif // ATTN_LIB_RUN_DESCRIPTION_H
