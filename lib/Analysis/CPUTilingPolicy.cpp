//===- CPUTilingPolicy.cpp - How attention is cut for CPUs ----------------===//

#include "FitTile.h"
#include "attn/Analysis/TilingPolicy.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"

using namespace mlir;
using namespace mlir::attn;

/// Two blocks of rows share each block of keys while it is in the cache: three
/// vectors of f32 each, as many as the kernels have accumulators for.
int64_t CPUTilingPolicy::getTileQuery() const {
  return 2 * 3 * (target.getVectorBits() / 32);
}

TileSizes CPUTilingPolicy::getTile() const {
  return {given.query ? given.query : getTileQuery(),
          given.key ? given.key : 64};
}

bool CPUTilingPolicy::isForTiles(AttentionOp op) const {
  return target.getAmx() &&
         getElementTypeOrSelf(op.getValue().getType()).isBF16();
}

/// Queries that the user wants stay as many.
TileSizes CPUTilingPolicy::getTile(AttentionOp op) const {
  TileSizes tile = getTile();
  if (given.query)
    return tile;
  // Tiles of AMX transpose values, which pays the more queries share them.
  if (isForTiles(op))
    tile.query *= 2;
  const int64_t fitted = fitToMask(op, tile.query);
  // Those of other types would be widened again for each tile.
  const bool isRead = getElementTypeOrSelf(op.getKey().getType()).isF32();
  const bool isTall = target.getRegisters() < 32 && target.getFma();
  tile.query = fitted == tile.query && isRead ? fitToLengths(op, fitted, isTall)
                                              : fitted;
  return tile;
}

/// Half a megabyte of keys and values: what the second-level cache holds beside
/// other things.
static int64_t fitPanel(int64_t features) {
  constexpr int64_t elements = 512 * 1024 / 2, least = 512, most = 2048;
  int64_t keys = elements / std::max<int64_t>(features, 1);
  return std::clamp(keys / least * least, least, most);
}

/// Tiles of AMX work in a pipeline over blocks of keys, which takes some to
/// fill, and longer to bring the next queries' state into the first-level
/// cache: as many as there may be.
int64_t CPUTilingPolicy::getUnmaskedKeys() const {
  if (int64_t keys = target.getUnmaskedKeys())
    return keys;
  return target.getAmx() ? fitPanel(kUsualFeatures) : 1;
}

/// Decode that reads keys in several places wants these far apart, unless a
/// user wants few at a time.
int64_t CPUTilingPolicy::getUnmaskedKeys(AttentionOp op) const {
  bool isFar = isDecode(op) && getDecodeShape(1).places > 1;
  if (isFar && !given.key && !target.getUnmaskedKeys())
    return std::max(getKeysOfPart(), getUnmaskedKeys());
  int64_t features = getFeatures(op);
  bool isPanel = isForTiles(op) && !ShapedType::isDynamic(features) &&
                 !target.getUnmaskedKeys();
  return isPanel ? fitPanel(features) : getUnmaskedKeys();
}

/// The pipeline leaves out blocks that a mask empties.
int64_t CPUTilingPolicy::getMaskedKeys(AttentionOp op) const {
  return isForTiles(op) && !isDecode(op) ? getUnmaskedKeys(op) : 1;
}

/// Of a key and its value.
int64_t CPUTilingPolicy::getFeatures(AttentionOp op) const {
  int64_t ofKey = op.getCanonicalDim(op.getKey(), Feature),
          ofValue = op.getCanonicalDim(op.getValue(), Feature);
  bool isKnown =
      !ShapedType::isDynamic(ofKey) && !ShapedType::isDynamic(ofValue);
  return isKnown ? ofKey + ofValue : ShapedType::kDynamic;
}

int64_t CPUTilingPolicy::getPanelKeys(int64_t features) const {
  return target.getPanelKeys() ? target.getPanelKeys() : fitPanel(features);
}

bool CPUTilingPolicy::sharesPackedValues() const {
  return target.getPacking() != Packing::Own;
}

int64_t CPUTilingPolicy::getStages() const {
  return target.getStages() ? target.getStages() : 3;
}

