//===- WriteFile.cpp - How every tool writes a file -----------------------===//

#include "attn/Files/WriteFile.h"
#include "attn/Files/Interrupt.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <optional>
#include <random>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

using namespace mlir::attn;
using llvm::StringRef;

namespace {

/// An open file that is closed.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() { (void)close(); }
  Descriptor(const Descriptor &) = delete;
  Descriptor(Descriptor &&other) : number(std::exchange(other.number, -1)) {}

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

} // namespace

static std::error_code lastError() {
  return std::error_code(errno, std::generic_category());
}

static std::string inFolderOf(StringRef path, StringRef name) {
  llvm::SmallString<256> result(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(result, name);
  return std::string(result);
}

/// Links in /proc say what is open and not where it lies.
static bool isInProc(const std::string &link) {
  Descriptor opened(open(link.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct statfs system;
  return opened && fstatfs(opened, &system) == 0 &&
         system.f_type == PROC_SUPER_MAGIC;
}

/// N for /proc/self/fd/N.
static int getOwnDescriptor(StringRef link) {
  llvm::SmallString<64> folder;
  int number;
  if (llvm::sys::path::filename(link).getAsInteger(10, number) ||
      llvm::sys::fs::real_path(llvm::sys::path::parent_path(link), folder) ||
      folder != ("/proc/" + llvm::Twine(getpid()) + "/fd").str())
    return -1;
  return number;
}

/// Goes from link to link. One that names nothing is a new file.
static std::error_code followLinks(Destination &to) {
  for (int links = 0; links < 40; ++links) {
    struct stat status;
    if (lstat(to.path.c_str(), &status) != 0)
      return errno == ENOENT ? std::error_code() : lastError();
    if (!S_ISLNK(status.st_mode)) {
      to.present = status;
      return {};
    }
    if (isInProc(to.path)) {
      to.isProcLink = true;
      to.descriptor = getOwnDescriptor(to.path);
      if (stat(to.path.c_str(), &status) == 0)
        to.present = status;
      return {};
    }
    char target[PATH_MAX];
    const ssize_t size = readlink(to.path.c_str(), target, sizeof target);
    if (size < 0)
      return lastError();
    StringRef next(target, size);
    to.path = llvm::sys::path::is_absolute(next) ? next.str()
                                                 : inFolderOf(to.path, next);
  }
  return std::make_error_code(std::errc::too_many_symbolic_link_levels);
}

static std::error_code resolve(StringRef path, Destination &to) {
  to.path = path.str();
  if (path == "-") {
    to.descriptor = STDOUT_FILENO;
    return {};
  }
  if (std::error_code error = followLinks(to))
    return error;
  if (to.present && S_ISDIR(to.present->st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  return {};
}

static bool writeAll(int file, StringRef contents) {
  while (!contents.empty()) {
    const ssize_t written = write(file, contents.data(),
                                  std::min<size_t>(contents.size(), 1 << 30));
    if (written < 0 && errno != EINTR)
      return false;
    contents = contents.drop_front(std::max<ssize_t>(written, 0));
  }
  return true;
}

static bool writeAll(int to, const OutputFile &file) {
  auto write = [to](StringRef piece) { return writeAll(to, piece); };
  return write(file.contents) && (!file.more || file.more(write));
}

/// What is there is gone whether this works or not.
static std::error_code writeInto(const Destination &to,
                                 const OutputFile &from) {
  if (to.descriptor >= 0) {
    if (to.descriptor == STDOUT_FILENO)
      llvm::outs().flush();
    return writeAll(to.descriptor, from) ? std::error_code() : lastError();
  }
  Descriptor file(
      open(to.path.c_str(), O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC));
  if (!file || !writeAll(file, from) || !file.close())
    return lastError();
  return {};
}

namespace {

/// One of the files of writeFiles.
class Writer {
public:
  explicit Writer(const OutputFile &file) : file(file) {}
  ~Writer() {
    if (!temporary.empty())
      unlink(temporary.c_str());
  }
  Writer(Writer &&other)
      : file(other.file), to(std::move(other.to)),
        temporary(std::exchange(other.temporary, "")),
        removed(std::move(other.removed)) {}

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
  std::error_code createTemporary(int &number);
  std::error_code keepAttributes(int number) const;

  const OutputFile &file;
  Destination to;
  std::string temporary; // empty: the destination is opened
  RemovedOnInterrupt removed;
};

} // namespace

/// Its name is short, since that of the file may be as long as names can be.
/// LLVM's unique names would take a % in the folder's for their own.
std::error_code Writer::createTemporary(int &number) {
  const unsigned mode = file.isExecutable ? 0777 : 0666; // less the umask
  SignalsBlocked blocked;
  for (int tries = 0; tries < 100; ++tries) {
    const std::string name =
        inFolderOf(to.path, ".attn-" + llvm::utohexstr(std::random_device()()));
    number = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (number < 0 && errno == EEXIST)
      continue;
    if (number < 0)
      break;
    temporary = name;
    removed = RemovedOnInterrupt(name);
    return {};
  }
  return lastError();
}

std::error_code Writer::keepAttributes(int number) const {
  if (!to.present)
    return {};
  // Only root may give files away; others own what they write.
  if (fchown(number, to.present->st_uid, to.present->st_gid) != 0)
    (void)fchown(number, -1, to.present->st_gid);
  return fchmod(number, to.present->st_mode & 0777) == 0 ? std::error_code()
                                                         : lastError();
}

std::error_code Writer::prepare() {
  if (std::error_code error = resolve(file.path, to))
    return error;
  if (!to.isReplaceable())
    return {};
  if (to.present && faccessat(AT_FDCWD, to.path.c_str(), W_OK, AT_EACCESS) != 0)
    return lastError();
  int number = -1;
  if (std::error_code error = createTemporary(number)) {
    const bool isFolderClosed = error == std::errc::permission_denied ||
                                error == std::errc::operation_not_permitted ||
                                error == std::errc::read_only_file_system;
    return to.present && isFolderClosed ? std::error_code() : error;
  }
  Descriptor written(number);
  if (!writeAll(written, file))
    return lastError();
  if (std::error_code error = keepAttributes(written))
    return error;
  return written.close() ? std::error_code() : lastError();
}

std::error_code Writer::commit() {
  if (temporary.empty())
    return writeInto(to, file);
  if (rename(temporary.c_str(), to.path.c_str()) == 0) {
    temporary.clear();
    return {};
  }
  // A mount point, or another's file in a folder like /tmp.
  const std::error_code error = lastError();
  return to.present && !writeInto(to, file) ? std::error_code() : error;
}

llvm::Error mlir::attn::writeFiles(llvm::ArrayRef<OutputFile> files) {
  std::vector<Writer> writers;
  for (const OutputFile &file : files)
    writers.emplace_back(file);
  for (Writer &writer : writers)
    if (std::error_code error = writer.prepare())
      return writer.explain(error);
  for (const bool isOpened : {true, false})
    for (Writer &writer : writers)
      if (writer.isOpened() == isOpened)
        if (std::error_code error = writer.commit())
          return writer.explain(error);
  return llvm::Error::success();
}

llvm::Error mlir::attn::writeFile(StringRef path, StringRef contents) {
  return writeFiles(OutputFile{path.str(), contents});
}

bool mlir::attn::isSpecialFile(StringRef path) {
  Destination to;
  return path == "-" || (!resolve(path, to) && !to.isReplaceable());
}
