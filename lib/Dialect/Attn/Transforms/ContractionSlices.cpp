//===- ContractionSlices.cpp - What one iteration of the loops sees -------===//
#include "ContractionLoops.h"
#include "Patches.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// Of the result.
ContractionLoops::Tile ContractionLoops::getTile(ValueRange position) {
  Tile tile;
  for (auto [d, offset] : llvm::enumerate(position)) {
    unsigned loop = cast<AffineDimExpr>(out.getResult(d)).getPosition();
    OpFoldResult range = ranges[loop];
    std::optional<int64_t> known = getConstantIntValue(range);
    tile.offsets.push_back(offset);
    std::optional<int64_t> step = getConstantIntValue(steps[d]);
    if (step && (*step == 1 || (known && *known % *step == 0))) {
      tile.sizes.push_back(steps[d]);
      continue;
    }
    AffineExpr start = b.getAffineDimExpr(0), end = b.getAffineSymbolExpr(0),
               most = b.getAffineSymbolExpr(1);
    auto map = AffineMap::get(1, 2, {most, end - start}, b.getContext());
    tile.sizes.push_back(affine::makeComposedFoldedAffineMin(
        b, loc, map, {offset, range, steps[d]}));
  }
  return tile;
}

/// Of the contraction's loops: from the start of `tile` on, or its own.
ContractionLoops::Tile ContractionLoops::getLoopTile(const Tile &tile,
                                                     bool isLocal) {
  Tile loops{FoldResults(ranges.size(), zero), ranges};
  for (auto [d, expr] : llvm::enumerate(out.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    loops.sizes[loop] = tile.sizes[d];
    if (!isLocal)
      loops.offsets[loop] = tile.offsets[d];
  }
  return loops;
}

ContractionLoops::Tile ContractionLoops::locate(AffineMap map,
                                                const Tile &tile) {
  Tile slice;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    slice.offsets.push_back(dim ? tile.offsets[dim.getPosition()] : zero);
    slice.sizes.push_back(dim ? tile.sizes[dim.getPosition()] : one);
  }
  return slice;
}

Value ContractionLoops::extract(Value tensor, const Tile &slice) {
  return tensor::ExtractSliceOp::create(b, loc, tensor, slice.offsets,
                                        slice.sizes,
                                        FoldResults(slice.sizes.size(), one));
}

Value ContractionLoops::extract(Value tensor, AffineMap map, const Tile &tile) {
  if (map.getNumResults() == 0)
    return tensor;
  return extract(tensor, locate(map, tile));
}

static std::optional<unsigned> findDim(AffineMap map, unsigned loop) {
  for (auto [d, expr] : llvm::enumerate(map.getResults()))
    if (expr == getAffineDimExpr(loop, map.getContext()))
      return d;
  return std::nullopt;
}

/// A slice with the dimensions `kept` (in order) of the tensor only; the others
/// have a size of 1.
Value ContractionLoops::extractKept(Value tensor, const Tile &tile,
                                    ArrayRef<unsigned> kept) {
  FoldResults sizes = llvm::map_to_vector(
      kept, [&](unsigned d) { return OpFoldResult(tile.sizes[d]); });
  auto isOne = [](OpFoldResult size) { return isConstantIntValue(size, 1); };
  if (sizes.size() == tile.sizes.size())
    return extract(tensor, tile);
  if (llvm::none_of(sizes, isOne)) {
    SmallVector<int64_t> shape;
    SmallVector<Value> dynamic;
    dispatchIndexOpFoldResults(sizes, dynamic, shape);
    return tensor::ExtractSliceOp::create(
        b, loc,
        RankedTensorType::get(shape, getElementTypeOrSelf(tensor.getType())),
        tensor, tile.offsets, tile.sizes, FoldResults(tile.sizes.size(), one));
  }
  // Of several dimensions of 1, canonicalization would take a slice to have
  // kept the last.
  SmallVector<ReassociationIndices> groups(kept.size());
  for (unsigned d = 0, group = 0; d < tile.sizes.size(); ++d) {
    groups[group].push_back(d);
    if (d == kept[group] && group + 1 < kept.size())
      ++group;
  }
  return tensor::CollapseShapeOp::create(b, loc, extract(tensor, tile), groups);
}

ContractionLoops::Matrix
ContractionLoops::extractMatrix(Value tensor, AffineMap map, const Tile &loops,
                                std::optional<unsigned> row, unsigned column) {
  Tile tile = locate(map, loops);
  unsigned columnDim = *findDim(map, column);
  std::optional<unsigned> rowDim = row ? findDim(map, *row) : std::nullopt;
  SmallVector<unsigned> kept = {columnDim};
  if (rowDim)
    kept.push_back(*rowDim);
  llvm::sort(kept);
  std::optional<Patches> patches = Patches::find(tensor);
  Value slice = patches ? gatherKept(*patches, tile, kept)
                        : extractKept(tensor, tile, kept);
  bool isTransposed = rowDim.value_or(0) > columnDim;
  if (!rowDim) {
    auto type = cast<RankedTensorType>(slice.getType());
    slice = tensor::ExpandShapeOp::create(
        b, loc,
        RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType()),
        slice, SmallVector<ReassociationIndices>{{0, 1}},
        FoldResults{one, tile.sizes[columnDim]});
  }
  return {slice, isTransposed, tile.offsets, tile.sizes};
}

/// The panels of a block of columns, which begins with one.
Value ContractionLoops::extractPanels(const Tile &loops) {
  const auto type = cast<RankedTensorType>(c.panels.getType());
  const int64_t width = type.getDimSize(2);
  AffineExpr columns = b.getAffineDimExpr(0);
  auto count = [&](AffineExpr expr, OpFoldResult of) {
    return affine::makeComposedFoldedAffineApply(b, loc, expr, {of});
  };
  Tile slice{FoldResults(type.getRank(), zero), {}};
  for (int64_t size : type.getShape())
    slice.sizes.push_back(b.getIndexAttr(size));
  slice.offsets[0] = count(columns.floorDiv(width), loops.offsets[c.column]);
  slice.sizes[0] = count(columns.ceilDiv(width), loops.sizes[c.column]);
  return extract(c.panels, slice);
}

Value ContractionLoops::createEmpty(const Tile &tile, Type element) {
  return tensor::EmptyOp::create(b, loc, tile.sizes, element);
}
