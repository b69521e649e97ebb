//===- DeviceOption.cpp - What runs code for GPUs -------------------------===//
#include "attn/Run/DeviceOption.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir::attn;
using ::attn::fail;

::attn::Result<std::string> DeviceOption::findDriver() const {
  if (!isInterpreter())
    return std::string("libcuda.so.1");
  const std::string tool = llvm::sys::fs::getMainExecutable(nullptr, nullptr);
  std::string tried;
  for (llvm::StringRef folder :
       {"../attn-ptx-driver", "../tools/attn-ptx-driver",
        "../" ATTN_LIBRARY_FOLDER "/attn-ptx-driver"}) {
    llvm::SmallString<128> path(llvm::sys::path::parent_path(tool));
    llvm::sys::path::append(path, folder, "libcuda.so.1");
    llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
    if (llvm::sys::fs::exists(path))
      return std::string(path);
    tried = std::string(path);
  }
  return fail("expected the PTX interpreter's driver beside ",
              llvm::sys::path::filename(tool).str(), ", or at '", tried,
              "', got none");
}
