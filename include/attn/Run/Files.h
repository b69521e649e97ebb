//===- Files.h - Tensors in and out of files --------------------*- C++ -*-===//

#ifndef ATTN_RUN_FILES_H
#define ATTN_RUN_FILES_H

#include "attn/Run/Artifact.h"

namespace mlir::attn {

/// Reads `path` by its suffix: `.npy`, or an ONNX TensorProto (`.pb`). Messages
/// name the file.
HostResult<Tensor> readTensor(const std::string &path);

/// Writes `bytes` as writeFile does.
HostStatus writeBytes(const std::string &path, StringRef bytes);

/// Writes a `.npy` file.
HostStatus writeTensor(const std::string &path, const Tensor &tensor);

} // namespace mlir::attn

#endif // ATTN_RUN_FILES_H
