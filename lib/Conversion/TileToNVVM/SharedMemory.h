//===- SharedMemory.h - The shared memory of a kernel -----------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H
#define ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn::tile {

/// What every block has; more is memory that the launch asks for.
inline constexpr int64_t kStaticSharedBytes = 48 * 1024;

/// The address of `bytes` bytes at `offset` in the shared memory of the kernel
/// around `op`, one array, which is as long as it needs to be.
Value getShared(Operation *op, int64_t offset, int64_t bytes,
                RewriterBase &rewriter);

/// Once all arrays are as long as they need to be: those of more than
/// `kStaticSharedBytes` get their length from the launch, and their kernels say
/// so in `attn_tile.dynamic_shared`.
void finishShared(ModuleOp module);

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H
