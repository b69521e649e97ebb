//===- Interrupt.cpp - What goes when a process ends early ----------------===//

#include "attn/Files/Interrupt.h"

#include "llvm/ADT/STLExtras.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <mutex>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

using namespace mlir::attn;

namespace {

/// A path where a handler of signals can read it: no memory that could go.
struct Slot {
  std::atomic<bool> isFilled{false};
  char path[PATH_MAX];
};

} // namespace

static Slot slots[32];
static std::atomic<pid_t> child{0};
/// Of the process that made them: a fork of it has nothing to remove.
static std::atomic<pid_t> owner{0};

/// With the files in it. readdir() is not for handlers of signals; the system
/// call under it is.
static void removeFolder(const char *path) {
  alignas(dirent64) char entries[4096];
  const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  long size;
  while ((size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0)
    for (long at = 0; at < size;) {
      const auto *entry = reinterpret_cast<const dirent64 *>(entries + at);
      unlinkat(folder, entry->d_name, 0);
      at += entry->d_reclen;
    }
  close(folder);
  rmdir(path);
}

/// Calls only what a handler of signals may.
static void removeAll() {
  if (getpid() != owner)
    return;
  if (const pid_t pid = child.exchange(0)) {
    kill(pid, SIGTERM);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  for (Slot &slot : slots)
    if (slot.isFilled.exchange(false) && unlink(slot.path) != 0)
      removeFolder(slot.path);
}

/// The action is the default one again by now, and this signal waits until the
/// handler returns.
static void removeAndEnd(int signal) {
  const int saved = errno;
  removeAll();
  errno = saved;
  raise(signal);
}

static void installHandlers() {
  owner = getpid();
  struct sigaction action = {};
  action.sa_handler = removeAndEnd;
  action.sa_flags = SA_RESETHAND;
  sigfillset(&action.sa_mask);
  for (int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU, SIGUSR1, SIGUSR2,
        SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS}) {
    struct sigaction present;
    if (sigaction(signal, nullptr, &present) == 0 &&
        !(present.sa_flags & SA_SIGINFO) && present.sa_handler == SIG_DFL)
      sigaction(signal, &action, nullptr);
  }
  std::atexit(removeAll);
}

SignalsBlocked::SignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &previous);
}

SignalsBlocked::~SignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

RemovedOnInterrupt::RemovedOnInterrupt(llvm::StringRef path) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  static const bool installed = (installHandlers(), true);
  (void)installed;
  if (path.size() >= PATH_MAX)
    return;
  const auto *free = llvm::find_if(
      slots, [](const Slot &candidate) { return !candidate.isFilled; });
  if (free == std::end(slots))
    return;
  slot = free - slots;
  std::memcpy(slots[slot].path, path.data(), path.size());
  slots[slot].path[path.size()] = '\0';
  slots[slot].isFilled = true;
}

RemovedOnInterrupt::~RemovedOnInterrupt() {
  if (slot >= 0)
    slots[slot].isFilled = false;
}

RemovedOnInterrupt::RemovedOnInterrupt(RemovedOnInterrupt &&other)
    : slot(std::exchange(other.slot, -1)) {}

RemovedOnInterrupt &RemovedOnInterrupt::operator=(RemovedOnInterrupt &&other) {
  std::swap(slot, other.slot);
  return *this;
}

EndedOnInterrupt::EndedOnInterrupt(pid_t pid) { child = pid; }
EndedOnInterrupt::~EndedOnInterrupt() { child = 0; }
