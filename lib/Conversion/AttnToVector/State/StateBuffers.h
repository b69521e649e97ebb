//===- StateBuffers.h - Where a kernel's state lies -------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H

#include "State/ScratchSpace.h"
#include "State/StateScratch.h"
#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Gives each state the memory that its kernel keeps it in, on the stack of a
/// thread. Buffers in scratch become views of it; of the caller's, a copy is
/// taken before the op and given back after it.
class StateBuffers {
public:
  explicit StateBuffers(ScratchSpace &scratch) : scratch(scratch) {}

  StateScratch get(AttendOp op, CPUTargetAttr target,
                   const StateLayout &layout);

private:
  struct Known {
    Value scratch;
    StateLayout layout;
  };
  /// A view of new memory, with the dimensions of `buffer`.
  Value makeScratch(OpBuilder &builder, memref::AllocOp buffer,
                    const StateLayout &layout);
  /// The view that takes the place of `alloc`; null if it cannot.
  Value replace(memref::AllocOp alloc, const StateLayout &layout);
  /// The memory that holds `buffer` during `op`.
  Value copy(KernelBuilder &builder, AttendOp op, Value buffer,
             const StateLayout &layout);

  ScratchSpace &scratch;
  DenseMap<Value, Known> scratchOf; // by view
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H
