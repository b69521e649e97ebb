//===- Recognize.h - Kinds of rewrites of attn-recognize --------*- C++ -*-===//
#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_H
#define ATTN_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir::attn {

/// Whether attn-recognize has a kind of rewrite of this name, which
/// `--no-recognize=KIND` and the option `leave` switch off.
bool isRecognizedKind(llvm::StringRef kind);

/// Their names, with commas.
std::string getRecognizedKinds();

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_RECOGNIZE_H
