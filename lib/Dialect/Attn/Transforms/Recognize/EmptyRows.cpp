//===- EmptyRows.cpp - Whether a row of a mask has a key ------------------===//
#include "EmptyRows.h"
#include "Emitter.h"

using namespace mlir;
using namespace mlir::attn::recognize;

namespace {
/// Writes the loops before the output.
class RowLoops {
public:
  RowLoops(const AttentionParts &parts, Expr attends)
      : parts(parts), attends(attends), b(parts.output.op),
        loc(NameLoc::get(b.getStringAttr("row_has_key"),
                         parts.output.op->getLoc())) {
    for (unsigned dim = 0; dim < 3; ++dim)
      if (attends->dependsOn(parts.queryDims[dim]))
        rows.push_back(parts.queryDims[dim]);
  }

  Value findAttended();

  /// The positions that the mask goes by, but for the key's.
  SmallVector<Expr> rows;

private:
  Value empty(ArrayRef<Expr> positions);

  const AttentionParts &parts;
  Expr attends;
  OpBuilder b;
  Location loc;
};
} // namespace

Value RowLoops::empty(ArrayRef<Expr> positions) {
  Emitter emitter(b, loc, b.getF32Type(), parts.output.op);
  SmallVector<OpFoldResult> sizes;
  for (Expr position : positions) {
    std::optional<int64_t> size =
        ExprContext::getInteger(position->getExtent());
    sizes.push_back(size ? OpFoldResult(b.getIndexAttr(*size))
                         : emitter.emit(position->getExtent()));
  }
  return tensor::EmptyOp::create(b, loc, sizes, b.getI1Type());
}

/// For each row: whether a key attends. A tensor of the keys' size, which is
/// not read, says how many there are.
Value RowLoops::findAttended() {
  unsigned rank = rows.size();
  Value no = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
  Value keys = empty(parts.keyDims[2]);
  Value initial = linalg::FillOp::create(b, loc, no, empty(rows)).getResult(0);
  MLIRContext *context = b.getContext();
  SmallVector<AffineMap> maps = {
      AffineMap::get(rank + 1, 0, b.getAffineDimExpr(rank), context),
      b.getMultiDimIdentityMap(rank + 1).dropResult(rank)};
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  loops.push_back(utils::IteratorType::reduction);
  auto generic = linalg::GenericOp::create(
      b, loc, initial.getType(), keys, initial, maps, loops,
      [&](OpBuilder &nested, Location l, ValueRange x) {
        Emitter emitter(nested, l, b.getF32Type(), parts.output.op);
        for (auto [n, row] : llvm::enumerate(rows))
          emitter.bind(row, linalg::IndexOp::create(nested, l, n));
        emitter.bind(parts.keyDims[2],
                     linalg::IndexOp::create(nested, l, rank));
        Value any =
            arith::OrIOp::create(nested, l, x[1], emitter.emit(attends));
        linalg::YieldOp::create(nested, l, any);
      });
  return generic.getResult(0);
}

Expr mlir::attn::recognize::rowHasKey(ExprContext &c,
                                      const AttentionParts &parts,
                                      Tables &tables, Expr attends) {
  MLIRContext *context = c.getContext();
  Expr key =
      c.op(StringAttr::get(context, "attn.row_has_key"),
           IntegerType::get(context, 1), attends, DictionaryAttr::get(context));
  RowLoops loops(parts, attends);
  Value &table = tables[{key, parts.output.op->getBlock()}];
  if (!table)
    table = loops.findAttended();
  return c.read(table, loops.rows);
}
