//===- TemporaryFolder.cpp - A folder that goes away ----------------------===//

#include "attn/Files/TemporaryFolder.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

using namespace mlir::attn;

llvm::Expected<TemporaryFolder>
TemporaryFolder::create(llvm::StringRef prefix) {
  llvm::SmallString<128> path;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, path);
  const std::string parent(path);
  llvm::sys::path::append(path, prefix + "-XXXXXX");
  TemporaryFolder folder;
  SignalsBlocked blocked;
  if (!mkdtemp(const_cast<char *>(path.c_str()))) {
    const std::error_code error(errno, std::generic_category());
    return llvm::createStringError(
        error, "expected a folder for temporary files in '" + parent +
                   "' (TMPDIR), got: " + error.message());
  }
  folder.path = std::string(path);
  folder.removed = RemovedOnInterrupt(path);
  return folder;
}

TemporaryFolder::TemporaryFolder(TemporaryFolder &&other)
    : path(std::exchange(other.path, "")), removed(std::move(other.removed)) {}

TemporaryFolder::~TemporaryFolder() {
  if (!path.empty())
    (void)llvm::sys::fs::remove_directories(path);
}

std::string TemporaryFolder::file(llvm::StringRef name) const {
  llvm::SmallString<128> result(path);
  llvm::sys::path::append(result, name);
  return std::string(result);
}
