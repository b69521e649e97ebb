//===- StateBuffers.h - Where a kernel's state lies -------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATEBUFFERS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATEBUFFERS_H

#include "RowKernel.h"

namespace mlir::attn {

/// Gives each state its scratch. Buffers that only hold a state in between
/// become views of the scratch; of any other, a copy is taken before the op and
/// given back after it.
class StateBuffers {
public:
  StateScratch get(AttendInPlaceOp op, const VectorTarget &target,
                   const StateLayout &layout);

private:
  struct Known {
    Value scratch;
    StateLayout layout;
  };
  /// The scratch that `buffer` is made a view of, if that can be.
  Value share(Value buffer, const StateLayout &layout);
  Value copy(KernelBuilder &builder, AttendInPlaceOp op, Value buffer,
             const StateLayout &layout);

  DenseMap<Value, Known> scratchOf;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATEBUFFERS_H
