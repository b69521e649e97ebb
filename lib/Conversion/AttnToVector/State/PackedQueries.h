//===- PackedQueries.h - Queries packed once for several loops --*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H

#include "Steps/KernelBuilder.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// A mask makes several loops over keys for the same queries: what was packed
/// before the first of them is there for the others.
class PackedQueries {
public:
  /// The scratch of `type` that a function `name` fills from the op's query,
  /// before all loops around the op in which it stays the same.
  Value get(KernelBuilder &b, AttendInPlaceOp op, MemRefType type,
            StringRef name, function_ref<void(Value)> fill);

private:
  struct Known {
    StringRef name;
    Value scratch;
    Operation *end; // of the code that fills it
  };

  DenseMap<Value, SmallVector<Known>> known; // by query
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_PACKEDQUERIES_H
