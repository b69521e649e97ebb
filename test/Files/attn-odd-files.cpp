//===- attn-odd-files.cpp - Files written where files are odd -------------===//
//
// Draws one to three files of odd kinds from a seed (devices made for the
// purpose, pipes, links, folders, names as long as they can be, a full disk, a
// limit on sizes), writes them in a child with writeFiles, now and then with a
// signal in the middle, and looks at what is there then. Devices need root; a
// disk that fills needs a small file system, --small=FOLDER.
//
//===----------------------------------------------------------------------===//

#include "attn/Files/WriteFile.h"
#include "attn/Support/Random.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

using attn::RandomSequence;
namespace cl = llvm::cl;

namespace {

enum Kind {
  New,
  Regular,
  Link,
  LinkOfLink,
  Dangling,
  HardLink,
  ReadOnly,
  NullDevice,
  FullDevice,
  Pipe,
  LinkToNull,
  Folder,
  Loop,
  MissingFolder,
  TooLong,
  numKinds
};

const char *const kindNames[] = {
    "new",          "regular",   "link",        "link of a link", "dangling",
    "hard link",    "read-only", "null device", "full device",    "pipe",
    "link to null", "folder",    "loop",        "no folder",      "long name"};

/// One output of a trial, and what lies there.
struct Target {
  Kind kind;
  std::string path;      // what is written
  std::string file = ""; // the regular file behind it, if there is to be one
  std::string old = "";  // what that file has in it, if it is there
  std::string contents = "";
  bool existed = false;
  bool isExecutable = false;
  mode_t mode = 0;
  int reader = -1; // of a pipe
  std::string got = "";
};

/// How the child writes.
struct Manner {
  mode_t mask;
  bool isUser; // not root
  std::optional<rlim_t> sizeLimit;
  std::optional<int> signal; // that comes after so many microseconds
  int64_t delay;
};

} // namespace

static constexpr uid_t nobody = 65534;

static std::string read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

static void write(const std::string &path, const std::string &text,
                  mode_t mode) {
  std::ofstream(path, std::ios::binary) << text;
  chmod(path.c_str(), mode);
}

static std::string drawContents(RandomSequence &random, int64_t longest) {
  const int64_t sizes[] = {0, 1, 100, 4096, 50000, longest};
  std::string text(sizes[random.integer(0, 5)], '\0');
  for (size_t n = 0; n < text.size(); n += 97)
    text[n] = char(random.bits());
  return text;
}

static std::string drawName(RandomSequence &random, int n) {
  std::string name = "out" + std::to_string(n);
  switch (random.integer(0, 4)) {
  case 0:
    return name + std::string(255 - name.size(), 'x');
  case 1:
    return name + "%%%%.so";
  case 2:
    return "-" + name + " \xc3\xa4\n";
  default:
    return name + ".json";
  }
}

/// Puts a file of this kind at the target's path.
static void make(Target &target, RandomSequence &random,
                 const std::string &folder) {
  const char *const path = target.path.c_str();
  const std::string aside = folder + "/aside-" + std::to_string(random.bits());
  auto makeOld = [&](const std::string &at, mode_t mode) {
    target.file = at;
    target.existed = true;
    target.old = "old " + std::to_string(random.bits());
    target.mode = mode;
    write(at, target.old, mode);
  };
  const mode_t modes[] = {0644, 0600, 0755, 0640, 0666};
  const mode_t mode = modes[random.integer(0, 4)];
  switch (target.kind) {
  case New:
    target.file = target.path;
    break;
  case Regular:
    makeOld(target.path, mode);
    break;
  case ReadOnly:
    makeOld(target.path, 0444);
    break;
  case HardLink:
    makeOld(target.path, mode);
    (void)!link(path, aside.c_str());
    break;
  case Link:
    makeOld(aside, mode);
    (void)!symlink(llvm::StringRef(aside).rsplit('/').second.str().c_str(),
                   path);
    break;
  case LinkOfLink:
    makeOld(aside, mode);
    (void)!symlink(aside.c_str(), (aside + "-link").c_str());
    (void)!symlink((aside + "-link").c_str(), path);
    break;
  case Dangling:
    target.file = aside;
    (void)!symlink(aside.c_str(), path);
    break;
  case NullDevice:
    mknod(path, S_IFCHR | 0666, makedev(1, 3));
    break;
  case FullDevice:
    mknod(path, S_IFCHR | 0666, makedev(1, 7));
    break;
  case LinkToNull:
    mknod(aside.c_str(), S_IFCHR | 0666, makedev(1, 3));
    (void)!symlink(aside.c_str(), path);
    break;
  case Pipe:
    mkfifo(path, 0666);
    target.reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    break;
  case Folder:
    mkdir(path, 0777);
    break;
  case Loop:
    (void)!symlink(path, path);
    break;
  case MissingFolder:
  case TooLong:
  case numKinds:
    break;
  }
}

