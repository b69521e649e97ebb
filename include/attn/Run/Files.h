//===- Files.h - Tensors in and out of files --------------------*- C++ -*-===//

#ifndef ATTN_RUN_FILES_H
#define ATTN_RUN_FILES_H

#include "attn/Run/Artifact.h"

#include <functional>

namespace mlir::attn {

/// Reads `path` by its suffix: `.npy`, or an ONNX TensorProto (`.pb`). Messages
/// name the file.
HostResult<Tensor> readTensor(const std::string &path);

/// Lets `write` make a file under a temporary name beside `path` and renames it
/// when that worked, so that `path` is never half-written.
HostStatus
writeWhole(const std::string &path,
           const std::function<HostStatus(const std::string &)> &write);

/// Writes a `.npy` file, whole or not at all.
HostStatus writeTensor(const std::string &path, const Tensor &tensor);

} // namespace mlir::attn

#endif // ATTN_RUN_FILES_H
