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
  /// `maxRows`: whole vectors, at least the op's queries.
  StateScratch get(AttendInPlaceOp op, const VectorTarget &target,
                   int64_t maxRows);

private:
  /// The scratch that `buffer` is a view of, made so if that can be.
  Value share(Value buffer, int64_t maxRows);
  Value copy(KernelBuilder &builder, AttendInPlaceOp op, Value buffer,
             int64_t maxRows);

  DenseMap<Value, Value> scratchOf;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATEBUFFERS_H