/// Names below a folder, with what says whether they are still what they were.
static std::map<std::string, std::string> list(const std::string &folder) {
  std::map<std::string, std::string> names;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator it(folder, error, false), end;
       it != end && !error; it.increment(error)) {
    struct stat status;
    lstat(it->path().c_str(), &status);
    std::string what = std::to_string(status.st_mode & S_IFMT);
    char text[PATH_MAX];
    if (S_ISLNK(status.st_mode))
      what += std::string(
          text, std::max<ssize_t>(
                    readlink(it->path().c_str(), text, sizeof text), 0));
    names[it->path()] = what;
  }
  return names;
}

namespace {

class Trial {
public:
  Trial(uint64_t seed, const std::string &folder, bool isSmall, bool canBeUser);
  ~Trial();

  /// What is wrong; nothing when all is well.
  std::string run();
  std::string describe() const;
  bool hasSucceeded = false, isKilled = false;

private:
  pid_t start() const;
  int finish(pid_t child);
  void drain();
  bool mustFail() const;
  std::string check() const;
  std::string checkTarget(const Target &target) const;

  RandomSequence random;
  std::string folder;
  bool isSmall;
  Manner manner;
  std::vector<Target> targets;
  std::map<std::string, std::string> before;
};

} // namespace

static constexpr int64_t tooMuch = 3 << 20; // for the small file system

Trial::Trial(uint64_t seed, const std::string &parent, bool isSmall,
             bool canBeUser)
    : random(seed), isSmall(isSmall) {
  const bool isRoot = geteuid() == 0;
  folder = parent + "/100%" + std::to_string(random.integer(0, 1 << 30));
  mkdir(folder.c_str(), 0777);
  chmod(folder.c_str(), 0777);
  const mode_t masks[] = {0022, 0077, 0002, 0};
  manner.mask = masks[random.integer(0, 3)];
  manner.isUser = !isRoot || (random.chance(0.3) && canBeUser);
  if (random.chance(0.1))
    manner.sizeLimit = 8192;
  const int signals[] = {SIGTERM, SIGINT, SIGHUP};
  if (random.chance(0.4))
    manner.signal = signals[random.integer(0, 2)];
  manner.delay = random.integer(0, 600);
  const int64_t longest = isSmall && random.chance(0.5) ? tooMuch : 200000;
  for (int64_t n = 0, count = random.integer(1, 3); n < count; ++n) {
    Target target{Kind(random.integer(0, numKinds - 1)), folder + "/"};
    const bool isDevice = target.kind == NullDevice ||
                          target.kind == FullDevice ||
                          target.kind == LinkToNull;
    if (isDevice && !isRoot)
      target.kind = Regular;
    if (target.kind == MissingFolder)
      target.path += "none/";
    target.path +=
        target.kind == TooLong ? std::string(256, 'x') : drawName(random, n);
    target.contents = drawContents(random, longest);
    if (target.kind == Pipe) // which holds 65536 bytes
      target.contents.resize(std::min<size_t>(target.contents.size(), 20000));
    target.isExecutable = random.chance(0.3);
    make(target, random, folder);
    targets.push_back(std::move(target));
  }
  if (isRoot && manner.isUser)
    for (const auto &[name, what] : list(folder))
      (void)!lchown(name.c_str(), nobody, nobody);
  before = list(folder);
}

Trial::~Trial() {
  for (const Target &target : targets)
    if (target.reader >= 0)
      close(target.reader);
  // LLVM's refuses devices and pipes.
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

std::string Trial::describe() const {
  std::string text;
  for (const Target &target : targets)
    text += std::string(text.empty() ? "" : ", ") + kindNames[target.kind] +
            " (" + std::to_string(target.contents.size()) + " bytes)";
  if (manner.isUser)
    text += ", not root";
  if (manner.sizeLimit)
    text += ", ulimit";
  if (manner.signal)
    text += ", " + std::string(strsignal(*manner.signal)) + " after " +
            std::to_string(manner.delay) + " us";
  return text + (isSmall ? ", small disk" : "");
}

pid_t Trial::start() const {
  llvm::outs().flush();
  const pid_t child = fork();
  if (child != 0)
    return child;
  umask(manner.mask);
  if (manner.sizeLimit) {
    const rlimit limit{*manner.sizeLimit, *manner.sizeLimit};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN); // as checkStandardOutput does
  }
  if (manner.isUser && geteuid() == 0 &&
      (setgid(nobody) != 0 || setuid(nobody) != 0))
    _exit(4);
  std::vector<mlir::attn::OutputFile> files;
  for (const Target &target : targets)
    files.push_back({target.path, target.contents, target.isExecutable});
  llvm::Error error = mlir::attn::writeFiles(files);
  const bool failed = bool(error);
  const std::string message = llvm::toString(std::move(error));
  _exit(failed ? (message.empty() ? 3 : 1) : 0);
}

/// What came through pipes so far.
void Trial::drain() {
  for (Target &target : targets) {
    char bytes[4096];
    ssize_t size;
    while (target.reader >= 0 &&
           (size = ::read(target.reader, bytes, sizeof bytes)) > 0)
      target.got.append(bytes, size);
  }
}

