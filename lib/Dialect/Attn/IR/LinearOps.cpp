//===- LinearOps.cpp - Linear attention: verifier and shapes --------------===//
#include "Assembly.h"
#include "Verify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

FloatType LinearAttentionOp::getScoreType() {
  return getScoreTypeOf(
      {getQuery().getType(), getKey().getType(), getValue().getType()});
}

std::optional<double> LinearAttentionOp::getStaticScale() {
  return getScaleOf(getScale(), getQuery(), getQueryLayoutAttr());
}

static LogicalResult verifyLinearLayouts(LinearAttentionOp op) {
  return success(
      succeeded(verifyLayout(op, "query", op.getQueryLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "key", op.getKeyLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "value", op.getValueLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "output", op.getOutputLayoutAttr(), 4)));
}

/// decay iff gated, [B, Hkv, S] or [B, Hkv, S, dk]; beta iff delta, [B, Hkv,
/// S].
static LogicalResult verifyGates(LinearAttentionOp op, const NamedTensor &key) {
  auto check = [&](StringRef name, Value gate, bool wanted,
                   int64_t maxRank) -> LogicalResult {
    if (bool(gate) != wanted)
      return op.emitOpError("expected ")
             << name << (wanted ? " with rule " : " to be absent with rule ")
             << stringifyLinearRule(op.getRule()) << ", got "
             << (gate ? "one" : "none");
    if (!gate)
      return success();
    auto type = cast<RankedTensorType>(gate.getType());
    if (type.getRank() < 3 || type.getRank() > maxRank)
      return op.emitOpError("expected ")
             << name << " of rank 3" << (maxRank == 4 ? " or 4" : "")
             << ", got " << type.getRank();
    NamedTensor named{name, type, getLayout({}, type.getRank())};
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (failed(verifySameSize(op, named, dim, key, dim)))
        return failure();
    return success();
  };
  return success(succeeded(check("decay", op.getDecay(), op.isGated(), 4)) &&
                 succeeded(check("beta", op.getBeta(), op.isDelta(), 3)));
}

static LogicalResult verifyLinearState(LinearAttentionOp op, StringRef name,
                                       Value value, const NamedTensor &key,
                                       const NamedTensor &v) {
  if (!value)
    return success();
  NamedTensor state = makeNamed(name, value, {});
  auto same = [&](int64_t dim, const NamedTensor &other, int64_t otherDim) {
    int64_t got = state.size(dim), expected = other.size(otherDim);
    return ShapedType::isDynamic(got) || ShapedType::isDynamic(expected) ||
           got == expected;
  };
  if (same(0, key, Batch) && same(1, key, Head) && same(2, key, Feature) &&
      same(3, v, Feature))
    return success();
  return op.emitOpError("expected ")
         << name << " of shape [batch, kv head, dk, dv] = [" << key.size(Batch)
         << ", " << key.size(Head) << ", " << key.size(Feature) << ", "
         << v.size(Feature) << "], got " << state.type;
}

/// D15: the present state has the past state's type; without one, the query's.
static LogicalResult verifyStateType(LinearAttentionOp op) {
  if (!op.getNewState())
    return success();
  Value source = op.getState() ? op.getState() : op.getQuery();
  Type expected = getElementTypeOrSelf(source.getType());
  Type got = getElementTypeOrSelf(op.getNewState().getType());
  if (expected == got)
    return success();
  return op.emitOpError("expected new_state of ")
         << (op.getState() ? "state" : "query") << "'s element type "
         << expected << ", got " << got;
}

LogicalResult LinearAttentionOp::verify() {
  if (failed(verifyLinearLayouts(*this)) ||
      failed(verifyScale(*this, getScale())))
    return failure();
  NamedTensor query = makeNamed("query", getQuery(), getQueryLayoutAttr());
  NamedTensor key = makeNamed("key", getKey(), getKeyLayoutAttr());
  NamedTensor value = makeNamed("value", getValue(), getValueLayoutAttr());
  NamedTensor output = makeNamed("output", getOutput(), getOutputLayoutAttr());
  for (int64_t dim : {Batch, Sequence})
    if (failed(verifySameSize(*this, query, dim, key, dim)) ||
        failed(verifySameSize(*this, query, dim, value, dim)) ||
        failed(verifySameSize(*this, output, dim, query, dim)))
      return failure();
  if (failed(verifySameSize(*this, query, Feature, key, Feature)) ||
      failed(verifySameSize(*this, key, Head, value, Head)) ||
      failed(verifySameSize(*this, output, Head, query, Head)) ||
      failed(verifySameSize(*this, output, Feature, value, Feature)) ||
      failed(verifyHeadGroups(*this, query, key)) ||
      failed(verifyGates(*this, key)))
    return failure();
  return success(
      succeeded(verifyLinearState(*this, "state", getState(), key, value)) &&
      succeeded(
          verifyLinearState(*this, "new_state", getNewState(), key, value)) &&
      succeeded(verifyStateType(*this)));
}

LogicalResult
LinearAttentionOp::reifyResultShapes(OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<int64_t> query = getLayout(getQueryLayoutAttr(), 4);
  SmallVector<int64_t> key = getLayout(getKeyLayoutAttr(), 4);
  SmallVector<int64_t> value = getLayout(getValueLayoutAttr(), 4);
  auto dim = [&](RankedTensorType type, int64_t p, Value source,
                 ArrayRef<int64_t> layout, int64_t canonical) -> OpFoldResult {
    if (!type.isDynamicDim(p))
      return builder.getIndexAttr(type.getDimSize(p));
    return builder.createOrFold<tensor::DimOp>(getLoc(), source,
                                               getTensorDim(layout, canonical));
  };
  auto type = cast<RankedTensorType>(getOutput().getType());
  SmallVector<OpFoldResult> shape;
  for (auto [p, canonical] :
       llvm::enumerate(getLayout(getOutputLayoutAttr(), 4)))
    shape.push_back(canonical == Feature
                        ? dim(type, p, getValue(), value, Feature)
                        : dim(type, p, getQuery(), query, canonical));
  shapes.push_back(shape);
  if (!getNewState())
    return success();
  auto state = cast<RankedTensorType>(getNewState().getType());
  shapes.push_back({dim(state, 0, getKey(), key, Batch),
                    dim(state, 1, getKey(), key, Head),
                    dim(state, 2, getKey(), key, Feature),
                    dim(state, 3, getValue(), value, Feature)});
  return success();
}
