//===- GPUTilingPolicy.cpp - How attention is cut for GPUs ----------------===//

#include "attn/Analysis/TilingPolicy.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace mlir::attn;

/// Two groups of warps of 64 rows each, and a square of scores in registers.
TileSizes GPUTilingPolicy::getTile(AttentionOp) const {
  return {given.query ? given.query : 128, given.key ? given.key : 128};
}

Attribute GPUTilingPolicy::resolve(AttentionOp op) const {
  const TileSizes tile = getTile(op);
  return target.withTile(tile.query, tile.key);
}

/// Warps have as many rows whether there are queries for them or not.
int64_t GPUTilingPolicy::divideQueries(int64_t, int64_t most) const {
  return most;
}

/// A block of threads for each tile: of neighbors the innermost loop, which
/// then read the same keys. More than three loops are one grid in a row.
std::optional<ArrayAttr>
GPUTilingPolicy::getMapping(MLIRContext *context, unsigned loops,
                            std::optional<int64_t>) const {
  const auto first =
      loops > 3 ? gpu::MappingId::LinearDim0 : gpu::MappingId::DimX;
  SmallVector<Attribute> mapping;
  for (unsigned n = 0; n < loops; ++n)
    mapping.push_back(gpu::GPUBlockMappingAttr::get(
        context, gpu::MappingId(uint64_t(first) + (loops - 1 - n))));
  return ArrayAttr::get(context, mapping);
}