int Trial::finish(pid_t child) {
  if (manner.signal) {
    usleep(manner.delay);
    kill(child, *manner.signal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  drain();
  return status;
}

bool Trial::mustFail() const {
  for (const Target &target : targets) {
    const bool isFile = !target.file.empty();
    switch (target.kind) {
    case FullDevice:
      if (!target.contents.empty())
        return true;
      break;
    case ReadOnly:
      if (manner.isUser)
        return true;
      break;
    case Folder:
    case Loop:
    case MissingFolder:
    case TooLong:
      return true;
    default:
      break;
    }
    if (isFile && manner.sizeLimit &&
        target.contents.size() > *manner.sizeLimit)
      return true;
    if (isFile && isSmall && target.contents.size() == tooMuch)
      return true;
  }
  return false;
}

std::string Trial::checkTarget(const Target &target) const {
  if (target.kind == Pipe && hasSucceeded && target.got != target.contents)
    return "the pipe got other bytes";
  if (target.file.empty())
    return "";
  struct stat status;
  const bool isThere = stat(target.file.c_str(), &status) == 0;
  if (!isThere)
    return hasSucceeded     ? "the file is not there"
           : target.existed ? "the file is gone"
                            : "";
  const std::string now = read(target.file);
  const bool isNew = now == target.contents;
  const bool isOld = target.existed && now == target.old;
  if (hasSucceeded ? !isNew : isKilled ? !isNew && !isOld : !isOld)
    return "the file has other bytes in it";
  const mode_t wanted =
      target.existed ? target.mode
                     : (target.isExecutable ? 0777 : 0666) & ~manner.mask;
  return (status.st_mode & 07777) == wanted ? "" : "the permissions changed";
}

std::string Trial::check() const {
  if (hasSucceeded && mustFail())
    return "succeeds although it cannot";
  if (!hasSucceeded && !isKilled && !mustFail())
    return "fails for no reason";
  for (const Target &target : targets)
    if (std::string problem = checkTarget(target); !problem.empty())
      return std::string(kindNames[target.kind]) + ": " + problem;
  std::map<std::string, std::string> after = list(folder);
  for (const auto &[name, what] : before) {
    if (after[name] != what)
      return "'" + name + "' is something else now";
    after.erase(name);
  }
  for (const Target &target : targets) // only new ones are still there
    after.erase(target.file);
  return after.empty() ? "" : "leaves '" + after.begin()->first + "'";
}

std::string Trial::run() {
  const int status = finish(start());
  isKilled = manner.signal && WIFSIGNALED(status) &&
             WTERMSIG(status) == *manner.signal;
  if (!isKilled && (!WIFEXITED(status) || WEXITSTATUS(status) > 1))
    return "ends with status " + std::to_string(status);
  hasSucceeded = !isKilled && WEXITSTATUS(status) == 0;
  return check();
}

/// Whether one who is not root gets there.
static bool isReachable(const std::string &folder) {
  const pid_t child = fork();
  if (child == 0)
    _exit(geteuid() != 0 || setuid(nobody) != 0 ||
          access(folder.c_str(), W_OK) != 0);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0;
}

int main(int argc, char **argv) {
  cl::OptionCategory category("attn-odd-files options");
  cl::opt<uint64_t> seed("seed", cl::init(1), cl::cat(category),
                         cl::desc("What all trials are drawn from"));
  cl::opt<int64_t> count("count", cl::init(1000), cl::cat(category),
                         cl::desc("How many trials"));
  cl::opt<int64_t> only("only", cl::init(-1), cl::cat(category),
                        cl::desc("Nothing but the trial of this number"));
  cl::opt<std::string> small("small", cl::cat(category),
                             cl::desc("A folder with 2 MiB of space for half "
                                      "of the trials"));
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Writes files where files are odd\n");
  umask(0);
  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("attn-odd-files", folder))
    return 1;
  chmod(folder.c_str(), 0777);
  int64_t bad = 0, succeeded = 0, killed = 0, all = 0;
  for (int64_t n = only >= 0 ? int64_t(only) : 0;
       n < (only >= 0 ? only + 1 : int64_t(count)); ++n, ++all) {
    const bool isSmall = !small.empty() && n % 2 == 1;
    const std::string parent = isSmall ? small : std::string(folder);
    Trial trial(attn::randomBits(seed, n), parent, isSmall,
                isReachable(parent));
    const std::string problem = trial.run();
    succeeded += trial.hasSucceeded;
    killed += trial.isKilled;
    if (problem.empty())
      continue;
    ++bad;
    llvm::outs() << "FAIL: seed " << seed << ", trial " << n << ": "
                 << trial.describe() << ": " << problem << "\n";
  }
  llvm::sys::fs::remove_directories(folder);
  llvm::outs() << "seed " << seed << ": " << all - bad << " of " << all
               << " trials are right; " << succeeded << " wrote their files, "
               << killed << " were interrupted, " << all - succeeded - killed
               << " were refused with a message\n";
  return bad != 0;
}
