//===- Memory.cpp - Memory of this process, as Linux tells it -------------===//

#include "Memory.h"
#include "MemoryWatch.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/resource.h>

namespace mlir::attn::bench {

/// A field of one of Linux's tables of sizes in kB, in bytes; 0 without it.
static int64_t readField(const char *path, const std::string &field) {
  std::ifstream table(path);
  for (std::string line; std::getline(table, line);)
    if (line.compare(0, field.size(), field) == 0)
      return std::strtoll(line.c_str() + field.size(), nullptr, 10) * 1024;
  return 0;
}

#if defined(__SANITIZE_ADDRESS__)
static constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
static constexpr bool kIsSanitized = __has_feature(address_sanitizer);
#else
static constexpr bool kIsSanitized = false;
#endif

MemoryWatch::MemoryWatch() {
  // What the compiler freed must not hide what a run takes.
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5"; // the peak starts anew
  start = readField("/proc/self/status", "VmRSS:");
}

int64_t MemoryWatch::addedBytes() const {
  return std::max<int64_t>(readField("/proc/self/status", "VmHWM:") - start, 0);
}

void limitMemory() {
  // The sanitizer's shadow memory takes more addresses than any limit.
  if (kIsSanitized)
    return;
  const int64_t available = readField("/proc/meminfo", "MemAvailable:"),
                mapped = readField("/proc/self/status", "VmSize:");
  if (!available || !mapped)
    return;
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min<rlim_t>(
      limit.rlim_max, rlim_t(mapped) + rlim_t(double(available) * 0.85));
  setrlimit(RLIMIT_AS, &limit);
}

} // namespace mlir::attn::bench
