//===- PositionOps.h - What ops on positions share --------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_IR_POSITIONOPS_POSITIONOPS_H
#define ATTN_LIB_DIALECT_ATTN_IR_POSITIONOPS_POSITIONOPS_H

#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "attn/Dialect/Attn/IR/Scalars.h"

namespace mlir::attn {

/// i + offset, where an absent offset is 0.
Value addOffset(OpBuilder &builder, Location loc, Value query, Value offset);

/// j - (i + offset).
Value getDistance(OpBuilder &builder, Location loc, Value query, Value key,
                  Value offset);

Value compare(OpBuilder &builder, Location loc, arith::CmpIPredicate predicate,
              Value lhs, Value rhs);
Value negate(OpBuilder &builder, Location loc, Value value);
Value absolute(OpBuilder &builder, Location loc, Value value);

/// The index constant behind a folded operand; 0 for an absent offset.
std::optional<int64_t> getFoldedIndex(Attribute attr, bool present = true);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_POSITIONOPS_POSITIONOPS_H
