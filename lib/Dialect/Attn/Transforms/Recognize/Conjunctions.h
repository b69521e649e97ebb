//===- Conjunctions.h - What conditions say of each other -------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONJUNCTIONS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONJUNCTIONS_H

#include "Expr.h"

namespace mlir::attn::recognize {

/// The conditions that are joined by "and", each once; true is none.
void collectConjuncts(Expr condition, SmallVectorImpl<Expr> &parts);

/// The same condition, with each part simplified by the others: where j < n,
/// min(j, n - 1) is j, and so is j times 0 if n is 1, else 1.
Expr simplifyConjunction(ExprContext &c, Expr condition);

/// Whether a part bounds keys by positions and sizes alone, so that whole tiles
/// may be empty.
bool boundsKeys(Expr condition, Expr key);

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_CONJUNCTIONS_H
