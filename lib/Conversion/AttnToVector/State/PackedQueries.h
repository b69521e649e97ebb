//===- PackedQueries.h - Queries packed once for several loops --*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H

#include "State/ScratchSpace.h"
#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// Queries in a kernel's own order. A query in scratch is packed in place of
/// the copy that fills it, for all ops that read it: a mask makes several loops
/// over keys for the same queries. The caller's is packed before each op.
class PackedQueries {
public:
  explicit PackedQueries(ScratchSpace &scratch) : scratch(scratch) {}

  /// The memory of `type` that a function `name` fills from the op's query.
  Value get(KernelBuilder &b, AttendOp op, MemRefType type, StringRef name,
            function_ref<void(Value from, Value into)> fill);

private:
  struct Known {
    StringRef name;
    Value packed;
  };

  ScratchSpace &scratch;
  DenseMap<Operation *, SmallVector<Known>> known; // by the copy's place
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H
