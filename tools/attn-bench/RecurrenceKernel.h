//===- RecurrenceKernel.h - Code of the recurrence --------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_RECURRENCEKERNEL_H
#define ATTN_TOOLS_ATTN_BENCH_RECURRENCEKERNEL_H

#include <cstdint>
#include <string>

namespace mlir::attn::bench {

struct RecurrenceKernel {
  int64_t keySize, valueSize;
  /// Vectors of `lanes` f32 that are taken together: columns of the state.
  unsigned lanes, vectors;
  bool isGated, isDelta;

  int64_t getBlock() const { return int64_t(lanes) * vectors; }
};

/// `func @NAME(%length: i64, %first: i64, %end: i64, %state, %q, %k, %v,
/// %factors, %beta, %out: !llvm.ptr)`: one head's tokens in order, for the
/// columns from first to end of the state [keySize, valueSize], which is
/// updated. Factors are exp(decay); the output is not scaled: the query is.
std::string makeRecurrenceKernel(const std::string &name,
                                 const RecurrenceKernel &kernel);

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_RECURRENCEKERNEL_H
