//===- AttentionTiling.cpp - TilingInterface of attention and attend ------===//
#include "AttentionTiling.h"
#include "Verify.h"
#include "attn/Dialect/Attn/IR/AttnTiles.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace mlir::attn;

using FoldResults = SmallVector<OpFoldResult>;

namespace {

/// The loops: query head h is head h mod Hq/Hkv of kv head h floordiv Hq/Hkv.
enum TileLoop : unsigned { BatchLoop, KvHeadLoop, GroupLoop, QueryLoop };
constexpr unsigned numTileLoops = 4;

/// A tensor of an op, and its layout.
struct LaidOut {
  Value tensor;
  SmallVector<int64_t> layout;
};

/// Sizes of one attention or attend, and the parts of its tensors that a tile
/// needs.
class Tiles {
public:
  template <typename OpTy>
  Tiles(OpTy op, OpBuilder &builder)
      : op(op), b(builder), loc(op.getLoc()),
        query{op.getQuery(), getLayout(op.getQueryLayoutAttr(), 4)},
        key{op.getKey(), getLayout(op.getKeyLayoutAttr(), 4)},
        value{op.getValue(), getLayout(op.getValueLayoutAttr(), 4)} {}

  OpFoldResult queryDim(int64_t dim) { return size(query, dim); }
  OpFoldResult keyDim(int64_t dim) { return size(key, dim); }
  OpFoldResult valueFeatures() { return size(value, Feature); }
  OpFoldResult zero() { return b.getIndexAttr(0); }

  /// Query heads of a kv head.
  OpFoldResult group() {
    OpFoldResult heads = queryDim(Head), kvHeads = keyDim(Head);
    if (isConstantIntValue(kvHeads, 0))
      return b.getIndexAttr(1); // no tile has heads
    return apply(b.getAffineSymbolExpr(0).floorDiv(b.getAffineSymbolExpr(1)),
                 {heads, kvHeads});
  }

  /// The rows (batch, query head, query) of a tile. Query heads of several kv
  /// heads are neighbors only if their groups are whole.
  FailureOr<Slice> getRows(ArrayRef<OpFoldResult> offsets,
                           ArrayRef<OpFoldResult> sizes) {
    OpFoldResult heads = group();
    AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1),
               s2 = b.getAffineSymbolExpr(2);
    Slice rows;
    rows.add(offsets[BatchLoop], sizes[BatchLoop]);
    OpFoldResult head =
        apply(s0 * s1 + s2, {offsets[KvHeadLoop], heads, offsets[GroupLoop]});
    if (isEqualConstantInt(sizes[GroupLoop], heads))
      rows.add(head, apply(s0 * s1, {sizes[KvHeadLoop], heads}));
    else if (isConstantIntValue(sizes[KvHeadLoop], 1))
      rows.add(head, sizes[GroupLoop]);
    else
      return op->emitOpError("expected tiles of one kv head, or of all of the "
                             "query heads of a kv head, got others");
    rows.add(offsets[QueryLoop], sizes[QueryLoop]);
    return rows;
  }

  Value extract(const LaidOut &from, const Slice &canonical) {
    return extractSlice(b, loc, from.tensor, canonical.inLayout(from.layout));
  }

  /// Query, key and value of a tile.
  SmallVector<Value> extractInputs(const Slice &rows,
                                   ArrayRef<OpFoldResult> offsets,
                                   ArrayRef<OpFoldResult> sizes) {
    Slice queries = rows, keys;
    queries.add(zero(), queryDim(Feature));
    keys.add(offsets[BatchLoop], sizes[BatchLoop]);
    keys.add(offsets[KvHeadLoop], sizes[KvHeadLoop]);
    keys.add(zero(), keyDim(Sequence));
    Slice values = keys;
    keys.add(zero(), keyDim(Feature));
    values.add(zero(), valueFeatures());
    return {extract(query, queries), extract(key, keys),
            extract(value, values)};
  }

private:
  static bool isEqualConstantInt(OpFoldResult a, OpFoldResult b) {
    std::optional<int64_t> known = getConstantIntValue(a);
    return known && known == getConstantIntValue(b);
  }
  OpFoldResult size(const LaidOut &of, int64_t dim) {
    return reifyDim(b, loc, of.tensor, of.layout, dim);
  }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return affine::makeComposedFoldedAffineApply(b, loc, expr, operands);
  }

  Operation *op;
  OpBuilder &b;
  Location loc;
  LaidOut query, key, value;
};

} // namespace

//===----------------------------------------------------------------------===//
// What differs between the two ops
//===----------------------------------------------------------------------===//

