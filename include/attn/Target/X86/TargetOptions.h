//===- TargetOptions.h - The machine that code is made for ------*- C++ -*-===//
//
// What a caller says about the CPU, and what is made of it: the LLVM target
// machine, and what a module says that it is compiled for.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_X86_TARGETOPTIONS_H
#define ATTN_TARGET_X86_TARGETOPTIONS_H

#include "attn/Dialect/Attn/IR/AttnAttrs.h"

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <optional>
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
  /// Of the softmax in tiled attention. exp anywhere else is exact.
  ExpAccuracy exp = ExpAccuracy::Auto;
  /// Queries and keys of a tile of attention, 1 to 2^20, instead of those that
  /// fit the CPU.
  std::optional<int64_t> tileQuery, tileKey;
  /// And what else kernels of attention go by.
  CPUSchedule schedule;
  /// Make code for AMX that runs, slowly, where there is none: for tests.
  bool emulateAMX = false;
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

/// The width of the widest vectors, in bits.
int64_t getVectorBits(const llvm::TargetMachine &machine);

/// What a module that `machine` makes code of is compiled for.
CPUTargetAttr getTargetAttr(MLIRContext *context,
                            const llvm::TargetMachine &machine,
                            const TargetOptions &options);

/// The instruction-set features that code made by `machine` may use and that a
/// machine may lack, by LLVM's names and in the order of
/// `attn/Runtime/CPUFeatures.def`. The artifact checks them before it runs.
/// Those of AMX are not among them: where the machine lacks them, or the system
/// denies them, other code runs.
std::vector<std::string>
getRequiredFeatures(const llvm::TargetMachine &machine);

} // namespace mlir::attn

#endif // ATTN_TARGET_X86_TARGETOPTIONS_H
