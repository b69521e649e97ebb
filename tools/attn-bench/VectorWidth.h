//===- VectorWidth.h - The widest vectors of a target -----------*- C++ -*-===//

#ifndef ATTN_TOOLS_ATTN_BENCH_VECTORWIDTH_H
#define ATTN_TOOLS_ATTN_BENCH_VECTORWIDTH_H

#include "attn/Target/X86/TargetOptions.h"

#include "llvm/ADT/STLExtras.h"

namespace mlir::attn::bench {

inline bool hasFeature(const llvm::TargetMachine &machine,
                       llvm::StringRef name) {
  return llvm::is_contained(getRequiredFeatures(machine), name);
}

/// In bits.
inline unsigned getVectorBits(const llvm::TargetMachine &machine) {
  return hasFeature(machine, "avx512f") ? 512
         : hasFeature(machine, "avx")   ? 256
                                        : 128;
}

} // namespace mlir::attn::bench

#endif // ATTN_TOOLS_ATTN_BENCH_VECTORWIDTH_H