Attribute CPUTilingPolicy::resolve(AttentionOp op) const {
  const TileSizes tile = getTile(op);
  CPUSchedule schedule = target.getSchedule();
  if (int64_t keys = getUnmaskedKeys(op); keys > tile.key)
    schedule.unmaskedKeys = keys;
  if (isForTiles(op)) {
    int64_t features = getFeatures(op);
    schedule.panelKeys = ShapedType::isDynamic(features)
                             ? getPanelKeys()
                             : getPanelKeys(features);
    schedule.packing = sharesPackedValues() ? Packing::Shared : Packing::Own;
    schedule.stages = getStages();
  }
  return target.withTile(tile.query, tile.key).withSchedule(schedule);
}

/// Those for which the heads of a group fill two thirds of a tile together, or
/// one head a sixth; beyond, tiles of a head are full enough.
std::optional<int64_t>
CPUTilingPolicy::getMaxDecodeQueries(int64_t tileQueries, int64_t group) const {
  int64_t rows = group > 1 ? 2 * tileQueries / 3 / group : tileQueries / 6;
  return std::max<int64_t>(rows, 2);
}

bool CPUTilingPolicy::isDecode(AttentionOp op) const {
  int64_t queries = op.getCanonicalDim(op.getQuery(), Sequence),
          heads = op.getCanonicalDim(op.getQuery(), Head),
          kvHeads = op.getCanonicalDim(op.getKey(), Head);
  if (ShapedType::isDynamic(queries) ||
      op.getCanonicalDim(op.getQuery(), Feature) > getMostFeatures())
    return false;
  bool sharesHeads = !ShapedType::isDynamic(heads) &&
                     !ShapedType::isDynamic(kvHeads) && kvHeads > 0;
  return queries * (sharesHeads ? heads / kvHeads : 1) <= 8;
}

/// A core that multiplies what it reads by several rows looks few lines ahead
/// in one place: 10 GB/s of 24 where registers are few, and a key takes many
/// instructions. With many it is far enough ahead, and all rows fit.
///
/// Twelve sums keep two multiply-adds a cycle going; eight, which would do if
/// none ever waited, do not. Six keys with one or two rows leave too few
/// registers for what is multiplied. One row needs no more than four places,
/// whose pages come to their ends together.
DecodeShape CPUTilingPolicy::getDecodeShape(int64_t rows) const {
  if (target.getRegisters() >= 32)
    return {1, 1, rows, 16};
  constexpr int64_t mostRows = 4, accumulators = 8;
  if (rows <= 2)
    return {4 * rows, 4, rows, accumulators};
  int64_t together = llvm::divideCeil(rows, llvm::divideCeil(rows, mostRows));
  return {6, 3, together, accumulators};
}

/// The kernels' scratch lies on the stack.
int64_t CPUTilingPolicy::getMostLinearFeatures(int64_t bits) const {
  return 512 * 32 / bits;
}

/// Two vectors, as a register tile of the kernel has: a column is then computed
/// alike in every part. Tiles of AMX share what they split of the state.
int64_t
CPUTilingPolicy::getLinearColumns(LinearAttentionOp op,
                                  std::optional<int64_t> multiplyAdds) const {
  bool isShort = multiplyAdds && *multiplyAdds < 2 * getLeastSharedWork();
  if (isShort ||
      (target.getAmx() && getElementTypeOrSelf(op.getValue()).isBF16()))
    return 0;
  return 2 * target.getVectorBits() / op.getScoreType().getWidth();
}

/// Two tiles of AMX, or three vectors of f32.
ProductPanels CPUTilingPolicy::getProductPanels(Type lhs, Type rhs) const {
  if (target.getAmx() && lhs.isBF16() && rhs.isBF16())
    return {32, /*inPairs=*/true};
  return {3 * target.getVectorBits() / 32};
}

/// Waking a second thread takes 4 to 5 us, in which one does about as many.
int64_t CPUTilingPolicy::getLeastSharedWork() const { return 512 * 1024; }

std::optional<ArrayAttr>
CPUTilingPolicy::getMapping(MLIRContext *context, unsigned loops,
                            std::optional<int64_t> multiplyAdds) const {
  if (!multiplyAdds || *multiplyAdds >= getLeastSharedWork())
    return std::nullopt;
  return ArrayAttr::get(
      context, llvm::map_to_vector(llvm::seq<int64_t>(loops), [&](int64_t n) {
        return Attribute(CallingThreadAttr::get(context, n));
      }));
}
