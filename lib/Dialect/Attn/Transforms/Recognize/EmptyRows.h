//===- EmptyRows.h - Whether a row of a mask has a key ----------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H

#include "Captures.h"
#include "Scores.h"

namespace mlir::attn::recognize {

/// A boolean: the row has a key that attends, and all its pairs are decided. It
/// is computed before the attention by loops over the pairs, for each position
/// that the mask goes by, once for all attentions with this mask.
Expr rowHasKey(ExprContext &c, const AttentionParts &parts, Tables &tables,
               const MaskedScore &mask);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EMPTYROWS_H
