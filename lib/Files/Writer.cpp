//===- Writer.cpp - A file on its way to its place ------------------------===//

#include "Writer.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/magic.h>
#include <random>
#include <sys/vfs.h>

using namespace mlir::attn;
using llvm::StringRef;

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

std::error_code mlir::attn::resolve(StringRef path, Destination &to) {
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

Writer::~Writer() {
  ending.reset();
  if (!temporary.empty())
    unlink(temporary.c_str());
}

Writer::Ending::~Ending() {
  isWanted = false;
  if (thread.joinable())
    thread.join();
}

/// Its name is short, since that of the file may be as long as names can be.
/// LLVM's unique names would take a % in the folder's for their own.
std::error_code Writer::createTemporary() {
  const unsigned mode = file.isExecutable ? 0777 : 0666; // less the umask
  SignalsBlocked blocked;
  for (int tries = 0; tries < 100; ++tries) {
    const std::string name =
        inFolderOf(to.path, ".attn-" + llvm::utohexstr(std::random_device()()));
    const int number =
        ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (number < 0 && errno == EEXIST)
      continue;
    if (number < 0)
      break;
    opened = Descriptor(number);
    temporary = name;
    removed = RemovedOnInterrupt(name);
    return {};
  }
  return lastError();
}

std::error_code Writer::keepAttributes() const {
  if (!to.present)
    return {};
  // Only root may give files away; others own what they write.
  if (fchown(opened, to.present->st_uid, to.present->st_gid) != 0)
    (void)fchown(opened, -1, to.present->st_gid);
  return fchmod(opened, to.present->st_mode & 0777) == 0 ? std::error_code()
                                                         : lastError();
}

std::error_code Writer::open() {
  if (std::error_code error = resolve(file.path, to))
    return error;
  if (!to.isReplaceable())
    return {};
  if (to.present && faccessat(AT_FDCWD, to.path.c_str(), W_OK, AT_EACCESS) != 0)
    return lastError();
  if (std::error_code error = createTemporary()) {
    const bool isFolderClosed = error == std::errc::permission_denied ||
                                error == std::errc::operation_not_permitted ||
                                error == std::errc::read_only_file_system;
    return to.present && isFolderClosed ? std::error_code() : error;
  }
  return {};
}

void Writer::startEnding(uint64_t offset) {
  ending = std::make_unique<Ending>(offset);
  auto write = [to = int(opened), state = ending.get(), more = file.more] {
    auto sink = [&](StringRef piece) {
      return state->isWanted && writeAll(to, piece);
    };
    if (lseek(to, state->offset, SEEK_SET) < 0 || !more(sink))
      state->error = lastError();
  };
  ending->thread = std::thread(write);
}

std::error_code Writer::finishEnding() {
  if (ending->thread.joinable())
    ending->thread.join();
  return ending->error;
}

std::error_code Writer::prepare() {
  if (!ending) {
    if (std::error_code error = open())
      return error;
    if (isOpened())
      return {};
    if (!writeAll(opened, file))
      return lastError();
  } else {
    if (std::error_code error = finishEnding())
      return error;
    if (lseek(opened, 0, SEEK_SET) < 0 || !writeAll(opened, file.contents))
      return lastError();
  }
  if (std::error_code error = keepAttributes())
    return error;
  return opened.close() ? std::error_code() : lastError();
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
