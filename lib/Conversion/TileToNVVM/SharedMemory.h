//===- SharedMemory.h - The shared memory of a kernel -----------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H
#define ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn::tile {

/// The address of `bytes` bytes at `offset` in the shared memory of the kernel
/// around `op`, one array, which is as long as it needs to be.
Value getShared(Operation *op, int64_t offset, int64_t bytes,
                RewriterBase &rewriter);

} // namespace mlir::attn::tile

#endif // ATTN_LIB_CONVERSION_TILETONVVM_SHAREDMEMORY_H
