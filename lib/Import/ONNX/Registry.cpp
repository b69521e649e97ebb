//===- Registry.cpp - The operators that can be imported ------------------===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Registry.h"

using namespace mlir::attn::onnx;

const OpEntry *mlir::attn::onnx::findOperator(StringRef domain,
                                              StringRef name) {
  using Table = llvm::StringMap<OpEntry>;
  static const Table standard = [] {
    Table all;
    for (ArrayRef<OpEntry> family :
         {activationOps(), arithmeticOps(), attentionOps(), encodingOps(),
          linearAttentionOps(), comparisonOps(), constantOps(),
          controlFlowOps(), gatherOps(), generatorOps(), joinOps(), matMulOps(),
          normalizationOps(), padOps(), reductionOps(), reshapeOps(),
          scatterOps(), softmaxOps()})
      for (const OpEntry &entry : family)
        all[entry.name] = entry;
    return all;
  }();
  if (!domain.empty())
    return nullptr;
  auto it = standard.find(name);
  return it == standard.end() ? nullptr : &it->second;
}
