//===- Registry.cpp - The operators that can be imported ------------------===//

#include "Registry.h"

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
  static const Table standard =
      makeTable({activationOps(), arithmeticOps(),    attentionOps(),
                 comparisonOps(), constantOps(),      controlFlowOps(),
                 einsumOps(),     encodingOps(),      gatherOps(),
                 generatorOps(),  joinOps(),          linearAttentionOps(),
                 matMulOps(),     normalizationOps(), padOps(),
                 reductionOps(),  reshapeOps(),       scatterOps(),
                 selectionOps(),  softmaxOps()});
  static const Table preview = makeTable({flexAttentionOps()});
  if (!domain.empty() && domain != "ai.onnx.preview")
    return nullptr;
  const Table &table = domain.empty() ? standard : preview;
  auto it = table.find(name);
  return it == table.end() ? nullptr : &it->second;
}
