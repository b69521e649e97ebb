//===- TemporaryFolder.h - A folder that goes away --------------*- C++ -*-===//

#ifndef ATTN_FILES_TEMPORARYFOLDER_H
#define ATTN_FILES_TEMPORARYFOLDER_H

#include "attn/Files/Interrupt.h"

#include "llvm/Support/Error.h"

#include <string>

namespace mlir::attn {

/// A folder among the system's temporary ones ($TMPDIR) that goes with
/// everything in it, also when the process is interrupted.
class TemporaryFolder {
public:
  static llvm::Expected<TemporaryFolder> create(llvm::StringRef prefix);
  TemporaryFolder(TemporaryFolder &&other);
  ~TemporaryFolder();

  /// The path of a file in it.
  std::string file(llvm::StringRef name) const;

private:
  TemporaryFolder() = default;
  std::string path;
  RemovedOnInterrupt removed;
};

} // namespace mlir::attn

#endif // ATTN_FILES_TEMPORARYFOLDER_H
