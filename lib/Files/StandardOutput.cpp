//===- StandardOutput.cpp - What a tool prints is written too -------------===//

#include "attn/Files/StandardOutput.h"

#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir::attn;

static const char *tool;
/// Standard error as it was at first: options are parsed with another one.
static int messages;

/// Else the next file that is opened would get what is printed. Writing fails
/// with EBADF, as it would have.
static void keepDescriptorsTaken() {
  for (int n : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(n, F_GETFD) < 0 && errno == EBADF)
      (void)open("/dev/null", n == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void reportUnwritten() {
  llvm::raw_fd_ostream &os = llvm::outs();
  os.flush();
  if (!os.has_error())
    return;
  const std::error_code error = os.error();
  os.clear_error(); // else its destructor ends the process as a crash
  llvm::raw_fd_ostream(messages, /*shouldClose=*/false)
      << tool
      << ": error: expected to write standard output, got: " << error.message()
      << "\n";
  _exit(EXIT_FAILURE);
}

void mlir::attn::checkStandardOutput(const char *name) {
  tool = name;
  keepDescriptorsTaken();
  messages = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  std::signal(SIGXFSZ, SIG_IGN);
  // Made first, so that it is destroyed after what is registered here.
  (void)llvm::outs();
  std::atexit(reportUnwritten);
}
