//===- SharedInputs.h - Inputs whose memory an output has -------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_ARTIFACT_SHAREDINPUTS_H
#define ATTN_LIB_TARGET_ARTIFACT_SHAREDINPUTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Whether `function` may write its result `result` over its argument
/// `argument`: one op reads that, where it writes, and the result depends on
/// the op. Sizes may be read anywhere.
bool canOverwrite(func::FuncOp function, unsigned argument, unsigned result);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_ARTIFACT_SHAREDINPUTS_H
