//===- DeviceOption.h - What runs code for GPUs -----------------*- C++ -*-===//
#ifndef ATTN_RUN_DEVICEOPTION_H
#define ATTN_RUN_DEVICEOPTION_H

#include "attn/Support/Result.h"

#include "llvm/Support/CommandLine.h"

#include <string>

namespace mlir::attn {

/// --device, of tools that run what they compile.
class DeviceOption {
public:
  explicit DeviceOption(llvm::cl::OptionCategory &category)
      : kind("device",
             llvm::cl::desc("What runs code for GPUs (default: the first GPU)"),
             llvm::cl::init(Kind::GPU),
             llvm::cl::values(clEnumValN(Kind::GPU, "gpu", "the first GPU"),
                              clEnumValN(Kind::Interpreter, "ptx-interpreter",
                                         "this CPU, slowly, for tests: times "
                                         "mean nothing")),
             llvm::cl::cat(category)) {}

  bool isGiven() const { return kind.getNumOccurrences() != 0; }
  /// It reads PTX, never a cubin.
  bool isInterpreter() const { return kind == Kind::Interpreter; }
  /// The CUDA driver: a path, or a name that the loader finds. The interpreter
  /// lies beside the tool that runs, as built, or where libraries are
  /// installed.
  ::attn::Result<std::string> findDriver() const;

private:
  enum class Kind { GPU, Interpreter };

  llvm::cl::opt<Kind> kind;
};

} // namespace mlir::attn

#endif // ATTN_RUN_DEVICEOPTION_H
