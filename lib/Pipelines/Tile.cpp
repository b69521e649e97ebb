//===- Tile.cpp - Attention as loops over tiles ---------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildTilePipeline(OpPassManager &manager) {
  manager.addPass(createDefineOps());
  manager.addPass(createTileAttention());
  manager.addPass(createChunkLinearAttention());
  ConvertAttnToLinalgOptions options;
  options.keepAttend = true;
  manager.addPass(createConvertAttnToLinalg(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}
