//===- Tile.cpp - Attention as loops over tiles ---------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::VectorCodeOptions::set(const TargetDescription &target) {
  vectorBits = target.vectorBits;
  registers = target.registers;
  fma = target.fma;
  amx = target.amx;
  tileQuery = target.tileQuery;
  tileKey = target.tileKey;
  exp = target.exp;
}

attn::TargetDescription attn::VectorCodeOptions::get() const {
  TargetDescription target;
  target.vectorBits = vectorBits;
  target.registers = registers;
  target.fma = fma;
  target.amx = amx;
  target.tileQuery =
      tileQuery ? tileQuery : TargetDescription::getTileQuery(vectorBits);
  if (tileKey)
    target.tileKey = tileKey;
  target.exp = exp;
  return target;
}

void attn::buildTilePipeline(OpPassManager &manager,
                             const VectorCodeOptions &code) {
  const TargetDescription target = code.get();
  TileAttentionOptions tile;
  tile.tileQuery = target.tileQuery;
  tile.tileKey = target.tileKey;
  tile.separateFewQueries = true;
  tile.fitMask =
      tile.tileQuery == TargetDescription::getTileQuery(target.vectorBits);
  // Tiles of AMX work in a pipeline over blocks of keys, which takes some to
  // fill; and they transpose values, which pays the more queries share them.
  if (target.amx) {
    tile.unmaskedKeys = 512;
    if (tile.tileQuery == TargetDescription::getTileQuery(target.vectorBits))
      tile.tileQueryBF16 = 2 * tile.tileQuery;
  }
  manager.addPass(createDefineOps());
  manager.addPass(createTileAttention(tile));
  manager.addPass(createChunkLinearAttention());
  ConvertAttnToLinalgOptions options;
  options.keepAttend = true;
  manager.addPass(createConvertAttnToLinalg(options));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}
