//===- Clock.h - Time as the benchmark counts it ----------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_CLOCK_H
#define ATTN_TOOLS_ATTN_BENCH_CLOCK_H

namespace mlir::attn::bench {

enum class ClockKind {
  Wall,
  /// Processor time divided by the number of threads: what is left of the
  /// others' work on a machine that is shared.
  CPU
};

/// Seconds of a piece of work on a number of threads.
class Clock {
public:
  explicit Clock(ClockKind kind) : kind(kind) {}

  /// Seconds from an arbitrary start, for work that starts now on `threads`
  /// threads, the caller's among them.
  double now(unsigned threads) const;

private:
  ClockKind kind;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_CLOCK_H
