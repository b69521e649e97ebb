//===- PositionOps.cpp - Predicates and score modifiers: verifiers, folds -===//
#include "Verify.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

/// The index constant behind a folded operand; 0 for an absent offset.
static std::optional<int64_t> getConstant(Attribute attr, bool present = true) {
  if (!present)
    return 0;
  if (auto integer = dyn_cast_or_null<IntegerAttr>(attr))
    return integer.getInt();
  return std::nullopt;
}

OpFoldResult CausalOp::fold(FoldAdaptor adaptor) {
  auto query = getConstant(adaptor.getQuery()),
       key = getConstant(adaptor.getKey());
  auto offset = getConstant(adaptor.getOffset(), bool(getOffset()));
  if (!query || !key || !offset)
    return {};
  return BoolAttr::get(getContext(), *key <= *query + *offset);
}

OpFoldResult WindowOp::fold(FoldAdaptor adaptor) {
  int64_t left = getLeft(), right = getRight();
  if (left < 0 && right < 0)
    return BoolAttr::get(getContext(), true);
  auto query = getConstant(adaptor.getQuery()),
       key = getConstant(adaptor.getKey());
  auto offset = getConstant(adaptor.getOffset(), bool(getOffset()));
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

OpFoldResult PrefixOp::fold(FoldAdaptor adaptor) {
  auto key = getConstant(adaptor.getKey()),
       length = getConstant(adaptor.getLength());
  if (length && *length <= 0)
    return BoolAttr::get(getContext(), false);
  if (!key || !length)
    return {};
  return BoolAttr::get(getContext(), *key < *length);
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

LogicalResult BlockSparseOp::verify() {
  for (auto [name, block] : {std::pair("query_block", getQueryBlock()),
                             {"key_block", getKeyBlock()}})
    if (static_cast<int64_t>(block) <= 0)
      return emitOpError("expected ")
             << name << " to be positive, got " << static_cast<int64_t>(block);
  return success();
}

LogicalResult SoftcapOp::verify() {
  double cap = getCap().convertToDouble();
  if (getCap().isFinite() && cap > 0)
    return success();
  return emitOpError("expected a positive, finite cap, got ") << cap;
}

LogicalResult RelativePositionBiasOp::verify() {
  int64_t buckets = cast<RankedTensorType>(getTable().getType()).getDimSize(0);
  if (ShapedType::isDynamic(buckets))
    return emitOpError(
        "expected table dimension 0 (bucket) to be static, got ?");
  int64_t perSide = getBidirectional() ? buckets / 2 : buckets;
  if (perSide < 2 || (getBidirectional() && buckets % 2))
    return emitOpError("expected table dimension 0 (bucket) to be ")
           << (getBidirectional() ? "even and at least 4" : "at least 2")
           << ", got " << buckets;
  int64_t exact = perSide / 2, distance = getMaxDistance();
  if (distance <= exact)
    return emitOpError("expected max_distance above the ")
           << exact << " exact buckets, got " << distance;
  return success();
}
