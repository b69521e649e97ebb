//===- RunProgram.cpp - A program that makes files ------------------------===//

#include "attn/Files/RunProgram.h"
#include "attn/Files/Interrupt.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace mlir::attn;
using llvm::StringRef;

llvm::Error mlir::attn::runProgram(llvm::ArrayRef<std::string> arguments,
                                   const std::string &errors,
                                   StringRef purpose) {
  llvm::SmallVector<StringRef> all(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(""),
                                          StringRef(errors)};
  std::string message;
  llvm::sys::ProcessInfo process = llvm::sys::ExecuteNoWait(
      all.front(), all, std::nullopt, redirects, 0, &message);
  if (process.Pid > 0) {
    EndedOnInterrupt ended(process.Pid);
    process = llvm::sys::Wait(process, std::nullopt, &message);
    if (process.ReturnCode == 0)
      return llvm::Error::success();
  }
  if (auto text = llvm::MemoryBuffer::getFile(errors))
    message += (*text)->getBuffer().trim().str();
  if (message.empty())
    message = "exit status " + std::to_string(process.ReturnCode);
  return llvm::createStringError("expected " + all.front() + " to " + purpose +
                                 ", got: " + message);
}
