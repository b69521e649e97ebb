//===- TargetDescription.cpp - What code is fitted to ---------------------===//

#include "attn/Analysis/TargetDescription.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::stringify(ExpAccuracy accuracy) {
  return accuracy == ExpAccuracy::Fast ? "fast" : "exact";
}

llvm::StringSet<> attn::getEnabledFeatures(const llvm::TargetMachine &machine) {
  llvm::StringSet<> enabled;
  for (const auto &feature :
       machine.getMCSubtargetInfo()->getEnabledProcessorFeatures())
    enabled.insert(feature.Key);
  return enabled;
}

TargetDescription attn::describeTarget(const llvm::TargetMachine &machine) {
  llvm::StringSet<> features = getEnabledFeatures(machine);
  const bool hasAVX512 = features.contains("avx512f");
  TargetDescription target;
  target.vectorBits = hasAVX512 ? 512 : features.contains("avx") ? 256 : 128;
  target.registers = hasAVX512 ? 32 : 16;
  target.fma = hasAVX512 || features.contains("fma");
  // With the vector instructions that go with tiles on every such CPU.
  target.amx = features.contains("amx-bf16") && features.contains("amx-tile") &&
               features.contains("avx512dq") && features.contains("avx512bw");
  target.tileQuery = TargetDescription::getTileQuery(target.vectorBits);
  return target;
}

void attn::print(llvm::raw_ostream &os, const TargetDescription &target) {
  auto truth = [](bool value) { return value ? "true" : "false"; };
  os << "vector-bits = " << target.vectorBits << "\n"
     << "registers = " << target.registers << "\n"
     << "fma = " << truth(target.fma) << "\n"
     << "amx = " << truth(target.amx) << "\n"
     << "tile-query = " << target.tileQuery << "\n"
     << "tile-key = " << target.tileKey << "\n"
     << "exp = " << stringify(target.exp) << "\n";
}
