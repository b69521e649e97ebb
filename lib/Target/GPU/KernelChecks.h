//===- KernelChecks.h - What a check in a kernel does -----------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_KERNELCHECKS_H
#define ATTN_LIB_TARGET_GPU_KERNELCHECKS_H

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

namespace mlir::attn {

/// Has a thread in which `check` fails write its number to `failures`, and
/// leave. A thread that others wait for goes on, without what may go wrong
/// behind the check, which gives zeros.
void lowerCheck(cf::AssertOp check, Value failures, int64_t number);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_KERNELCHECKS_H
