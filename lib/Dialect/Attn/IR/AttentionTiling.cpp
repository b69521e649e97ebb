//===- AttentionTiling.cpp - TilingInterface of attention -----------------===//
#include "AttentionTiling.h"
#include "Verify.h"
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

/// Offsets and sizes by dimension.
struct Part {
  FoldResults offsets, sizes;

  void add(OpFoldResult offset, OpFoldResult size) {
    offsets.push_back(offset);
    sizes.push_back(size);
  }
  Part inLayout(ArrayRef<int64_t> layout) const {
    Part result;
    for (int64_t dim : layout)
      result.add(offsets[dim], sizes[dim]);
    return result;
  }
};

/// Sizes of one attention, and the parts of its tensors that a tile needs.
class Tiles {
public:
  Tiles(AttentionOp op, OpBuilder &builder)
      : op(op), b(builder), loc(op.getLoc()) {}

  OpFoldResult queryDim(int64_t dim) {
    return reifyDim(b, loc, op.getQuery(), layoutOf(op.getQueryLayoutAttr()),
                    dim);
  }
  OpFoldResult keyDim(int64_t dim) {
    return reifyDim(b, loc, op.getKey(), layoutOf(op.getKeyLayoutAttr()), dim);
  }
  OpFoldResult valueFeatures() {
    return reifyDim(b, loc, op.getValue(), layoutOf(op.getValueLayoutAttr()),
                    Feature);
  }

  /// Query heads of a kv head.
  OpFoldResult group() {
    OpFoldResult heads = queryDim(Head), kvHeads = keyDim(Head);
    if (isConstantIntValue(kvHeads, 0))
      return b.getIndexAttr(1); // no tile has heads
    return apply(b.getAffineSymbolExpr(0).floorDiv(b.getAffineSymbolExpr(1)),
                 {heads, kvHeads});
  }

  /// The rows (batch, query head, query) of a tile. Query heads of several kv
  /// heads are neighbours only if their groups are whole.
  FailureOr<Part> getRows(ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes) {
    OpFoldResult heads = group();
    AffineExpr s0 = b.getAffineSymbolExpr(0), s1 = b.getAffineSymbolExpr(1),
               s2 = b.getAffineSymbolExpr(2);
    Part rows;
    rows.add(offsets[BatchLoop], sizes[BatchLoop]);
    OpFoldResult head =
        apply(s0 * s1 + s2, {offsets[KvHeadLoop], heads, offsets[GroupLoop]});
    if (isEqualConstantInt(sizes[GroupLoop], heads))
      rows.add(head, apply(s0 * s1, {sizes[KvHeadLoop], heads}));
    else if (isConstantIntValue(sizes[KvHeadLoop], 1))
      rows.add(head, sizes[GroupLoop]);
    else
      return op.emitOpError("expected tiles of one kv head, or of all of the "
                            "query heads of a kv head, got others");
    rows.add(offsets[QueryLoop], sizes[QueryLoop]);
    return rows;
  }

  Value extract(Value tensor, DenseI64ArrayAttr attr, const Part &canonical) {
    Part part = canonical.inLayout(getLayout(attr, canonical.sizes.size()));
    FoldResults strides(part.sizes.size(), b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(b, loc, tensor, part.offsets,
                                          part.sizes, strides);
  }

  /// The operands of a tile, in order.
  SmallVector<Value> extractOperands(const Part &rows,
                                     ArrayRef<OpFoldResult> offsets,
                                     ArrayRef<OpFoldResult> sizes) {
    OpFoldResult zero = b.getIndexAttr(0);
    Part query = rows, keys;
    query.add(zero, queryDim(Feature));
    keys.add(offsets[BatchLoop], sizes[BatchLoop]);
    keys.add(offsets[KvHeadLoop], sizes[KvHeadLoop]);
    keys.add(zero, keyDim(Sequence));
    Part values = keys;
    keys.add(zero, keyDim(Feature));
    values.add(zero, valueFeatures());
    SmallVector<Value> operands{
        extract(op.getQuery(), op.getQueryLayoutAttr(), query),
        extract(op.getKey(), op.getKeyLayoutAttr(), keys),
        extract(op.getValue(), op.getValueLayoutAttr(), values)};
    if (op.getSink())
      operands.push_back(
          extract(op.getSink(), {}, {{rows.offsets[1]}, {rows.sizes[1]}}));
    return operands;
  }

  /// The part of a result that a tile computes, in the result's layout.
  Part getResultPart(Value result, Part rows) {
    if (result == op.getLse())
      return rows.inLayout(op.getLayoutOf(result));
    rows.add(b.getIndexAttr(0),
             result == op.getOutput() ? valueFeatures() : keyDim(Sequence));
    return rows.inLayout(op.getLayoutOf(result));
  }

private:
  static bool isEqualConstantInt(OpFoldResult a, OpFoldResult b) {
    std::optional<int64_t> known = getConstantIntValue(a);
    return known && known == getConstantIntValue(b);
  }
  static SmallVector<int64_t> layoutOf(DenseI64ArrayAttr attr) {
    return getLayout(attr, 4);
  }
  OpFoldResult apply(AffineExpr expr, ArrayRef<OpFoldResult> operands) {
    return affine::makeComposedFoldedAffineApply(b, loc, expr, operands);
  }

  AttentionOp op;
  OpBuilder &b;
  Location loc;
};

} // namespace

