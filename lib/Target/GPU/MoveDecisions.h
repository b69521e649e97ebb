//===- MoveDecisions.h - Decisions by elements, on the device ---*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_MOVEDECISIONS_H
#define ATTN_LIB_TARGET_GPU_MOVEDECISIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Moves what the host code of `function` reads of tensors, and what follows
/// from it, into parallel loops of one iteration, which become kernels. Values
/// that kernels behind need lie in buffers. What the host must know stays, with
/// a remark.
void moveDecisionsToDevice(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_MOVEDECISIONS_H
