//===- Alibi.cpp - A linear bias of the distance --------------------------===//
#include "PositionOps.h"

using namespace mlir;
using namespace mlir::attn;

/// s + slopes[h] * (j - (i + offset)), or s - slopes[h] * |i + offset - j|
/// (D10).
Value AlibiOp::expand(OpBuilder &builder, ElementReader read) {
  Location loc = getLoc();
  Type type = getScore().getType();
  Value distance = getDistance(builder, loc, getQuery(), getKey(), getOffset());
  if (getAbsolute())
    distance = negate(builder, loc, absolute(builder, loc, distance));
  Value integer =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), distance);
  Value real = arith::SIToFPOp::create(builder, loc, type, integer);
  Value slope = read(builder, loc, "slopes", getSlopes(), {{getHead()}});
  slope = convertFloat(builder, loc, slope, type);
  Value bias = arith::MulFOp::create(builder, loc, slope, real);
  return arith::AddFOp::create(builder, loc, getScore(), bias);
}
