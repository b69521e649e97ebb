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
  constexpr int64_t together = kStreamLines * kCacheLine;
  const size_t part =
      llvm::alignDown(size / kParts / threads, size_t(together));
  if (nextByte + part * threads > size)
    nextByte = 0;
  const char *begin = start + nextByte;
  nextByte += part * threads;
  const double from = clock.now(threads);
  team.run(threads, [&](unsigned thread) {
    alignas(kCacheLine) char sum[kCacheLine];
    const int64_t place = part / kStreamLines;
    if (way->isInPlaces)
      kernel(place, kCacheLine, place, begin + thread * part, way->ahead, sum);
    else
      kernel(part, together, kCacheLine, begin + thread * part, way->ahead,
             sum);
  });
  return double(part) * threads / (clock.now(threads) - from);
}

void StreamPeak::chooseWay(const ThreadTeam &team, const Clock &clock) {
  double best = 0;
  Way fastest{0, false};
  for (Way tried : {Way{0, false}, Way{2048, false}, Way{4096, false},
                    Way{0, true}, Way{2048, true}}) {
    way = tried;
    for (int n = 0; n < 4; ++n) {
      const double rate = readNext(1, team, clock);
      if (rate <= best)
        continue;
      best = rate;
      fastest = tried;
    }
  }
  way = fastest;
}

double StreamPeak::measure(unsigned threads, const ThreadTeam &team,
                           const Clock &clock) {
  if (!allocate())
    return 0;
  if (!way)
    chooseWay(team, clock);
  return std::max(readNext(threads, team, clock),
                  readNext(threads, team, clock));
}

} // namespace mlir::attn::bench
