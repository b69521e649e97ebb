//===- Window.cpp - A query sees the keys near its own --------------------===//
#include "PositionOps.h"

using namespace mlir;
using namespace mlir::attn;

/// p - left <= j <= p + right, -1 for no bound (D9). Distances are compared,
/// not sums: a bound may be near the largest integer.
Value WindowOp::expand(OpBuilder &builder, ElementReader) {
  Location loc = getLoc();
  Value position = addOffset(builder, loc, getQuery(), getOffset());
  Value inside;
  auto require = [&](Value from, Value to, int64_t bound) {
    if (bound < 0)
      return;
    Value distance = arith::SubIOp::create(builder, loc, from, to);
    Value near = compare(builder, loc, arith::CmpIPredicate::sle, distance,
                         constantIndex(builder, loc, bound));
    inside = inside ? arith::AndIOp::create(builder, loc, inside, near) : near;
  };
  require(position, getKey(), getLeft());
  require(getKey(), position, getRight());
  return inside ? inside : arith::ConstantIntOp::create(builder, loc, true, 1);
}

OpFoldResult WindowOp::fold(FoldAdaptor adaptor) {
  int64_t left = getLeft(), right = getRight();
  if (left < 0 && right < 0)
    return BoolAttr::get(getContext(), true);
  auto query = getFoldedIndex(adaptor.getQuery()),
       key = getFoldedIndex(adaptor.getKey());
  auto offset = getFoldedIndex(adaptor.getOffset(), bool(getOffset()));
  if (!query || !key || !offset)
    return {};
  int64_t position = *query + *offset;
  return BoolAttr::get(getContext(),
                       (left < 0 || position - left <= *key) &&
                           (right < 0 || *key <= position + right));
}

LogicalResult WindowOp::verify() {
  for (auto [name, bound] :
       {std::pair("left", getLeft()), {"right", getRight()}})
    if (static_cast<int64_t>(bound) < -1)
      return emitOpError("expected ")
             << name << " to be -1 (no bound) or more, got "
             << static_cast<int64_t>(bound);
  return success();
}
