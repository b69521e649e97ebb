//===- Prefix.cpp - Every query sees the first keys -----------------------===//
#include "PositionOps.h"

using namespace mlir;
using namespace mlir::attn;

/// j < length (D17).
Value PrefixOp::expand(OpBuilder &builder, ElementReader) {
  return compare(builder, getLoc(), arith::CmpIPredicate::slt, getKey(),
                 getLength());
}

OpFoldResult PrefixOp::fold(FoldAdaptor adaptor) {
  auto key = getFoldedIndex(adaptor.getKey()),
       length = getFoldedIndex(adaptor.getLength());
  if (length && *length <= 0)
    return BoolAttr::get(getContext(), false);
  if (!key || !length)
    return {};
  return BoolAttr::get(getContext(), *key < *length);
}
