//===- Threads.h - The threads that artifacts run on ------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_THREADS_H
#define ATTN_TOOLS_ATTN_BENCH_THREADS_H

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::attn::bench {

/// The OpenMP runtime, when an artifact has brought it into this process, so
/// that a peak is measured by the very threads that run the artifacts.
class ThreadTeam {
public:
  /// Looks for the runtime; call it after artifacts are loaded.
  static ThreadTeam find();

  /// Artifacts have a runtime to take threads from.
  bool hasOpenMP() const { return parallel; }

  /// How many threads artifacts use from now on.
  void setThreads(unsigned threads) const;

  /// Runs `body(0)` … `body(threads - 1)` at the same time and waits.
  void run(unsigned threads, llvm::function_ref<void(unsigned)> body) const;

private:
  using Parallel = void (*)(void (*)(void *), void *, unsigned, unsigned);
  Parallel parallel = nullptr;
  int (*getThread)() = nullptr;
  void (*setNumThreads)(int) = nullptr;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_THREADS_H
