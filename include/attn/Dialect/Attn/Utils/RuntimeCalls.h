//===- RuntimeCalls.h - What code asks the runtime --------------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_UTILS_RUNTIMECALLS_H
#define ATTN_DIALECT_ATTN_UTILS_RUNTIMECALLS_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// What the runtime's function `name`, one of attn/Runtime/Symbols.h, answers.
/// The module declares it.
Value callRuntime(OpBuilder &builder, Location loc, StringRef name,
                  Type result);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_UTILS_RUNTIMECALLS_H
