//===- Affine.h - Affine expressions on numbers -----------------*- C++ -*-===//

#ifndef ATTN_LIB_INTERPRETER_AFFINE_H
#define ATTN_LIB_INTERPRETER_AFFINE_H

#include "mlir/IR/AffineExpr.h"

#include <cstdint>
#include <optional>

namespace mlir::attn::interpreter {

/// The value of `expression`; nothing where it divides by 0 or less.
std::optional<int64_t> evaluate(AffineExpr expression, const int64_t *dims,
                                const int64_t *symbols);

} // namespace mlir::attn::interpreter

#endif // ATTN_LIB_INTERPRETER_AFFINE_H
