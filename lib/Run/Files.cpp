//===- Files.cpp - Tensors in and out of files ----------------------------===//

#include "attn/Run/Files.h"

#include "attn/Files/WriteFile.h"
#include "attn/Import/ONNX/TensorProto.h"
#include "attn/Support/Npy.h"

#include "llvm/Support/Path.h"

namespace mlir::attn {

using ::attn::fail;

HostResult<Tensor> readTensor(const std::string &path) {
  const StringRef suffix = llvm::sys::path::extension(path);
  if (suffix == ".npy")
    return ::attn::readNpy(path);
  if (suffix != ".pb")
    return fail("expected a file that ends in .npy or .pb, got '", path, "'");
  Tensor tensor;
  std::string error;
  if (::attn::readTensorProto(path, tensor, error))
    return tensor;
  return fail(StringRef(error).contains(path) ? "" : path + ": ", error);
}

HostStatus writeBytes(const std::string &path, StringRef bytes) {
  if (llvm::Error error = writeFile(path, bytes))
    return fail(llvm::toString(std::move(error)));
  return ::attn::success();
}

HostStatus writeTensor(const std::string &path, const Tensor &tensor) {
  return writeBytes(path, ::attn::formatNpy(tensor));
}

} // namespace mlir::attn
