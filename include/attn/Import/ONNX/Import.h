//===- Import.h - From an ONNX model to a module ----------------*- C++ -*-===//

#ifndef ATTN_IMPORT_ONNX_IMPORT_H
#define ATTN_IMPORT_ONNX_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::attn {

struct ImportOptions {
  /// Sizes for symbolic dimensions, by name. The others stay dynamic.
  llvm::StringMap<int64_t> dims;
  /// If given: takes the names of `dims` that the model has.
  llvm::StringSet<> *found = nullptr;
};

/// Reads the model at `path` and makes a module with one function `main` on
/// ranked tensors: linalg, tensor, arith, math, scf and cf.assert, and `attn`
/// for the attention family. Arguments and results keep the model's order and
/// carry `attn.name`, `attn.dim_names` (where a dimension has a name) and
/// `attn.unsigned`.
///
/// Every error is a diagnostic of `context` that names file, node, operator and
/// opset; the result is then null. Nothing in the file, however damaged, ends
/// the program.
OwningOpRef<ModuleOp> importONNX(StringRef path, MLIRContext &context,
                                 const ImportOptions &options = {});

/// A line for each operator that can be read: its domain, its name, the first
/// opset whose definition is understood, and how many inputs it has.
void printImportedOperators(llvm::raw_ostream &os);

} // namespace mlir::attn

#endif // ATTN_IMPORT_ONNX_IMPORT_H
