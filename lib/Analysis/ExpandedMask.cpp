//===- ExpandedMask.cpp - A mask as arith and reads -----------------------===//
#include "attn/Analysis/ExpandedMask.h"

using namespace mlir;
using namespace mlir::attn;

ExpandedMask::ExpandedMask(AttentionOp op) {
  IRMapping mapping;
  copy = cast<AttentionOp>(op->clone(mapping));
  for (auto [origin, value] : mapping.getValueMap())
    origins[value] = origin;
  expandPositionOps(copy.get(), [&](Value result, Value expanded) {
    origins.try_emplace(expanded, origins.lookup(result));
    origins.erase(result);
  });
}

Value ExpandedMask::getOrigin(Value value) {
  const bool isCaptured = !copy->getMask().isAncestor(value.getParentRegion());
  return isCaptured ? value : origins.lookup(value);
}
