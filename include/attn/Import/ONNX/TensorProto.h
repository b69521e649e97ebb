//===- TensorProto.h - Tensors in ONNX's files ------------------*- C++ -*-===//

#ifndef ATTN_IMPORT_ONNX_TENSORPROTO_H
#define ATTN_IMPORT_ONNX_TENSORPROTO_H

#include "attn/Support/Tensor.h"

#include <string>

namespace attn {

/// Reads one TensorProto (the `input_*.pb` and `output_*.pb` of ONNX's tests),
/// whichever of its fields holds the elements; external data lies in files
/// beside `path`. False, and a message in `error`, where the file is not such
/// a tensor.
bool readTensorProto(const std::string &path, Tensor &tensor,
                     std::string &error);

} // namespace attn

#endif // ATTN_IMPORT_ONNX_TENSORPROTO_H
