//===- TargetMachine.cpp - LLVM's target machine for PTX ------------------===//

#include "attn/Target/GPU/GPUOptions.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"

using namespace mlir;
using namespace mlir::attn;

// LLVM declares these for targets that it is asked about when it is configured.
extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

static const llvm::Target *lookupTarget(const llvm::Triple &triple,
                                        std::string &error) {
  static const bool initialized = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)initialized;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

/// The number in sm_NUMBER, sm_NUMBERa and sm_NUMBERf; 0 in anything else.
static unsigned getCapability(llvm::StringRef arch) {
  unsigned number = 0;
  if (!arch.consume_front("sm_") || arch.consumeInteger(10, number) ||
      !(arch.empty() || arch == "a" || arch == "f"))
    return 0;
  return number;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
attn::createGPUTargetMachine(llvm::StringRef arch, unsigned version) {
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *target = lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  std::unique_ptr<llvm::MCSubtargetInfo> known(
      target->createMCSubtargetInfo(triple, "", ""));
  const unsigned capability = getCapability(arch);
  if (capability < 80 || !known->isCPUStringValid(arch))
    return llvm::createStringError(
        "expected a GPU of sm_80 or newer in --gpu-arch, got '" + arch + "'");
  // Newer GPUs need a newer PTX: LLVM takes the first that has them.
  const std::string features =
      capability <= 90 ? "+ptx" + std::to_string(version) : "";
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, arch, features, llvm::TargetOptions(), std::nullopt, std::nullopt,
      llvm::CodeGenOptLevel::Default));
}
