//===- Writer.h - A file on its way to its place ----------------*- C++ -*-===//

#ifndef ATTN_LIB_FILES_WRITER_H
#define ATTN_LIB_FILES_WRITER_H

#include "attn/Files/Interrupt.h"
#include "attn/Files/WriteFile.h"

#include <atomic>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mlir::attn {

/// An open file that is closed.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() { (void)close(); }
  Descriptor(const Descriptor &) = delete;
  Descriptor(Descriptor &&other) : number(std::exchange(other.number, -1)) {}
  Descriptor &operator=(Descriptor &&other) {
    std::swap(number, other.number);
    return *this;
  }

  explicit operator bool() const { return number >= 0; }
  operator int() const { return number; }
  /// Some file systems say only here that the disk is full.
  bool close() {
    const int open = std::exchange(number, -1);
    return open < 0 || ::close(open) == 0;
  }

private:
  int number;
};

/// Where the bytes of a file go.
struct Destination {
  std::string path; // with no symbolic link at its end
  std::optional<struct stat> present;
  int descriptor = -1; // of this process, where `path` names one
  bool isProcLink = false;

  /// Whether it is to be a regular file, which another one may replace.
  bool isReplaceable() const {
    return descriptor < 0 && !isProcLink &&
           (!present || S_ISREG(present->st_mode));
  }
};

/// Finds where `path` leads, through links.
std::error_code resolve(llvm::StringRef path, Destination &to);

/// One of the files of writeFiles.
class Writer {
public:
  explicit Writer(OutputFile file) : file(std::move(file)) {}
  ~Writer();
  Writer(Writer &&other)
      : file(std::move(other.file)), to(std::move(other.to)),
        temporary(std::exchange(other.temporary, "")),
        removed(std::move(other.removed)), opened(std::move(other.opened)),
        ending(std::move(other.ending)) {}

  /// Opens what is written first, if anything is.
  std::error_code open();
  /// Lets a thread write what `file.more` hands on, from `offset` on.
  void startEnding(uint64_t offset);
  /// Waits for that thread.
  std::error_code finishEnding();
  /// Where the thread began.
  uint64_t getOffset() const { return ending ? ending->offset : 0; }
  void setContents(llvm::StringRef contents) { file.contents = contents; }

  /// All that can be done while what is there stays.
  std::error_code prepare();
  /// Puts the file where it belongs.
  std::error_code commit();
  /// Whether commit() may fail for a reason that prepare() does not see.
  bool isOpened() const { return temporary.empty(); }
  llvm::Error explain(std::error_code error) const {
    return llvm::createStringError(error, "expected to write '" + file.path +
                                              "', got: " + error.message());
  }

private:
  /// What a thread writes.
  struct Ending {
    explicit Ending(uint64_t offset) : offset(offset) {}
    ~Ending();

    uint64_t offset;
    std::atomic<bool> isWanted{true};
    std::error_code error;
    std::thread thread;
  };

  std::error_code createTemporary();
  std::error_code keepAttributes() const;

  OutputFile file;
  Destination to;
  std::string temporary; // empty: the destination is opened
  RemovedOnInterrupt removed;
  Descriptor opened{-1}; // of the temporary file
  std::unique_ptr<Ending> ending;
};

} // namespace mlir::attn

#endif // ATTN_LIB_FILES_WRITER_H
