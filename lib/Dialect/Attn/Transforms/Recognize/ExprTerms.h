//===- ExprTerms.h - The terms of a sum -------------------------*- C++ -*-===//
#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPRTERMS_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPRTERMS_H

#include "Expr.h"

namespace mlir::attn::recognize {

/// The terms of any integer; they may lie in `storage`.
inline SmallVector<Term> getTerms(Expr expr, Expr &storage) {
  if (expr->kind == Kind::Sum)
    return SmallVector<Term>(expr->terms);
  storage = expr;
  return {Term{ArrayRef<Expr>(storage), 1}};
}

} // namespace mlir::attn::recognize

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_EXPRTERMS_H
