//===- Prefetch.h - Rows asked for early ------------------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_PREFETCH_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_PREFETCH_H

#include "Steps/KernelBuilder.h"

namespace mlir::attn {

/// Asks for `size` columns from `first` on of the row of `matrix` that lies 4
/// KB behind `row`: reading from memory takes longer than all that is computed.
void prefetchAhead(KernelBuilder &b, Value matrix, Value row, Value first,
                   int64_t size);

/// Asks for the cache line of one element. The first-level cache waits for few
/// lines at a time; what it need not hold yet is for the second level.
enum class CacheLevel { First, Second };
void prefetch(KernelBuilder &b, Value matrix, Value row, Value column,
              CacheLevel level = CacheLevel::First);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_PREFETCH_H
