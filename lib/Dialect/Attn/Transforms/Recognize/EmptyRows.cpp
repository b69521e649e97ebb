//===- EmptyRows.cpp - Whether each row of a mask has a key ---------------===//
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
        loc(NameLoc::get(b.getStringAttr("every_row_has_a_key"),
                         parts.output.op->getLoc())) {
    for (unsigned dim = 0; dim < 3; ++dim)
      if (attends->dependsOn(parts.queryDims[dim]))
        rows.push_back(parts.queryDims[dim]);
  }

  Value haveKeys();

private:
  Value init(ArrayRef<Expr> positions, bool value);
  Value empty(ArrayRef<Expr> positions);
  Value findAttended();

  const AttentionParts &parts;
  Expr attends;
  OpBuilder b;
  Location loc;
  SmallVector<Expr> rows;
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

Value RowLoops::init(ArrayRef<Expr> positions, bool value) {
  Value scalar =
      arith::ConstantOp::create(b, loc, b.getBoolAttr(value)).getResult();
  return linalg::FillOp::create(b, loc, scalar, empty(positions)).getResult(0);
}

/// For each row: whether a key attends. A tensor of the keys' size, which is
/// not read, says how many there are.
Value RowLoops::findAttended() {
  unsigned rank = rows.size();
  Value keys = empty(parts.keyDims[2]), initial = init(rows, false);
  MLIRContext *context = b.getContext();
  SmallVector<AffineMap> maps = {
      AffineMap::get(rank + 1, 0, b.getAffineDimExpr(rank), context),
      AffineMap::getMultiDimIdentityMap(rank + 1, context)
          .getMajorSubMap(rank)};
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

Value RowLoops::haveKeys() {
  Value attended = findAttended(), all = init({}, true);
  unsigned rank = rows.size();
  SmallVector<AffineMap> maps = {b.getMultiDimIdentityMap(rank),
                                 AffineMap::get(rank, 0, b.getContext())};
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::reduction);
  auto generic = linalg::GenericOp::create(
      b, loc, all.getType(), attended, all, maps, loops,
      [&](OpBuilder &nested, Location l, ValueRange x) {
        linalg::YieldOp::create(nested, l,
                                Value(arith::AndIOp::create(nested, l, x)));
      });
  return tensor::ExtractOp::create(b, loc, generic.getResult(0));
}

Expr mlir::attn::recognize::haveKeys(ExprContext &c,
                                     const AttentionParts &parts,
                                     Tables &tables, Expr attends) {
  MLIRContext *context = c.getContext();
  Expr key =
      c.op(StringAttr::get(context, "attn.have_keys"),
           IntegerType::get(context, 1), attends, DictionaryAttr::get(context));
  Value &value = tables[{key, parts.output.op->getBlock()}];
  if (!value)
    value = RowLoops(parts, attends).haveKeys();
  return c.scalar(value);
}
