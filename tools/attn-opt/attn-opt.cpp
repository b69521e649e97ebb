//===- attn-opt.cpp - mlir-opt with the attn dialect ----------------------===//
#include "attn/Files/StandardOutput.h"
#include "attn/Files/WriteFile.h"
#include "attn/InitAll.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"

using namespace mlir;

static int fail(const llvm::Twine &message) {
  llvm::errs() << "attn-opt: error: " << message << "\n";
  return EXIT_FAILURE;
}

/// As MlirOptMain does it, but for how the output is written: a file appears
/// when it is whole. What passes print goes before the IR that they ran on.
static int run(StringRef input, StringRef output, DialectRegistry &registry) {
  const MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return asMainReturnCode(MlirOptMain(
        llvm::outs(), llvm::MemoryBuffer::getMemBuffer(""), registry, config));
  if (input == "-" && llvm::sys::Process::StandardInIsUserInput())
    llvm::errs() << "(processing input from stdin now, hit ctrl-c/ctrl-d to "
                    "interrupt)\n";
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(input, &message);
  if (!file)
    return fail(message);
  if (output == "-")
    return asMainReturnCode(
        MlirOptMain(llvm::outs(), std::move(file), registry, config));
  std::string text;
  llvm::raw_string_ostream os(text);
  if (failed(MlirOptMain(os, std::move(file), registry, config)))
    return EXIT_FAILURE;
  if (llvm::Error error = attn::writeFile(output, text))
    return fail(llvm::toString(std::move(error)));
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  attn::checkStandardOutput("attn-opt");
  DialectRegistry registry;
  attn::registerAllDialects(registry);
  mlir::registerAllPasses();
  attn::registerAllPasses();
  attn::registerMaskPictureOption();
  llvm::cl::AddExtraVersionPrinter([](llvm::raw_ostream &os) {
    os << "attn-mlir version " << ATTN_VERSION << "\n";
  });
  const auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "attn-mlir optimizer driver\n", registry);
  return run(input, output, registry);
}
