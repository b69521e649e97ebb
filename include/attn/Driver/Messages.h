//===- Messages.h - How a tool says what is wrong ---------------*- C++ -*-===//
//
// To standard error, one form for all tools: `file:line:col: error: …` with the
// line where there is a place, `file: error: …` where only the file is known,
// and `TOOL: error: …` otherwise.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DRIVER_MESSAGES_H
#define ATTN_DRIVER_MESSAGES_H

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/SourceMgr.h"

namespace mlir::attn {

/// Prints `TOOL: error: MESSAGE`, after what was written to standard output.
LogicalResult printError(StringRef tool, const Twine &message);

/// Makes what LLVM cannot go on from (code generation meets what the CPU lacks)
/// an error of this form and exit status 1. `tool` must stay.
void reportFatalErrors(const char *tool);

/// Prints the errors, warnings and notes of a context while it lives. Remarks
/// are not printed.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(StringRef tool, MLIRContext *context);

  /// Where the lines of sources are taken from; loadModel adds to it.
  llvm::SourceMgr &getSources() { return sources; }

private:
  void print(Diagnostic &diagnostic);

  std::string tool;
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler lines;
  ScopedDiagnosticHandler handler;
};

} // namespace mlir::attn

#endif // ATTN_DRIVER_MESSAGES_H
