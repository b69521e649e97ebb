//===- StateBuffers.h - Where a kernel's state lies -------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H

#include "State/StateScratch.h"
#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Gives each state its scratch. Buffers that only hold a state in between
/// become views of the scratch; of any other, a copy is taken before the op and
/// given back after it.
class StateBuffers {
public:
  StateScratch get(AttendInPlaceOp op, CPUTargetAttr target,
                   const StateLayout &layout);

private:
  struct Known {
    Value scratch;
    StateLayout layout;
  };
  /// A view of new scratch, with the dimensions of `buffer`.
  Value makeScratch(OpBuilder &builder, Value buffer,
                    const StateLayout &layout);
  /// The view of scratch that takes the place of `buffer`; null if it cannot.
  Value share(Value buffer, const StateLayout &layout);
  /// The same for a slice that a parallel loop writes, copied at its end.
  Value shareSlice(Value buffer, const StateLayout &layout);
  /// The scratch that holds `buffer` during `op`.
  Value copy(KernelBuilder &builder, AttendInPlaceOp op, Value buffer,
             const StateLayout &layout);

  DenseMap<Value, Known> scratchOf;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_STATEBUFFERS_H
