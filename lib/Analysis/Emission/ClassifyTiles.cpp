//===- ClassifyTiles.cpp - attn-classify-tiles ----------------------------===//
#include "attn/Analysis/Emission/KeyTileLoops.h"
#include "attn/Analysis/Emission/TileClassEmitter.h"
#include "attn/Analysis/Passes.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCLASSIFYTILES
#include "attn/Analysis/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Writes the two tensors before one attention op.
class Classes {
public:
  Classes(AttentionOp op, TileSizes tile)
      : op(op), tile(tile), loc(op.getLoc()), b(op), analysis(op, tile),
        emitter(op, tile) {}

  SmallVector<Value> build() {
    emitter.prepare(b);
    batch = size(op.getQuery(), op.getQueryLayoutAttr(), Batch);
    heads = size(op.getQuery(), op.getQueryLayoutAttr(), Head);
    queries = size(op.getQuery(), op.getQueryLayoutAttr(), Sequence);
    keys = size(op.getKey(), op.getKeyLayoutAttr(), Sequence);
    rows = tilesOf(queries, tile.query);
    columns = tilesOf(keys, tile.key);
    const SmallVector<Value> none{create(), create()};
    return loop(batch, none, [&](Value n, ValueRange results) {
      batchIndex = n;
      return loop(heads, results, [&](Value n, ValueRange results) {
        headIndex = n;
        return loop(rows, results, [&](Value n, ValueRange results) {
          return buildRow(n, results[0], results[1]);
        });
      });
    });
  }

private:
  using Values = SmallVector<Value>;

  template <typename OpTy, typename... Args> Value make(Args &&...args) {
    return b.createOrFold<OpTy>(loc, std::forward<Args>(args)...);
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value byte(int64_t value) {
    return arith::ConstantIntOp::create(b, loc, value, 8);
  }
  Value size(Value tensor, DenseI64ArrayAttr layout, int64_t dim) {
    return make<tensor::DimOp>(tensor, getTensorDim(getLayout(layout, 4), dim));
  }
  Value tilesOf(Value length, int64_t size) {
    return make<arith::CeilDivSIOp>(length, index(size));
  }

  Value create() {
    Value empty = tensor::EmptyOp::create(
        b, loc, SmallVector<int64_t>(4, ShapedType::kDynamic), b.getI8Type(),
        ValueRange{batch, heads, rows, columns});
    return linalg::FillOp::create(b, loc, byte(0), empty).getResult(0);
  }

  Values loop(Value from, Value to, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(
        b, loc, from, to, index(1), carried,
        [&](OpBuilder &inner, Location, Value n, ValueRange results) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPoint(inner.getInsertionBlock(),
                              inner.getInsertionPoint());
          scf::YieldOp::create(b, loc, body(n, results));
        });
    return loop.getResults();
  }
  Values loop(Value to, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body) {
    return loop(index(0), to, carried, body);
  }

  /// The first position of a tile and its last.
  std::pair<Value, Value> positions(Value number, int64_t size, Value length) {
    Value first = make<arith::MulIOp>(number, index(size));
    Value end = make<arith::AddIOp>(first, index(size));
    end = make<arith::MinSIOp>(end, length);
    return {first, make<arith::SubIOp>(end, index(1))};
  }

  Values buildRow(Value row, Value classes, Value visits) {
    const auto [first, last] = positions(row, tile.query, queries);
    emitter.beginQueryTile(b, batchIndex, headIndex, first, last);
    classes = loop(columns, classes, [&](Value column, ValueRange result) {
      const auto [firstKey, lastKey] = positions(column, tile.key, keys);
      const TileLogic mask = emitter.emit(b, firstKey, lastKey);
      Value some = make<arith::SelectOp>(mask.any, byte(1), byte(0));
      Value value = make<arith::SelectOp>(mask.all, byte(2), some);
      return insert(value, result[0], row, column);
    })[0];
    for (const KeyTileLoop &keyLoop : emitKeyTileLoops(
             b, op, analysis, {batchIndex, headIndex, row, queries, keys}))
      visits = loop(keyLoop.lower, keyLoop.upper, visits,
                    [&](Value column, ValueRange result) {
                      Value value = byte(keyLoop.needsMask ? 1 : 2);
                      return insert(value, result[0], row, column);
                    })[0];
    return {classes, visits};
  }

  Values insert(Value value, Value into, Value row, Value column) {
    return {tensor::InsertOp::create(
        b, loc, value, into, ValueRange{batchIndex, headIndex, row, column})};
  }

  AttentionOp op;
  TileSizes tile;
  Location loc;
  OpBuilder b;
  MaskAnalysis analysis;
  TileClassEmitter emitter;
  Value batch, heads, queries, keys, rows, columns, batchIndex, headIndex;
};

class AttnClassifyTiles
    : public mlir::attn::impl::AttnClassifyTilesBase<AttnClassifyTiles> {
public:
  using AttnClassifyTilesBase::AttnClassifyTilesBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (failed(check(function)))
      return signalPassFailure();
    Block &entry = function.getBody().front();
    AttentionOp op = *entry.getOps<AttentionOp>().begin();
    const SmallVector<Value> results =
        Classes(op, {tileQuery, tileKey}).build();
    OpBuilder b(op);
    auto newReturn = func::ReturnOp::create(b, op.getLoc(), results);
    while (&entry.back() != newReturn.getOperation())
      entry.back().erase();
    function.setType(b.getFunctionType(function.getArgumentTypes(),
                                       ValueRange(results).getTypes()));
    function.removeResAttrsAttr();
  }

private:
  LogicalResult check(func::FuncOp function) {
    if (tileQuery < 1 || tileKey < 1 || tileQuery > (1 << 20) ||
        tileKey > (1 << 20))
      return function.emitError("expected tile sizes from 1 to 1048576, got ")
             << int64_t(tileQuery) << " and " << int64_t(tileKey);
    if (!function.getBody().hasOneBlock())
      return function.emitError("expected a function with one block");
    const auto ops = function.getBody().front().getOps<AttentionOp>();
    const auto count = std::distance(ops.begin(), ops.end());
    if (count != 1)
      return function.emitError("expected one attn.attention, got ") << count;
    return success();
  }
};

} // namespace
