//===- TargetDescription.cpp - What code is fitted to ---------------------===//

#include "attn/Analysis/TargetDescription.h"

using namespace mlir;
using namespace mlir::attn;

StringRef attn::stringify(ExpAccuracy accuracy) {
  return accuracy == ExpAccuracy::Fast ? "fast" : "exact";
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
