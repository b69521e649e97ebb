//===- ScratchSpace.h - Memory that kernels own -----------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SCRATCHSPACE_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SCRATCHSPACE_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"

namespace mlir::attn {

/// The buffers of a module in #attn.scratch.
class ScratchSpace {
public:
  /// Finds them, and takes the space off all types: nothing else of a module
  /// has to know where a buffer lies.
  explicit ScratchSpace(ModuleOp module);

  /// What makes `buffer`; null where it is the caller's, or a part of scratch.
  memref::AllocOp find(Value buffer) const;
  /// `alloc` was replaced.
  void erase(memref::AllocOp alloc);
  /// Erases those that no kernel reads from any more, with what fills them.
  void eraseUnread();

private:
  llvm::SetVector<Operation *> allocs;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SCRATCHSPACE_H
