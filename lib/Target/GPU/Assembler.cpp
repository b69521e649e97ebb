//===- Assembler.cpp - ptxas, where there is one --------------------------===//

#include "attn/Target/GPU/Assembler.h"
#include "attn/Files/RunProgram.h"
#include "attn/Files/TemporaryFolder.h"
#include "attn/Files/WriteFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<std::string> attn::findPtxas() {
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"}) {
    std::optional<std::string> folder = llvm::sys::Process::GetEnv(variable);
    if (!folder || folder->empty())
      continue;
    SmallString<128> path(*folder);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (llvm::sys::fs::can_execute(path))
      return std::string(path);
  }
  if (auto path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  return std::nullopt;
}

/// The number before `unit`, as in `20 bytes spill stores`; 0 where there is
/// none.
static int64_t getNumber(StringRef line, StringRef unit) {
  StringRef before = line.take_front(line.find(unit)).rtrim();
  if (before.size() == line.size())
    return 0;
  int64_t number = 0;
  before.take_back(before.size() - before.find_last_not_of("0123456789") - 1)
      .getAsInteger(10, number);
  return number;
}

/// C7510 to C7517 say why wgmma waits for each product; C7519 and others tell
/// of what costs nothing.
static bool saysSerialized(StringRef line) {
  const size_t at = line.find("(C751");
  return at != StringRef::npos && at + 5 < line.size() && line[at + 5] >= '0' &&
         line[at + 5] <= '7';
}

Cubin attn::readPtxasLog(StringRef log) {
  Cubin cubin;
  for (StringRef line : llvm::split(log, '\n')) {
    StringRef name = line;
    if (name.consume_front("ptxas info    : Compiling entry function '")) {
      cubin.kernels.push_back(
          {name.take_until([](char c) { return c == '\''; }).str(), 0, 0, 0});
      continue;
    }
    if (saysSerialized(line))
      cubin.warnings.push_back(line.split(" : ").second.trim().str());
    if (cubin.kernels.empty())
      continue;
    KernelResources &kernel = cubin.kernels.back();
    kernel.spilledBytes += getNumber(line, " bytes spill stores");
    kernel.registers += getNumber(line, " registers");
    kernel.sharedBytes += getNumber(line, " bytes smem");
  }
  return cubin;
}

llvm::Expected<Cubin> attn::assemble(StringRef ptx, StringRef arch,
                                     StringRef ptxas) {
  auto folder = TemporaryFolder::create("attn-ptxas");
  if (!folder)
    return folder.takeError();
  const std::string from = folder->file("kernels.ptx");
  const std::string to = folder->file("kernels.cubin");
  const std::string log = folder->file("log");
  if (llvm::Error error = writeFile(from, ptx))
    return error;
  if (llvm::Error error = runProgram(
          {ptxas.str(), "-v", ("-arch=" + arch).str(), from, "-o", to}, log,
          "assemble PTX"))
    return error;
  auto text = llvm::MemoryBuffer::getFile(log);
  auto code = llvm::MemoryBuffer::getFile(to, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!text || !code)
    return llvm::createStringError("expected a cubin and a log of " + ptxas +
                                   ", got none");
  Cubin cubin = readPtxasLog((*text)->getBuffer());
  cubin.code = (*code)->getBuffer().str();
  return cubin;
}
