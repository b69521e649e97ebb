//===- WriteFile.h - How every tool writes a file ---------------*- C++ -*-===//

#ifndef ATTN_FILES_WRITEFILE_H
#define ATTN_FILES_WRITEFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <functional>
#include <memory>

namespace mlir::attn {

class StartedFile;
class Writer;

/// What is to be in a file.
struct OutputFile {
  std::string path;
  llvm::StringRef contents;
  /// A new file gets the permissions of a program, as linkers give them.
  bool isExecutable = false;
  /// Hands on what follows `contents`, as large data comes, until the sink
  /// takes no more.
  std::function<bool(llvm::function_ref<bool(llvm::StringRef)> sink)> more = {};
  /// What was begun of it, which is used up here.
  StartedFile *started = nullptr;
};

/// A file whose end a thread of its own writes while the beginning is being
/// made. If it is never handed to writeFiles, it is removed.
class StartedFile {
public:
  StartedFile();
  StartedFile(StartedFile &&);
  StartedFile &operator=(StartedFile &&);
  ~StartedFile();

  /// Begins to write what `file.more` hands on from byte `offset` on, which
  /// serves if `contents` are that long in the end. Begins nothing where the
  /// file is not written under another name first, or cannot be, which is for
  /// writeFiles to say.
  static StartedFile start(OutputFile file, uint64_t offset);

  explicit operator bool() const { return writer != nullptr; }
  /// Waits for the end, so that what `file.more` has done can be looked at.
  void finish();
  Writer &getWriter() { return *writer; }

private:
  std::unique_ptr<Writer> writer;
};

/// Writes all of `files`, or none: a write that fails or is interrupted leaves
/// nothing behind and keeps what was there.
///
/// A regular file is written under another name in its folder, which then takes
/// its place: its permissions are kept, and its owner where that is allowed;
/// what was a hard link is a file of its own then. Where that cannot be done
/// (a folder that may not be written to, a mount point), the file is opened. A
/// symbolic link stays, also one to nothing: what it names is written. A file
/// that may not be written to stays as it is. Everything else, such as a device
/// or a pipe, is opened; a name of a descriptor of this process, such as
/// /dev/stdout, and `-` stand for what is open there.
llvm::Error writeFiles(llvm::ArrayRef<OutputFile> files);

/// The same for one file.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef contents);

/// Whether `path` is there, and neither a regular file nor a folder: nothing is
/// written beside it.
bool isSpecialFile(llvm::StringRef path);

} // namespace mlir::attn

#endif // ATTN_FILES_WRITEFILE_H
