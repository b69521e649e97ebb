//===- SameSegment.cpp - A query sees the keys of its document ------------===//
#include "PositionOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

/// query_segments[b, i] == key_segments[b, j] (D17).
Value SameSegmentOp::expand(OpBuilder &builder, ElementReader read) {
  Location loc = getLoc();
  ReadIndex batch{getBatch()};
  Value query = read(builder, loc, "query_segments", getQuerySegments(),
                     {batch, {getQuery()}});
  Value key =
      read(builder, loc, "key_segments", getKeySegments(), {batch, {getKey()}});
  return compare(builder, loc, arith::CmpIPredicate::eq, query, key);
}

LogicalResult SameSegmentOp::verify() {
  auto query = cast<RankedTensorType>(getQuerySegments().getType());
  auto key = cast<RankedTensorType>(getKeySegments().getType());
  if (query.getElementType() != key.getElementType())
    return emitOpError("expected query_segments and key_segments of one "
                       "element type, got ")
           << query.getElementType() << " and " << key.getElementType();
  if (failed(verifyCompatibleShape(query.getShape().take_front(),
                                   key.getShape().take_front())))
    return emitOpError("expected query_segments dimension 0 (batch) to equal "
                       "key_segments "
                       "dimension 0 (batch), got ")
           << query.getDimSize(0) << " and " << key.getDimSize(0);
  return success();
}
