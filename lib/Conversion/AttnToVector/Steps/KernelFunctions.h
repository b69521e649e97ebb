//===- KernelFunctions.h - Functions that kernels share ---------*- C++ -*-===//
#ifndef ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELFUNCTIONS_H
#define ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELFUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::attn {

/// Code that several kernels need, each kind once. Loops over keys with and
/// without a mask, and loops of several attentions of the same shape, differ in
/// little: what they have in common is compiled once, and called.
class KernelFunctions {
public:
  explicit KernelFunctions(ModuleOp module) : symbols(module) {}

  /// Replaces `code` by a call of a private function that does the same, which
  /// may be one that is there already. What `code` reads from outside becomes
  /// an argument; constants go with it, where they fold.
  func::CallOp outline(scf::ExecuteRegionOp code, StringRef name);

  /// The private function of that name, for which there is one use of it only.
  /// `build` fills a new one, before the return that ends it.
  func::FuncOp
  getOrInsert(Location loc, StringRef name, FunctionType type,
              function_ref<void(func::FuncOp, Operation *end)> build);

private:
  func::FuncOp findOrInsert(func::FuncOp function);

  SymbolTable symbols;
  DenseMap<FunctionType, SmallVector<func::FuncOp>> known;
  llvm::StringMap<func::FuncOp> named;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOVECTOR_STEPS_KERNELFUNCTIONS_H
