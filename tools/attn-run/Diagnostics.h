//===- Diagnostics.h - How attn-run says what is wrong ----------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H
#define ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H

#include "attn/Reference/Result.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/SourceMgr.h"

namespace mlir::attn::run {

/// Prints `attn-run: error: MESSAGE`.
LogicalResult fail(const llvm::Twine &message);

/// Prints the message of a failed result.
template <typename T> LogicalResult fail(const ::attn::Result<T> &result) {
  return fail(llvm::Twine(result.message()));
}

/// Prints `file:line:col: error: …` with the line where there is a place, and
/// `attn-run: error: …` where there is none.
void printDiagnostic(llvm::SourceMgr &sources, Diagnostic &diagnostic);

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H
