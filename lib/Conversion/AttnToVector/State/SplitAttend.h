//===- SplitAttend.h - Kernel-sized pieces of attend ------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SPLITATTEND_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SPLITATTEND_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// An upper bound of the op's rows, if one can be told: its queries, for each
/// of its heads.
std::optional<int64_t> getMaxRows(AttendOp op);

/// All of the op's rows, where they are known and there are some.
std::optional<int64_t> getNumRows(AttendOp op);

/// Returns a piece: an op with one batch, one kv head and at most `maxRows`
/// rows (several query heads where the numbers of heads and queries are known),
/// that loops around it make the same as `op`, which is erased; or `op` itself
/// when it is a piece already.
AttendOp splitAttend(AttendOp op, int64_t maxRows);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STATE_SPLITATTEND_H
