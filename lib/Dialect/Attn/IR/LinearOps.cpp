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

template <typename Op> static LogicalResult verifyLinearLayouts(Op op) {
  return success(
      succeeded(verifyLayout(op, "query", op.getQueryLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "key", op.getKeyLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "value", op.getValueLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "output", op.getOutputLayoutAttr(), 4)));
}

/// decay iff gated, [B, Hkv, S] or [B, Hkv, S, dk]; beta iff delta, [B, Hkv,
/// S].
template <typename Op>
static LogicalResult verifyGates(Op op, const NamedTensor &key) {
  auto check = [&](StringRef name, Value gate, bool wanted,
                   int64_t maxRank) -> LogicalResult {
    if (bool(gate) != wanted)
      return op.emitOpError("expected ")
             << name << (wanted ? " with rule " : " to be absent with rule ")
             << stringifyLinearRule(op.getRule()) << ", got "
             << (gate ? "one" : "none");
    if (!gate)
      return success();
    NamedTensor named = makeNamed(name, gate, {});
    int64_t rank = named.type.getRank();
    if (rank < 3 || rank > maxRank)
      return op.emitOpError("expected ")
             << name << " of rank 3" << (maxRank == 4 ? " or 4" : "")
             << ", got " << rank;
    for (int64_t dim = 0; dim < rank; ++dim)
      if (failed(verifySameSize(op, named, dim, key, dim)))
        return failure();
    return success();
  };
  return success(succeeded(check("decay", op.getDecay(), op.isGated(), 4)) &&
                 succeeded(check("beta", op.getBeta(), op.isDelta(), 3)));
}

static LogicalResult verifyLinearState(Operation *op, StringRef name,
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
  return op->emitOpError("expected ")
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

/// The rules on query, key, value, output and gates.
template <typename Op>
static LogicalResult verifyLinear(Op op, const NamedTensor &key,
                                  const NamedTensor &value) {
  NamedTensor query =
      makeNamed("query", op.getQuery(), op.getQueryLayoutAttr());
  NamedTensor output =
      makeNamed("output", op.getOutput(), op.getOutputLayoutAttr());
  for (int64_t dim : {Batch, Sequence})
    if (failed(verifySameSize(op, query, dim, key, dim)) ||
        failed(verifySameSize(op, query, dim, value, dim)) ||
        failed(verifySameSize(op, output, dim, query, dim)))
      return failure();
  return success(
      succeeded(verifySameSize(op, query, Feature, key, Feature)) &&
      succeeded(verifySameSize(op, key, Head, value, Head)) &&
      succeeded(verifySameSize(op, output, Head, query, Head)) &&
      succeeded(verifySameSize(op, output, Feature, value, Feature)) &&
      succeeded(verifyHeadGroups(op, query, key)) &&
      succeeded(verifyGates(op, key)));
}

template <typename Op> static NamedTensor getKey(Op op) {
  return makeNamed("key", op.getKey(), op.getKeyLayoutAttr());
}

template <typename Op> static NamedTensor getValue(Op op) {
  return makeNamed("value", op.getValue(), op.getValueLayoutAttr());
}

LogicalResult LinearAttentionOp::verify() {
  if (failed(verifyLinearLayouts(*this)) ||
      failed(verifyScale(*this, getScale())))
    return failure();
  NamedTensor key = ::getKey(*this), value = ::getValue(*this);
  if (failed(verifyLinear(*this, key, value)))
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

//===----------------------------------------------------------------------===//
// LinearChunkOp
//===----------------------------------------------------------------------===//

FloatType LinearChunkOp::getScoreType() {
  return cast<FloatType>(getElementTypeOrSelf(getState().getType()));
}

std::optional<double> LinearChunkOp::getStaticScale() {
  return getScaleOf(getScale(), getQuery(), getQueryLayoutAttr());
}

LogicalResult LinearChunkOp::verify() {
  if (failed(verifyTensorsOrMemRefs(*this)) ||
      failed(verifyLinearLayouts(*this)) ||
      failed(verifyScale(*this, getScale())))
    return failure();
  NamedTensor key = ::getKey(*this), value = ::getValue(*this);
  for (int64_t dim : {Batch, Head})
    if (key.size(dim) != 1)
      return emitOpError("expected one batch and one key head, got key of ")
             << getKey().getType();
  if (failed(verifyLinear(*this, key, value)) ||
      failed(verifyLinearState(*this, "state", getState(), key, value)))
    return failure();
  Type expected = getScoreTypeOf(
      {makeNamed("query", getQuery(), {}).type, key.type, value.type});
  if (getScoreType() != expected)
    return emitOpError("expected a state of ")
           << expected << ", got " << getScoreType();
  if (!getStaticScale())
    return emitOpError("expected a scale, or a query of known features, got ")
           << getQuery().getType();
  return success();
}

void LinearChunkOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (hasPureTensorSemantics())
    return;
  for (OpOperand &operand : getOperation()->getOpOperands())
    if (&operand != &getOutputMutable())
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  for (OpOperand &written : getDpsInitsMutable())
    effects.emplace_back(MemoryEffects::Write::get(), &written);
}
