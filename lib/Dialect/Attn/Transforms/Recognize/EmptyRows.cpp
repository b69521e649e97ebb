//===- EmptyRows.cpp - Whether a row of a mask has a key ------------------===//
#include "EmptyRows.h"
#include "Emitter.h"

using namespace mlir;
using namespace mlir::attn::recognize;

namespace {
/// Writes the loops before the output.
class RowLoops {
public:
  RowLoops(const AttentionParts &parts, const MaskedScore &mask)
      : parts(parts), mask(mask), b(parts.output.op),
        loc(NameLoc::get(b.getStringAttr("row_has_key"),
                         parts.output.op->getLoc())) {
    for (unsigned dim = 0; dim < 3; ++dim)
      if (mask.attends->dependsOn(parts.queryDims[dim]) ||
          mask.decided->dependsOn(parts.queryDims[dim]))
        rows.push_back(parts.queryDims[dim]);
  }

  Value findMasked();

  /// The positions that the mask goes by, but for the key's.
  SmallVector<Expr> rows;

private:
  Value empty(ArrayRef<Expr> positions);
  Value foldKeys(Value initial, Expr condition, StringRef combiner);

  const AttentionParts &parts;
  const MaskedScore &mask;
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

/// For each row: `initial` combined with `condition` at each key. A tensor of
/// the keys' size, which is not read, says how many there are.
Value RowLoops::foldKeys(Value initial, Expr condition, StringRef combiner) {
  unsigned rank = rows.size();
  Value keys = empty(parts.keyDims[2]);
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
        OperationState combined(l, combiner, {x[1], emitter.emit(condition)},
                                nested.getI1Type());
        linalg::YieldOp::create(nested, l,
                                nested.create(combined)->getResults());
      });
  return generic.getResult(0);
}

/// For each row: whether a key attends, and all pairs are decided.
Value RowLoops::findMasked() {
  Value no = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
  Value none = linalg::FillOp::create(b, loc, no, empty(rows)).getResult(0);
  Value attended =
      foldKeys(none, mask.attends, arith::OrIOp::getOperationName());
  if (ExprContext::getBoolean(mask.decided) == true)
    return attended;
  return foldKeys(attended, mask.decided, arith::AndIOp::getOperationName());
}

Expr mlir::attn::recognize::rowHasKey(ExprContext &c,
                                      const AttentionParts &parts,
                                      Tables &tables, const MaskedScore &mask) {
  MLIRContext *context = c.getContext();
  Expr key = c.op(StringAttr::get(context, "attn.row_has_key"),
                  IntegerType::get(context, 1), {mask.attends, mask.decided},
                  DictionaryAttr::get(context));
  RowLoops loops(parts, mask);
  Value &table = tables[{key, parts.output.op->getBlock()}];
  if (!table)
    table = loops.findMasked();
  return c.read(table, loops.rows);
}
