//===- Registry.cpp - The operators that can be imported ------------------===//

#include "Core/Registry.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::attn::onnx;

using Table = llvm::StringMap<OpEntry>;

static Table makeTable(ArrayRef<ArrayRef<OpEntry>> families) {
  Table all;
  for (ArrayRef<OpEntry> family : families)
    for (const OpEntry &entry : family)
      all[entry.name] = entry;
  return all;
}

const OpEntry *mlir::attn::onnx::findOperator(StringRef domain,
                                              StringRef name) {
  static const Table standard = makeTable({activationOps(),
                                           arithmeticOps(),
                                           attentionOps(),
                                           comparisonOps(),
                                           constantOps(),
                                           controlFlowOps(),
                                           dataSizedOps(),
                                           einsumOps(),
                                           encodingOps(),
                                           gatherOps(),
                                           generatorOps(),
                                           joinOps(),
                                           linearAttentionOps(),
                                           matMulOps(),
                                           normalizationOps(),
                                           padOps(),
                                           quantizationOps(),
                                           reductionOps(),
                                           reshapeOps(),
                                           resizeOps(),
                                           scatterOps(),
                                           selectionOps(),
                                           softmaxOps(),
                                           convOps(),
                                           lossOps()});
  static const Table preview = makeTable({flexAttentionOps()});
  static const Table microsoft = makeTable(
      {fusedOps(), fusedNormalizationOps(), groupQueryAttentionOps(),
       microsoftEncodingOps(), multiHeadAttentionOps(), packedMatMulOps()});
  const Table *table = llvm::StringSwitch<const Table *>(domain)
                           .Case("", &standard)
                           .Case("ai.onnx.preview", &preview)
                           .Case("com.microsoft", &microsoft)
                           .Default(nullptr);
  if (!table)
    return nullptr;
  auto it = table->find(name);
  return it == table->end() ? nullptr : &it->second;
}
