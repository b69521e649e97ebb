//===- RunProgram.h - A program that makes files ----------------*- C++ -*-===//

#ifndef ATTN_FILES_RUNPROGRAM_H
#define ATTN_FILES_RUNPROGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace mlir::attn {

/// Runs `arguments`, the first of which is the program's path, and waits for
/// it; it ends if this process is interrupted. Standard error goes to the file
/// `errors`. An exit status other than 0 is an error, `expected PROGRAM to
/// PURPOSE, got: ` and what it has said.
llvm::Error runProgram(llvm::ArrayRef<std::string> arguments,
                       const std::string &errors, llvm::StringRef purpose);

} // namespace mlir::attn

#endif // ATTN_FILES_RUNPROGRAM_H
