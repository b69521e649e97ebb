//===- StreamPeak.cpp - How fast memory is read ---------------------------===//

#include "StreamPeak.h"
#include "PeakKernels.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace mlir::attn::bench {

static constexpr size_t kLargePage = size_t(2) << 20;
/// So many parts pass through the caches before one comes again.
static constexpr size_t kParts = 8;

bool StreamPeak::allocate() {
  if (start)
    return true;
  const long cache = std::max(
      {sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE), 0l});
  size =
      llvm::alignTo(std::max(4 * size_t(cache), size_t(256) << 20), kLargePage);
  mapped = mmap(nullptr, size + kLargePage, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    mapped = nullptr;
    return false;
  }
  char *aligned = reinterpret_cast<char *>(
      llvm::alignTo(reinterpret_cast<uintptr_t>(mapped), kLargePage));
#ifdef MADV_HUGEPAGE
  madvise(aligned, size, MADV_HUGEPAGE);
#endif
  // Memory that was never written is one page of zeros.
  std::fill(aligned, aligned + size, char(1));
  start = aligned;
  return true;
}

StreamPeak::~StreamPeak() {
  if (mapped)
    munmap(mapped, size + kLargePage);
}

double StreamPeak::readNext(unsigned threads, const ThreadTeam &team,
                            const Clock &clock) {
  const size_t part =
      llvm::alignDown(size / kParts / threads, size_t(kStreamStep));
  if (nextByte + part * threads > size)
    nextByte = 0;
  const char *begin = start + nextByte;
  nextByte += part * threads;
  const double from = clock.now(threads);
  team.run(threads, [&](unsigned thread) {
    alignas(64) char sum[64];
    kernel(int64_t(part), begin + thread * part, ahead, sum);
  });
  return double(part) * threads / (clock.now(threads) - from);
}

void StreamPeak::chooseDistance(const ThreadTeam &team, const Clock &clock) {
  double best = 0;
  int64_t fastest = 0;
  for (int64_t distance : {0, 2048, 4096}) {
    ahead = distance;
    for (int n = 0; n < 4; ++n) {
      const double rate = readNext(1, team, clock);
      if (rate <= best)
        continue;
      best = rate;
      fastest = distance;
    }
  }
  ahead = fastest;
}

double StreamPeak::measure(unsigned threads, const ThreadTeam &team,
                           const Clock &clock) {
  if (!allocate())
    return 0;
  if (ahead < 0)
    chooseDistance(team, clock);
  return std::max(readNext(threads, team, clock),
                  readNext(threads, team, clock));
}

} // namespace mlir::attn::bench
