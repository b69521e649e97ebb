//===- SpreadBranches.h - Branches inside of kernels ------------*- C++ -*-===//
#ifndef ATTN_LIB_TARGET_GPU_SPREADBRANCHES_H
#define ATTN_LIB_TARGET_GPU_SPREADBRANCHES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Takes the parallel loops out of branches by elements of tensors: each asks
/// for the condition inside, so that it is a kernel of many threads.
void spreadBranches(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_GPU_SPREADBRANCHES_H
