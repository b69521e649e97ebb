//===- Messages.cpp - How a tool says what is wrong -----------------------===//

#include "attn/Driver/Messages.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;
using namespace mlir::attn;

LogicalResult attn::printError(StringRef tool, const Twine &message) {
  llvm::outs().flush();
  llvm::errs() << tool << ": error: " << message << "\n";
  return failure();
}

void attn::reportFatalErrors(const char *tool) {
  llvm::install_fatal_error_handler(
      [](void *tool, const char *reason, bool) {
        (void)printError(static_cast<const char *>(tool),
                         Twine("code generation: ") + reason);
        exit(1);
      },
      const_cast<char *>(tool));
}

DiagnosticPrinter::DiagnosticPrinter(StringRef tool, MLIRContext *context)
    : tool(tool), lines(sources, context),
      handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Remark)
          return;
        llvm::outs().flush();
        print(diagnostic);
        for (Diagnostic &note : diagnostic.getNotes())
          print(note);
      }) {
  // What is wrong is said in words: a whole op beneath it hides them.
  context->printOpOnDiagnostic(false);
}

static StringRef getName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Error:
    break;
  }
  return "error";
}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  const DiagnosticSeverity severity = diagnostic.getSeverity();
  auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
  if (place && place.getLine() != 0)
    return lines.emitDiagnostic(diagnostic.getLocation(), diagnostic.str(),
                                severity);
  llvm::errs() << (place ? place.getFilename().getValue() : StringRef(tool))
               << ": " << getName(severity) << ": " << diagnostic.str() << "\n";
}
