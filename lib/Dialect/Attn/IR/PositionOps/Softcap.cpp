//===- Softcap.cpp - Bounds a score smoothly ------------------------------===//
#include "PositionOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn;

/// cap * tanh(s / cap) (D7).
Value SoftcapOp::expand(OpBuilder &builder, ElementReader) {
  Location loc = getLoc();
  Value cap = constantFloat(builder, loc, getScore().getType(),
                            getCap().convertToDouble());
  Value ratio = arith::DivFOp::create(builder, loc, getScore(), cap);
  Value bounded = math::TanhOp::create(builder, loc, ratio);
  return arith::MulFOp::create(builder, loc, cap, bounded);
}

LogicalResult SoftcapOp::verify() {
  double cap = getCap().convertToDouble();
  if (getCap().isFinite() && cap > 0)
    return success();
  return emitOpError("expected a positive, finite cap, got ") << cap;
}
