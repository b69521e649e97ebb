//===- TilingPolicy.cpp - How attention is cut for no known machine -------===//

#include "attn/Analysis/TilingPolicy.h"

using namespace mlir;
using namespace mlir::attn;

std::unique_ptr<TilingPolicy> TilingPolicy::get(Operation *op,
                                                TileSizes given) {
  Attribute target = getTarget(op);
  if (auto gpu = dyn_cast_or_null<GPUTargetAttr>(target))
    return std::make_unique<GPUTilingPolicy>(
        gpu.withTile(given.query, given.key));
  if (auto cpu = dyn_cast_or_null<CPUTargetAttr>(target))
    return std::make_unique<CPUTilingPolicy>(
        cpu.withTile(given.query, given.key));
  return std::make_unique<TilingPolicy>(given);
}

TileSizes TilingPolicy::getTile(AttentionOp) const {
  return {given.query ? given.query : 96, given.key ? given.key : 64};
}

/// Equal ones, up to a vector of queries: the second may else be a small one,
/// that leaves registers empty.
int64_t TilingPolicy::divideQueries(int64_t length, int64_t most) const {
  return std::min<int64_t>(most,
                           llvm::alignTo(llvm::divideCeil(length, 2), 16));
}

std::optional<int64_t> TilingPolicy::getMaxDecodeQueries(int64_t,
                                                         int64_t) const {
  return std::nullopt;
}

std::optional<ArrayAttr>
TilingPolicy::getMapping(MLIRContext *, unsigned,
                         std::optional<int64_t>) const {
  return std::nullopt;
}

int64_t TilingPolicy::getMostFeatures() const {
  return std::numeric_limits<int64_t>::max();
}

int64_t TilingPolicy::getMostLinearFeatures(int64_t) const {
  return std::numeric_limits<int64_t>::max();
}
