//===- Guards.h - Rows that are set to 0 --------------------------*- C++
//-*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_GUARDS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_GUARDS_H

#include "Scores.h"

namespace mlir::attn::recognize {

/// What a condition on a row says of its keys.
enum class RowCondition {
  Unknown,
  /// Where it holds, no key attends.
  ImpliesEmpty,
  /// It holds exactly where no key attends.
  IsEmpty
};

/// Reads a condition made of a reduction over the keys: no key is attended,
/// their number is 0, the largest bias is -inf, ... `attends` is the mask that
/// is known.
RowCondition readRowCondition(TensorReader &reader, Expr condition,
                              Expr attends, Expr key);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_GUARDS_H
