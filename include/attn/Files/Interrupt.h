//===- Interrupt.h - What goes when a process ends early --------*- C++ -*-===//
//
// A signal that ends this process, or an exit() from the middle of it, removes
// first what is only there for a while. Signals that are ignored or handled
// when the first such thing is made stay so.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_FILES_INTERRUPT_H
#define ATTN_FILES_INTERRUPT_H

#include "llvm/ADT/StringRef.h"

#include <csignal>
#include <sys/types.h>

namespace mlir::attn {

/// Keeps signals from this thread while it lives: between making something and
/// saying that it goes.
class SignalsBlocked {
public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked &) = delete;

private:
  sigset_t previous;
};

/// A file, or a folder with the files in it, that goes if the process ends
/// while this lives.
class RemovedOnInterrupt {
public:
  RemovedOnInterrupt() = default;
  explicit RemovedOnInterrupt(llvm::StringRef path);
  ~RemovedOnInterrupt();
  RemovedOnInterrupt(RemovedOnInterrupt &&other);
  RemovedOnInterrupt &operator=(RemovedOnInterrupt &&other);

private:
  int slot = -1;
};

/// A process that is ended first, while this lives: it might make files.
class EndedOnInterrupt {
public:
  explicit EndedOnInterrupt(pid_t child);
  ~EndedOnInterrupt();
  EndedOnInterrupt(const EndedOnInterrupt &) = delete;
};

} // namespace mlir::attn

#endif // ATTN_FILES_INTERRUPT_H
