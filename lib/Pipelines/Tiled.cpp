//===- Tiled.cpp - Attention as loops over tiles --------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildTilePipeline(OpPassManager &manager,
                             const VectorCodeOptions &code) {
  TileAttentionOptions tile;
  // Two blocks of rows share each block of keys while it is in the cache: three
  // vectors of f32 each, see KernelShape.h.
  tile.tileQuery = 2 * 3 * (code.vectorBits / 32);
  manager.addPass(createTileAttention(tile));
  ConvertAttnToLinalgOptions options;
  options.keepAttend = true;
  manager.addPass(createConvertAttnToLinalg(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}
