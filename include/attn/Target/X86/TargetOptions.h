//===- TargetOptions.h - The machine that code is made for ------*- C++ -*-===//
//
// What a caller says about the CPU, and the LLVM target machine made of it.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_X86_TARGETOPTIONS_H
#define ATTN_TARGET_X86_TARGETOPTIONS_H

#include "attn/Analysis/TargetDescription.h"

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir::attn {

/// The CPU that code is made for.
struct TargetOptions {
  /// `native` (this machine: its name and every feature it has, unless
  /// kNativeCPUVariable says otherwise), or a name that LLVM knows, such as
  /// `x86-64-v3`.
  std::string cpu = "native";
  /// Comma-separated `+feature` and `-feature`, applied after the CPU's own.
  std::string features;
  /// 0 (quick to compile) to 3.
  unsigned optLevel = 2;
};

/// The environment variable that says which CPU `native` means instead of this
/// machine's: for tests, which then see what another machine would make of
/// them. Code for a CPU that has more than this one is made, and refuses to
/// run.
inline constexpr llvm::StringLiteral kNativeCPUVariable = "ATTN_NATIVE_CPU";

/// The name of the CPU that `native` means.
std::string getNativeCPU();

/// Makes the LLVM target machine for `options`: position-independent code for
/// this host's architecture and system. A CPU or feature that LLVM does not
/// know is an error that names it: `expected a CPU of x86-64, got 'foo'`.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetOptions &options);

/// Describes what `machine` makes code for.
TargetDescription describeTarget(const llvm::TargetMachine &machine);

/// The instruction-set features that code made by `machine` may use and that a
/// machine may lack, by LLVM's names and in the order of
/// `attn/Runtime/CPUFeatures.def`. The artifact checks them before it runs.
std::vector<std::string>
getRequiredFeatures(const llvm::TargetMachine &machine);

} // namespace mlir::attn

#endif // ATTN_TARGET_X86_TARGETOPTIONS_H
