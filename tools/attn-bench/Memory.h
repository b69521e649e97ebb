//===- Memory.h - Never more memory than there is ---------------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_MEMORY_H
#define ATTN_TOOLS_ATTN_BENCH_MEMORY_H

namespace mlir::attn::bench {

/// Lets this process have most of the memory that is free now and no more, so
/// that a lowering that asks for too much (scores as whole tensors) is told so
/// instead of being killed.
void limitMemory();

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_MEMORY_H
