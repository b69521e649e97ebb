//===- PositionOps.cpp - Predicates of the dialect as expressions ---------===//
#include "TensorReader.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

static Expr readWindow(ExprContext &c, WindowOp op, ArrayRef<Expr> x) {
  Expr position = x.size() > 2 ? c.add(x[0], x[2]) : x[0];
  Expr result = c.boolean(true);
  int64_t left = op.getLeft(), right = op.getRight();
  if (left >= 0)
    result = c.atLeastZero(c.add(c.sub(x[1], position), c.integer(left)));
  if (right >= 0)
    result = c.andOf(
        result, c.atLeastZero(c.add(c.sub(position, x[1]), c.integer(right))));
  return result;
}

static Expr readSoftcap(ExprContext &c, SoftcapOp op, Expr score) {
  Expr cap = c.floating(op.getType(), op.getCap().convertToDouble());
  Expr ratio = c.op<arith::DivFOp>(op.getType(), {score, cap});
  Expr bounded = c.op<math::TanhOp>(op.getType(), ratio);
  return c.op<arith::MulFOp>(op.getType(), {bounded, cap});
}

/// D7 to D9, D17.
Expr TensorReader::evaluatePositionOp(Operation *op, ArrayRef<Expr> x) {
  if (isa<CausalOp>(op)) {
    Expr limit = x.size() > 2 ? c.add(x[0], x[2]) : x[0];
    return c.atLeastZero(c.sub(limit, x[1]));
  }
  if (auto window = dyn_cast<WindowOp>(op))
    return readWindow(c, window, x);
  if (isa<PrefixOp>(op))
    return c.atLeastZero(c.sub(c.sub(x[1], x[0]), c.integer(1)));
  if (auto softcap = dyn_cast<SoftcapOp>(op))
    return readSoftcap(c, softcap, x[0]);
  auto segments = cast<SameSegmentOp>(op);
  Expr rows = c.read(segments.getQuerySegments(), {x[2], x[3]});
  Expr columns = c.read(segments.getKeySegments(), {x[2], x[4]});
  if (!isWideInteger(rows->type) || !isWideInteger(columns->type))
    return nullptr;
  return c.isZero(c.sub(rows, columns));
}
