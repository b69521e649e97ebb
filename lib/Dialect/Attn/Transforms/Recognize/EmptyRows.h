//===- EmptyRows.h - Whether each row of a mask has a key -------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H

#include "Captures.h"

namespace mlir::attn::recognize {

/// A boolean: each row has a key that attends. It is computed before the
/// attention by loops over the pairs, once for all attentions with this mask.
Expr haveKeys(ExprContext &c, const AttentionParts &parts, Tables &tables,
              Expr attends);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H
