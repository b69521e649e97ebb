//===- Features.cpp - What a target machine may use -----------------------===//

#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Target/X86/TargetOptions.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"

using namespace mlir;
using namespace mlir::attn;

/// By LLVM's names.
static llvm::StringSet<>
getEnabledFeatures(const llvm::TargetMachine &machine) {
  llvm::StringSet<> enabled;
  for (const auto &feature :
       machine.getMCSubtargetInfo()->getEnabledProcessorFeatures())
    enabled.insert(feature.Key);
  return enabled;
}

static int64_t getVectorBits(const llvm::StringSet<> &features) {
  return features.contains("avx512f") ? 512
         : features.contains("avx")   ? 256
                                      : 128;
}

int64_t attn::getVectorBits(const llvm::TargetMachine &machine) {
  return ::getVectorBits(getEnabledFeatures(machine));
}

CPUTargetAttr attn::getTargetAttr(MLIRContext *context,
                                  const llvm::TargetMachine &machine,
                                  const TargetOptions &options) {
  context->getOrLoadDialect<AttnDialect>();
  llvm::StringSet<> features = getEnabledFeatures(machine);
  const bool hasAVX512 = features.contains("avx512f");
  // With the vector instructions that go with tiles on every such CPU.
  const bool hasAMX =
      features.contains("amx-bf16") && features.contains("amx-tile") &&
      features.contains("avx512dq") && features.contains("avx512bw");
  // Kernels of AMX come with those of AVX-512.
  const bool isWide = hasAVX512 || options.emulateAMX;
  return CPUTargetAttr::get(context, isWide ? 512 : ::getVectorBits(features),
                            /*registers=*/isWide ? 32 : 16,
                            /*fma=*/hasAVX512 || features.contains("fma"),
                            /*amx=*/hasAMX || options.emulateAMX,
                            llvm::join(getRequiredFeatures(machine), ","),
                            options.exp, options.tileQuery.value_or(0),
                            options.tileKey.value_or(0), options.schedule);
}

std::vector<std::string>
attn::getRequiredFeatures(const llvm::TargetMachine &machine) {
  llvm::StringSet<> enabled = getEnabledFeatures(machine);
  static const char *const checked[] = {
#define ATTN_CPU_FEATURE(name, leaf, subleaf, reg, bit, state) name,
#include "attn/Runtime/CPUFeatures.def"
#undef ATTN_CPU_FEATURE
  };
  std::vector<std::string> required;
  for (const char *name : checked)
    if (enabled.contains(name) && !StringRef(name).starts_with("amx-"))
      required.push_back(name);
  return required;
}
