//===- MemoryWatch.h - Memory of this process, as Linux tells it -----*- C++
//-*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_MEMORYWATCH_H
#define ATTN_TOOLS_ATTN_BENCH_MEMORYWATCH_H

#include <cstdint>

namespace mlir::attn::bench {

/// Watches from its construction on how much resident memory is added.
class MemoryWatch {
public:
  MemoryWatch();
  /// Bytes at the peak beyond the start; 0 where the system does not tell.
  int64_t addedBytes() const;

private:
  int64_t start = 0;
};

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_MEMORYWATCH_H
