//===- Files.cpp - Tensors in and out of files ----------------------------===//

#include "attn/Run/Files.h"

#include "attn/Import/ONNX/TensorProto.h"
#include "attn/Support/Npy.h"

#include "llvm/Support/FileSystem.h"
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

HostStatus
writeWhole(const std::string &path,
           const std::function<HostStatus(const std::string &)> &write) {
  // Renaming would replace a device such as /dev/null.
  if (llvm::sys::fs::exists(path) && !llvm::sys::fs::is_regular_file(path))
    return write(path);
  SmallString<128> temporary;
  int descriptor;
  if (auto error = llvm::sys::fs::createUniqueFile(path + ".%%%%%%", descriptor,
                                                   temporary))
    return fail(path, ": ", error.message());
  llvm::sys::fs::file_t file = llvm::sys::fs::convertFDToNativeFile(descriptor);
  llvm::sys::fs::closeFile(file);
  const std::string name(temporary);
  HostStatus status = write(name);
  if (status) {
    // createUniqueFile makes files that others may not read.
    (void)llvm::sys::fs::setPermissions(
        name,
        static_cast<llvm::sys::fs::perms>(0666 & ~llvm::sys::fs::getUmask()));
    if (auto error = llvm::sys::fs::rename(name, path))
      status = fail(path, ": ", error.message());
  }
  if (!status)
    (void)llvm::sys::fs::remove(name);
  return status;
}

HostStatus writeTensor(const std::string &path, const Tensor &tensor) {
  return writeWhole(path, [&](const std::string &name) {
    return ::attn::writeNpy(name, tensor);
  });
}

} // namespace mlir::attn
