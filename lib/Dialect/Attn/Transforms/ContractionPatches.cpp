//===- ContractionPatches.cpp - Blocks of what windows meet ---------------===//
#include "ContractionLoops.h"
#include "Patches.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

using FoldResults = SmallVector<OpFoldResult>;

namespace {

/// Copies a block of patches. Dimensions of these that are one of a matrix need
/// not be whole in it: it is then copied in pieces along the last of them, in
/// each of which the others have one position.
class PatchGatherer {
public:
  PatchGatherer(const Patches &of, OpBuilder &builder, Location loc)
      : patches(of), sizes(patches.getSizes()), b(loc, builder) {}

  /// Of the dimensions that patches have.
  Value gather(ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> counts);

private:
  /// A part of the patches, and where it lies in the block.
  struct Piece {
    FoldResults offsets, sizes, place;
  };

  Value copy(const Piece &piece, Value block);
  Value copyPieces(Piece piece, const ReassociationIndices &dims, Value start,
                   Value count, Value block);

  Patches patches;
  FoldResults sizes;
  ImplicitLocOpBuilder b;
};

} // namespace

/// The elements that windows of one piece meet, each where it belongs.
Value PatchGatherer::copy(const Piece &piece, Value block) {
  const AffineMap map = patches.getMap();
  const unsigned loops = map.getNumDims();
  const OpFoldResult one = b.getIndexAttr(1);
  SmallVector<AffineExpr> last;
  for (unsigned d = 0; d < loops; ++d)
    last.push_back(b.getAffineDimExpr(d) - 1);
  FoldResults from, extents, strides(map.getNumResults(), one);
  for (AffineExpr expr : map.getResults()) {
    auto apply = [&](AffineExpr expr, FoldResults &of) {
      return affine::makeComposedFoldedAffineApply(
          b, b.getLoc(), AffineMap::get(loops, 0, expr), of);
    };
    FoldResults offsets(piece.offsets), sizes(piece.sizes);
    from.push_back(apply(expr, offsets));
    extents.push_back(apply(expr.replaceDims(last) + 1, sizes));
  }
  Value data = tensor::ExtractSliceOp::create(b, patches.getData(), from,
                                              extents, strides);
  const FoldResults ones(loops, one);
  Value part =
      tensor::ExtractSliceOp::create(b, block, piece.place, piece.sizes, ones);
  auto copied = linalg::GenericOp::create(
      b, part.getType(), data, part, patches.op.getIndexingMapsArray(),
      patches.op.getIteratorTypesArray(),
      [](OpBuilder &nested, Location loc, ValueRange elements) {
        linalg::YieldOp::create(nested, loc, elements[0]);
      });
  return tensor::InsertSliceOp::create(b, copied.getResult(0), block,
                                       piece.place, piece.sizes, ones);
}

/// Positions from `start` on that `dims` have as one dimension.
Value PatchGatherer::copyPieces(Piece piece, const ReassociationIndices &dims,
                                Value start, Value count, Value block) {
  // A division by what may be 0 must stay where there is something to copy.
  auto divide = [&](Value value, Value by) -> Value {
    return b.createOrFold<arith::DivUIOp>(value, by);
  };
  auto toValue = [&](OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
  };
  const int64_t along = dims.back();
  Value width = toValue(sizes[along]), one = toValue(b.getIndexAttr(1));
  Value end = b.createOrFold<arith::AddIOp>(start, count);
  Value last = arith::AddIOp::create(
      b, divide(arith::SubIOp::create(b, end, one), width), one);
  auto loop = scf::ForOp::create(b, divide(start, width), last, one, block);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value line = loop.getInductionVar();
  Value base = arith::MulIOp::create(b, line, width);
  Value from = arith::MaxUIOp::create(b, start, base);
  Value to =
      arith::MinUIOp::create(b, end, arith::AddIOp::create(b, base, width));
  auto subtract = [&](Value a, Value less) {
    return OpFoldResult(b.createOrFold<arith::SubIOp>(a, less));
  };
  piece.offsets[along] = subtract(from, base);
  piece.sizes[along] = subtract(to, from);
  piece.place[along] = subtract(from, start);
  for (int64_t d : llvm::reverse(ArrayRef(dims).drop_back().drop_front())) {
    Value size = toValue(sizes[d]);
    piece.offsets[d] = OpFoldResult(b.createOrFold<arith::RemUIOp>(line, size));
    line = divide(line, size);
  }
  piece.offsets[dims.front()] = line;
  scf::YieldOp::create(b, copy(piece, loop.getRegionIterArg(0)));
  return loop.getResult(0);
}

Value PatchGatherer::gather(ArrayRef<OpFoldResult> offsets,
                            ArrayRef<OpFoldResult> counts) {
  const OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  Piece piece{FoldResults(sizes.size(), zero), sizes,
              FoldResults(sizes.size(), zero)};
  FoldResults block(sizes);
  std::optional<unsigned> divided;
  for (auto [d, dims] : llvm::enumerate(patches.groups)) {
    if (dims.size() == 1) {
      piece.offsets[dims[0]] = offsets[d];
      piece.sizes[dims[0]] = block[dims[0]] = counts[d];
    } else if (offsets[d] != zero) { // else all of them
      divided = d;
      for (int64_t dim : dims)
        piece.sizes[dim] = block[dim] = one;
      block[dims.back()] = counts[d];
    }
  }
  Value empty = tensor::EmptyOp::create(
      b, block, getElementTypeOrSelf(patches.getData().getType()));
  if (!divided)
    return copy(piece, empty);
  auto toValue = [&](OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
  };
  return copyPieces(piece, patches.groups[*divided], toValue(offsets[*divided]),
                    toValue(counts[*divided]), empty);
}

/// As extractKept.
Value ContractionLoops::gatherKept(const Patches &patches, const Tile &tile,
                                   ArrayRef<unsigned> kept) {
  Value block = PatchGatherer(patches, b, loc).gather(tile.offsets, tile.sizes);
  SmallVector<ReassociationIndices> groups(kept.size());
  for (unsigned d = 0, group = 0; d < tile.sizes.size(); ++d) {
    groups[group].append(patches.groups[d]);
    if (d == kept[group] && group + 1 < kept.size())
      ++group;
  }
  return tensor::CollapseShapeOp::create(b, loc, block, groups);
}
