//===- StreamPeak.h - How fast memory is read -------------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_STREAMPEAK_H
#define ATTN_TOOLS_ATTN_BENCH_STREAMPEAK_H

#include "Clock.h"
#include "Threads.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mlir::attn::bench {

using StreamKernel = void(int64_t end, int64_t step, int64_t apart,
                          const char *from, int64_t ahead, void *out);

/// Measures the stream kernel of PeakKernels.h on memory that is in no cache.
class StreamPeak {
public:
  StreamPeak() = default;
  StreamPeak(const StreamPeak &) = delete;
  ~StreamPeak();

  void setKernel(StreamKernel *newKernel) { kernel = newKernel; }

  /// Bytes/s of `threads` threads together; 0 where there is no memory for it.
  double measure(unsigned threads, const ThreadTeam &team, const Clock &clock);

private:
  bool allocate();
  void chooseWay(const ThreadTeam &team, const Clock &clock);
  double readNext(unsigned threads, const ThreadTeam &team, const Clock &clock);

  StreamKernel *kernel = nullptr;
  void *mapped = nullptr;
  const char *start = nullptr;
  size_t size = 0, nextByte = 0;
  /// How the kernel reads: what was fastest here.
  struct Way {
    int64_t ahead; // bytes
    bool isInPlaces;
  };
  std::optional<Way> way;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_STREAMPEAK_H
