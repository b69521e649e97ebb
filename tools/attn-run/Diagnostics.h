//===- Diagnostics.h - How attn-run says what is wrong ----------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H
#define ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H

#include "attn/Driver/Messages.h"
#include "attn/Support/Result.h"

namespace mlir::attn::run {

/// Prints `attn-run: error: MESSAGE`.
inline LogicalResult fail(const llvm::Twine &message) {
  return printError("attn-run", message);
}

/// Prints the message of a failed result.
template <typename T> LogicalResult fail(const ::attn::Result<T> &result) {
  return fail(llvm::Twine(result.message()));
}

} // namespace mlir::attn::run

#endif // ATTN_TOOLS_ATTN_RUN_DIAGNOSTICS_H
