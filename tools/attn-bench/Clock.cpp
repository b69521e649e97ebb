//===- Clock.cpp - Time as the benchmark counts it ------------------------===//

#include "Clock.h"

#include <ctime>

namespace mlir::attn::bench {

static double read(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

double Clock::now(unsigned threads) const {
  if (kind == ClockKind::Wall)
    return read(CLOCK_MONOTONIC);
  // On one thread, other threads of this process (that wait by spinning) do not
  // count.
  if (threads == 1)
    return read(CLOCK_THREAD_CPUTIME_ID);
  return read(CLOCK_PROCESS_CPUTIME_ID) / threads;
}

} // namespace mlir::attn::bench