/// Copies a region; its positions (b, h, i, j) count from `first`, and keys
/// from 0.
static void copyShifted(OpBuilder &builder, Region &from, Region &to,
                        ValueRange first) {
  if (from.empty())
    return;
  OpBuilder::InsertionGuard guard(builder);
  IRMapping mapping;
  from.cloneInto(&to, mapping);
  Block &block = to.front();
  builder.setInsertionPointToStart(&block);
  for (auto [argument, origin] :
       llvm::zip(block.getArguments().take_back(4).drop_back(), first)) {
    if (argument.use_empty() || isConstantIntValue(origin, 0))
      continue;
    auto position =
        arith::AddIOp::create(builder, argument.getLoc(), argument, origin);
    argument.replaceAllUsesExcept(position, position);
  }
}

/// The op on the slices of one tile.
static Operation *createTile(AttentionOp op, OpBuilder &builder,
                             ValueRange operands, TypeRange types,
                             const Part &rows) {
  SmallVector<Value> first;
  for (OpFoldResult offset : rows.offsets)
    first.push_back(
        getValueOrCreateConstantIndexOp(builder, op.getLoc(), offset));
  OperationState state(op.getLoc(), AttentionOp::getOperationName());
  state.addOperands(operands);
  state.addTypes(types);
  state.propertiesAttr = op->getPropertiesAsAttribute();
  state.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
  for (unsigned n = 0; n < op->getNumRegions(); ++n)
    state.addRegion();
  Operation *tile = builder.create(state);
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), tile->getRegions()))
    copyShifted(builder, from, to, first);
  return tile;
}

namespace {
struct AttentionTiling
    : TilingInterface::ExternalModel<AttentionTiling, AttentionOp> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *) const {
    return SmallVector<utils::IteratorType>(numTileLoops,
                                            utils::IteratorType::parallel);
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    Tiles tiles(cast<AttentionOp>(op), b);
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
    auto op = cast<AttentionOp>(operation);
    Tiles tiles(op, b);
    FailureOr<Part> rows = tiles.getRows(offsets, sizes);
    if (failed(rows))
      return failure();
    SmallVector<Value> operands = tiles.extractOperands(*rows, offsets, sizes);
    SmallVector<Type> types;
    for (Value result : op->getResults()) {
      SmallVector<Value> dynamic;
      SmallVector<int64_t> shape;
      dispatchIndexOpFoldResults(tiles.getResultPart(result, *rows).sizes,
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
    auto op = cast<AttentionOp>(operation);
    Tiles tiles(op, b);
    FailureOr<Part> rows = tiles.getRows(offsets, sizes);
    if (failed(rows))
      return failure();
    Part part = tiles.getResultPart(op->getResult(resultNumber), *rows);
    resultOffsets = part.offsets;
    resultSizes = part.sizes;
    return success();
  }
};
} // namespace

void attn::attachAttentionTiling(MLIRContext &context) {
  AttentionOp::attachInterface<AttentionTiling>(context);
}
