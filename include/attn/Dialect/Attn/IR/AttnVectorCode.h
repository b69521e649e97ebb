//===- AttnVectorCode.h - Functions that are vector code already *- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNVECTORCODE_H
#define ATTN_DIALECT_ATTN_IR_ATTNVECTORCODE_H

#include "llvm/ADT/StringRef.h"

namespace mlir::attn {

/// An attribute that kernels' functions pass to LLVM: they are vector code,
/// with loops and branches as they should be.
inline constexpr llvm::StringLiteral kVectorCode = "attn-vector-code";

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTNVECTORCODE_H
