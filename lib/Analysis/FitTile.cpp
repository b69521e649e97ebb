//===- FitTile.cpp - Query tiles that fit an op ---------------------------===//
#include "FitTile.h"
#include "attn/Analysis/ExpandedMask.h"
#include "attn/Analysis/MaskPredicate.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// The smallest n of i floordiv n; positions are not negative.
static std::optional<int64_t> getBlockSize(AttentionOp op) {
  ExpandedMask mask(op);
  Value query = mask.getOp().getMask().getArgument(MaskQuery);
  std::optional<int64_t> smallest;
  mask.getOp().getMask().walk([&](Operation *inner) {
    if (!isa<arith::FloorDivSIOp, arith::DivSIOp, arith::DivUIOp>(inner) ||
        inner->getOperand(0) != query)
      return;
    std::optional<int64_t> size = getConstantIntValue(inner->getOperand(1));
    if (size && *size > 0 && (!smallest || *size < *smallest))
      smallest = size;
  });
  return smallest;
}

namespace {

/// Finds bands in a mask: of pairs with `below <= j - i <= above`.
class BandFinder {
public:
  BandFinder(MLIRContext *context, unsigned symbols)
      : diagonal(getAffineDimExpr(MaskKey, context) -
                 getAffineDimExpr(MaskQuery, context)),
        symbols(symbols) {}

  /// Whether a query attends to no keys beyond some number after its own.
  bool isCausal(const MaskPredicate &mask) {
    SmallVector<AffineExpr> below, above;
    findInParts(mask, 0, below, above);
    return !above.empty();
  }

  /// Whether a part of `mask` is a band in which a query has fewer than `keys`.
  bool find(const MaskPredicate &mask, int64_t keys) {
    SmallVector<AffineExpr> below, above;
    return findInParts(mask, keys, below, above) || isBand(keys, below, above);
  }

private:
  AffineExpr simplify(AffineExpr expr) const {
    return simplifyAffineExpr(expr, numMaskDims, symbols);
  }

  /// Of parts of an `and`: bounds of j - i, and whether one has a band itself.
  bool findInParts(const MaskPredicate &mask, int64_t keys,
                   SmallVector<AffineExpr> &below,
                   SmallVector<AffineExpr> &above) {
    switch (mask.getKind()) {
    case MaskPredicate::Kind::And:
      return findInParts(mask.getLhs(), keys, below, above) ||
             findInParts(mask.getRhs(), keys, below, above);
    case MaskPredicate::Kind::Or:
      return find(mask.getLhs(), keys) || find(mask.getRhs(), keys);
    case MaskPredicate::Kind::AtLeastZero:
      addBound(mask.getExpr() - diagonal, below);
      addBound(mask.getExpr() + diagonal, above);
      return false;
    default:
      return false;
    }
  }

  /// What is the same for all pairs is a bound.
  void addBound(AffineExpr rest, SmallVector<AffineExpr> &bounds) {
    rest = simplify(rest);
    if (!rest.isFunctionOfDim(MaskQuery) && !rest.isFunctionOfDim(MaskKey))
      bounds.push_back(rest);
  }

  bool isBand(int64_t keys, ArrayRef<AffineExpr> below,
              ArrayRef<AffineExpr> above) const {
    return llvm::any_of(below, [&](AffineExpr lower) {
      return llvm::any_of(above, [&](AffineExpr upper) {
        auto width = dyn_cast<AffineConstantExpr>(simplify(lower + upper));
        return width && width.getValue() < keys;
      });
    });
  }

  AffineExpr diagonal;
  unsigned symbols;
};

} // namespace

int64_t attn::fitToMask(AttentionOp op, int64_t tile) {
  if (op.getMask().empty())
    return tile;
  if (std::optional<int64_t> block = getBlockSize(op))
    for (int64_t size = std::min(tile, *block); size * 3 >= tile; --size)
      if (*block % size == 0)
        return size;
  const MaskReading reading = readMask(op);
  BandFinder bands(op.getContext(), reading.symbols.size());
  return bands.find(reading.predicate, 12 * tile)
             ? std::max<int64_t>(tile * 2 / 3, 1)
             : tile;
}

namespace {

/// What a schedule computes.
struct Lengths {
  int64_t queries, keys;
  bool isCausal;

  /// In blocks of `block` queries and tiles of two, each with as many keys more
  /// than the mask lets through as make up a tile.
  double getWork(int64_t block) const {
    const double mean =
                     isCausal ? std::max(keys - queries / 2, keys / 2) : keys,
                 masked = isCausal ? 2 * block : 0;
    return double(llvm::alignTo(queries, block)) * (mean + masked);
  }
};

} // namespace

static bool isCausal(AttentionOp op) {
  if (op.getMask().empty())
    return false;
  const MaskReading reading = readMask(op);
  return BandFinder(op.getContext(), reading.symbols.size())
      .isCausal(reading.predicate);
}

int64_t attn::fitToLengths(AttentionOp op, int64_t tile, bool isTall) {
  auto getLength = [](Value operand, DenseI64ArrayAttr layout, Dim dim) {
    return getSize(cast<RankedTensorType>(operand.getType()),
                   getLayout(layout, 4), dim);
  };
  const int64_t three = tile / 2, two = tile / 3,
                features =
                    getLength(op.getKey(), op.getKeyLayoutAttr(), Feature);
  const Lengths lengths = {
      getLength(op.getQuery(), op.getQueryLayoutAttr(), Sequence),
      getLength(op.getKey(), op.getKeyLayoutAttr(), Sequence), isCausal(op)};
  if (ShapedType::isDynamic(lengths.queries) ||
      ShapedType::isDynamic(lengths.keys) || lengths.queries <= two)
    return tile;
  // By docs/measurements/notebook.md, "Tiles by lengths".
  const double longer =
      isTall ? (features > 64 ? 1.03 : 1.01) : (features > 64 ? 1.06 : 1.02);
  return longer * lengths.getWork(two) < lengths.getWork(three) ? 2 * two
                                                                : tile;
}
