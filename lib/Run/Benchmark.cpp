//===- Benchmark.cpp - How long a call takes ------------------------------===//

#include "attn/Run/Benchmark.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <malloc.h>

namespace mlir::attn {

using Clock = std::chrono::steady_clock;

static constexpr int64_t kMinRuns = 5;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

namespace {

/// The resident memory of this process, as Linux tells it.
class MemoryMeter {
public:
  MemoryMeter() {
    // What the compiler freed must not hide what the call takes.
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5"; // the peak starts anew
    start = read("VmRSS:");
  }
  void stop(Timing &timing) const {
    timing.peakBytes = read("VmHWM:");
    timing.addedBytes = std::max<int64_t>(timing.peakBytes - start, 0);
  }

private:
  static int64_t read(const std::string &field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.compare(0, field.size(), field) == 0)
        return std::strtoll(line.c_str() + field.size(), nullptr, 10) * 1024;
    return 0;
  }
  int64_t start = 0;
};

} // namespace

/// The value that `share` of the sorted ones are below.
static double quantile(const std::vector<double> &sorted, double share) {
  const double place = share * double(sorted.size() - 1);
  const size_t below = size_t(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] +
         (place - double(below)) * (sorted[above] - sorted[below]);
}

HostResult<Timing> benchmark(const std::function<HostStatus()> &call,
                             double seconds) {
  const MemoryMeter meter;
  if (HostStatus status = call(); !status)
    return status.error();
  std::vector<double> times;
  const Clock::time_point begin = Clock::now();
  while (int64_t(times.size()) < kMinRuns || secondsSince(begin) < seconds) {
    const Clock::time_point start = Clock::now();
    HostStatus status = call();
    times.push_back(secondsSince(start));
    if (!status)
      return status.error();
  }
  std::sort(times.begin(), times.end());
  Timing timing;
  timing.runs = int64_t(times.size());
  timing.median = quantile(times, 0.5);
  timing.low = quantile(times, 0.1);
  timing.high = quantile(times, 0.9);
  meter.stop(timing);
  return timing;
}

} // namespace mlir::attn
