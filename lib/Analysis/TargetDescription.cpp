//===- TargetDescription.cpp - What code is fitted to ---------------------===//

#include "attn/Analysis/TargetDescription.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

#include <unistd.h>

using namespace mlir;
using namespace mlir::attn;

StringRef attn::stringify(ExpAccuracy accuracy) {
  return accuracy == ExpAccuracy::Fast ? "fast" : "exact";
}

static llvm::StringSet<> getFeatures(const llvm::TargetMachine &machine) {
  llvm::StringSet<> enabled;
  for (const auto &feature :
       machine.getMCSubtargetInfo()->getEnabledProcessorFeatures())
    enabled.insert(feature.Key);
  return enabled;
}

/// What the system does not know stays as it is.
static void setCache(int64_t &bytes, int name) {
  if (long known = sysconf(name); known > 0)
    bytes = known;
}

TargetDescription attn::describeTarget(const llvm::TargetMachine &machine,
                                       bool isHost) {
  llvm::StringSet<> features = getFeatures(machine);
  const bool hasAVX512 = features.contains("avx512f");
  TargetDescription target;
  target.vectorBits = hasAVX512 ? 512 : features.contains("avx") ? 256 : 128;
  target.registers = hasAVX512 ? 32 : 16;
  target.fma = hasAVX512 || features.contains("fma");
  // With the vector instructions that go with tiles on every such CPU.
  target.amx = features.contains("amx-bf16") && features.contains("amx-tile") &&
               features.contains("avx512dq") && features.contains("avx512bw");
  if (isHost) {
    setCache(target.l1Bytes, _SC_LEVEL1_DCACHE_SIZE);
    setCache(target.l2Bytes, _SC_LEVEL2_CACHE_SIZE);
  }
  target.tileQuery = TargetDescription::getTileQuery(target.vectorBits);
  return target;
}

void attn::print(llvm::raw_ostream &os, const TargetDescription &target) {
  auto truth = [](bool value) { return value ? "true" : "false"; };
  os << "vector-bits = " << target.vectorBits << "\n"
     << "registers = " << target.registers << "\n"
     << "fma = " << truth(target.fma) << "\n"
     << "amx = " << truth(target.amx) << "\n"
     << "l1-bytes = " << target.l1Bytes << "\n"
     << "l2-bytes = " << target.l2Bytes << "\n"
     << "tile-query = " << target.tileQuery << "\n"
     << "tile-key = " << target.tileKey << "\n"
     << "exp = " << stringify(target.exp) << "\n";
}
