//===- SplitAttend.h - Kernel-sized pieces of attend ------------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_SPLITATTEND_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_SPLITATTEND_H

#include "attn/Dialect/Attn/IR/AttnOps.h"

namespace mlir::attn {

/// An upper bound of the op's queries, if one can be told.
std::optional<int64_t> getMaxRows(AttendInPlaceOp op);

/// Returns an op with one batch, one head of each and at most `maxRows` queries
/// that loops around it make the same as `op`, which is erased; or `op` itself
/// when it is so small already.
AttendInPlaceOp splitAttend(AttendInPlaceOp op, int64_t maxRows);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_SPLITATTEND_H