/// The operands besides query, key and value, for a tile of these rows.
static SmallVector<Value> extractOthers(AttentionOp op, Tiles &tiles,
                                        const Slice &rows) {
  if (!op.getSink())
    return {};
  return {tiles.extract({op.getSink(), {0}},
                        {{rows.offsets[Head]}, {rows.sizes[Head]}})};
}

/// The part of a result that a tile computes, in the result's layout.
static Slice getResultPart(AttentionOp op, Tiles &tiles, Value result,
                           Slice rows) {
  if (result != op.getLse())
    rows.add(tiles.zero(), result == op.getOutput() ? tiles.valueFeatures()
                                                    : tiles.keyDim(Sequence));
  return rows.inLayout(op.getLayoutOf(result));
}

static Slice getResultPart(AttendOp op, Tiles &tiles, Value result,
                           Slice rows) {
  if (result == op->getResult(0))
    rows.add(tiles.zero(), tiles.valueFeatures());
  return rows;
}

static SmallVector<Value> extractOthers(AttendOp op, Tiles &tiles,
                                        const Slice &rows) {
  SmallVector<Value> state;
  for (auto [operand, result] :
       llvm::zip_equal(op.getWritten(), op->getResults())) {
    auto rank = cast<ShapedType>(operand.getType()).getRank();
    state.push_back(tiles.extract({operand, getLayout({}, rank)},
                                  getResultPart(op, tiles, result, rows)));
  }
  return state;
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

/// The op on the slices of one tile.
static Operation *createTile(Operation *op, OpBuilder &builder,
                             ValueRange operands, TypeRange types,
                             const Slice &rows) {
  SmallVector<Value> first;
  for (OpFoldResult offset : rows.offsets)
    first.push_back(
        getValueOrCreateConstantIndexOp(builder, op->getLoc(), offset));
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(types);
  state.propertiesAttr = op->getPropertiesAsAttribute();
  state.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
  for (unsigned n = 0; n < op->getNumRegions(); ++n)
    state.addRegion();
  Operation *tile = builder.create(state);
  for (auto [from, to] :
       llvm::zip_equal(op->getRegions(), tile->getRegions())) {
    if (from.empty())
      continue;
    IRMapping mapping;
    from.cloneInto(&to, mapping);
    shiftPositions(builder, to.front(), first); // keys count from 0
  }
  return tile;
}

namespace {
template <typename OpTy>
struct Tiling : TilingInterface::ExternalModel<Tiling<OpTy>, OpTy> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *) const {
    return SmallVector<utils::IteratorType>(numTileLoops,
                                            utils::IteratorType::parallel);
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    Tiles tiles(cast<OpTy>(op), b);
    SmallVector<Range> domain;
    for (OpFoldResult size : {tiles.queryDim(Batch), tiles.keyDim(Head),
                              tiles.group(), tiles.queryDim(Sequence)})
      domain.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
    return domain;
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *operation, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    auto op = cast<OpTy>(operation);
    if (!isa<RankedTensorType>(op.getQuery().getType()))
      return op.emitOpError("expected tensors to tile, got ")
             << op.getQuery().getType();
    Tiles tiles(op, b);
    FailureOr<Slice> rows = tiles.getRows(offsets, sizes);
    if (failed(rows))
      return failure();
    SmallVector<Value> operands = tiles.extractInputs(*rows, offsets, sizes);
    llvm::append_range(operands, extractOthers(op, tiles, *rows));
    SmallVector<Type> types;
    for (Value result : op->getResults()) {
      SmallVector<Value> dynamic;
      SmallVector<int64_t> shape;
      dispatchIndexOpFoldResults(getResultPart(op, tiles, result, *rows).sizes,
                                 dynamic, shape);
      types.push_back(
          RankedTensorType::get(shape, getElementTypeOrSelf(result.getType())));
    }
    Operation *tile = createTile(op, b, operands, types, *rows);
    SmallVector<Operation *> slices;
    for (Value operand : operands)
      slices.push_back(operand.getDefiningOp());
    return TilingResult{{tile}, SmallVector<Value>(tile->getResults()), slices};
  }

  LogicalResult getResultTilePosition(Operation *operation, OpBuilder &b,
                                      unsigned resultNumber,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes,
                                      FoldResults &resultOffsets,
                                      FoldResults &resultSizes) const {
    auto op = cast<OpTy>(operation);
    Tiles tiles(op, b);
    FailureOr<Slice> rows = tiles.getRows(offsets, sizes);
    if (failed(rows))
      return failure();
    Slice part = getResultPart(op, tiles, op->getResult(resultNumber), *rows);
    resultOffsets = part.offsets;
    resultSizes = part.sizes;
    return success();
  }
};
} // namespace

void attn::attachAttentionTiling(MLIRContext &context) {
  AttentionOp::attachInterface<Tiling<AttentionOp>>(context);
  AttendOp::attachInterface<Tiling<AttendOp>>(context);
}
