//===- attn-lsp-server.cpp - Editors' help for MLIR with attn -------------===//
//
// Speaks the language server protocol on standard input and output: errors as
// one types, completion, hover and go-to-definition in .mlir files.
//
//===----------------------------------------------------------------------===//

#include "attn/Files/StandardOutput.h"
#include "attn/InitAllDialects.h"

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/LogicalResult.h"

int main(int argc, char **argv) {
  mlir::attn::checkStandardOutput("attn-lsp-server");
  mlir::DialectRegistry registry;
  mlir::attn::registerAllDialects(registry);
  llvm::cl::AddExtraVersionPrinter([](llvm::raw_ostream &os) {
    os << "attn-mlir version " << ATTN_VERSION << "\n";
  });
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
