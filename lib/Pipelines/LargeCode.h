//===- LargeCode.h - Passes that large kernels do not wait for --*- C++ -*-===//
//
// Most of a module are kernels: vector code without allocations and without
// linalg. Passes that look for these, greedily or with an analysis, take as
// long there as the code is large, and change nothing.
//
//===----------------------------------------------------------------------===//
#ifndef ATTN_LIB_PIPELINES_LARGECODE_H
#define ATTN_LIB_PIPELINES_LARGECODE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {

/// The canonicalizer for code that is large: in one round, since a second one
/// finds hardly anything and takes as long; and without what simplifies blocks
/// and their arguments, which LLVM does.
std::unique_ptr<Pass> createCanonicalizeOnce();

/// Adds passes of functions, which `build` adds to a pipeline, for functions of
/// which `isFor` is true when their turn comes.
void addForFunctions(OpPassManager &manager, bool (*isFor)(func::FuncOp),
                     function_ref<void(OpPassManager &)> build);

/// Whether it may have memory to free: more than views and scratch space.
bool mayAllocate(func::FuncOp function);

bool hasLinalg(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_LIB_PIPELINES_LARGECODE_H
