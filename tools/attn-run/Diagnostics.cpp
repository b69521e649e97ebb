//===- Diagnostics.cpp - How attn-run says what is wrong ------------------===//

#include "Diagnostics.h"

#include "llvm/Support/raw_ostream.h"

namespace mlir::attn::run {

LogicalResult fail(const llvm::Twine &message) {
  llvm::outs().flush();
  llvm::errs() << "attn-run: error: " << message << "\n";
  return failure();
}

void printDiagnostic(llvm::SourceMgr &sources, Diagnostic &diagnostic) {
  const DiagnosticSeverity severity = diagnostic.getSeverity();
  if (severity == DiagnosticSeverity::Remark)
    return;
  const Location location = diagnostic.getLocation();
  if (location->findInstanceOf<FileLineColLoc>()) {
    SourceMgrDiagnosticHandler handler(sources, location.getContext());
    handler.emitDiagnostic(location, diagnostic.str(), severity);
    return;
  }
  llvm::errs() << "attn-run: "
               << (severity == DiagnosticSeverity::Warning ? "warning: "
                                                           : "error: ")
               << diagnostic.str() << "\n";
}

} // namespace mlir::attn::run
