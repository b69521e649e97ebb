//===- Causal.cpp - A query sees the keys up to its own -------------------===//
#include "PositionOps.h"

using namespace mlir;
using namespace mlir::attn;

/// j <= i + offset (D8).
Value CausalOp::expand(OpBuilder &builder, ElementReader) {
  Value position = addOffset(builder, getLoc(), getQuery(), getOffset());
  return compare(builder, getLoc(), arith::CmpIPredicate::sle, getKey(),
                 position);
}

OpFoldResult CausalOp::fold(FoldAdaptor adaptor) {
  auto query = getFoldedIndex(adaptor.getQuery()),
       key = getFoldedIndex(adaptor.getKey());
  auto offset = getFoldedIndex(adaptor.getOffset(), bool(getOffset()));
  if (!query || !key || !offset)
    return {};
  return BoolAttr::get(getContext(), *key <= *query + *offset);
}
