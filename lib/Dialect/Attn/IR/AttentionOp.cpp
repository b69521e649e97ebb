//===- AttentionOp.cpp - Softmax attention: verifier, shapes --------------===//
#include "Assembly.h"
#include "Verify.h"
#include "mlir/Dialect/AMX/AMXDialect.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Accessors
//===----------------------------------------------------------------------===//

FloatType AttentionOp::getScoreType() {
  return getScoreTypeOf(
      {getQuery().getType(), getKey().getType(), getValue().getType()});
}

std::optional<double> AttentionOp::getStaticScale() {
  return getScaleOf(getScale(), getQuery(), getQueryLayoutAttr());
}

SmallVector<int64_t> AttentionOp::getLayoutOf(Value value) {
  if (value == getLse())
    return getLayout(getLseLayoutAttr(), 3);
  if (value == getScores())
    return getLayout(getScoresLayoutAttr(), 4);
  if (value == getOutput())
    return getLayout(getOutputLayoutAttr(), 4);
  // One value may be several operands; callers that care read the attributes.
  if (value == getQuery())
    return getLayout(getQueryLayoutAttr(), 4);
  return getLayout(
      value == getKey() ? getKeyLayoutAttr() : getValueLayoutAttr(), 4);
}

int64_t AttentionOp::getCanonicalDim(Value value, int64_t dim) {
  return getSize(cast<RankedTensorType>(value.getType()), getLayoutOf(value),
                 dim);
}

//===----------------------------------------------------------------------===//
// Verifier: the labels are those of docs/Spec.md
//===----------------------------------------------------------------------===//

static LogicalResult verifyLayouts(AttentionOp op) {
  return success(
      succeeded(verifyLayout(op, "query", op.getQueryLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "key", op.getKeyLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "value", op.getValueLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "output", op.getOutputLayoutAttr(), 4)) &&
      succeeded(verifyLayout(op, "lse", op.getLseLayoutAttr(), 3)) &&
      succeeded(verifyLayout(op, "scores", op.getScoresLayoutAttr(), 4)));
}

static LogicalResult verifyInputShapes(Operation *op, const NamedTensor &query,
                                       const NamedTensor &key,
                                       const NamedTensor &value) {
  return success(
      succeeded(verifySameSize(op, query, Batch, key, Batch)) &&       // C1
      succeeded(verifySameSize(op, query, Batch, value, Batch)) &&     // C1
      succeeded(verifySameSize(op, query, Feature, key, Feature)) &&   // C2
      succeeded(verifySameSize(op, key, Sequence, value, Sequence)) && // C3
      succeeded(verifySameSize(op, key, Head, value, Head)) &&         // C4
      succeeded(verifyHeadGroups(op, query, key)));                    // C5
}

static LogicalResult verifyOutputShapes(AttentionOp op,
                                        const NamedTensor &query,
                                        const NamedTensor &key,
                                        const NamedTensor &value) {
  NamedTensor output =
      makeNamed("output", op.getOutput(), op.getOutputLayoutAttr());
  for (int64_t dim : {Batch, Head, Sequence}) // C6
    if (failed(verifySameSize(op, output, dim, query, dim)))
      return failure();
  if (failed(verifySameSize(op, output, Feature, value, Feature))) // C7
    return failure();
  if (op.getLse()) { // C8
    NamedTensor lse = makeNamed("lse", op.getLse(), op.getLseLayoutAttr());
    if (lse.type.getElementType() != op.getScoreType())
      return op.emitOpError("expected lse elements of type ")
             << op.getScoreType() << ", got " << lse.type.getElementType();
    for (int64_t dim : {Batch, Head, Sequence})
      if (failed(verifySameSize(op, lse, dim, query, dim)))
        return failure();
  }
  if (op.getScores()) { // C9
    NamedTensor scores =
        makeNamed("scores", op.getScores(), op.getScoresLayoutAttr(), true);
    for (int64_t dim : {Batch, Head, Sequence})
      if (failed(verifySameSize(op, scores, dim, query, dim)))
        return failure();
    return verifySameSize(op, scores, Key, key, Sequence);
  }
  return success();
}

static LogicalResult verifyStage(AttentionOp op) { // C10
  if (bool(op.getScores()) != bool(op.getScoresStage()))
    return op.emitOpError(
               "expected a scores result and scores_stage together, got only ")
           << (op.getScores() ? "the result" : "the attribute");
  bool intermediate = op.getScoresStage() == ScoresStage::intermediate;
  bool second = !op.getScore().empty() &&
                op.getScore().front().getTerminator()->getNumOperands() == 2;
  if (intermediate && !second)
    return op.emitOpError(
        "expected the score region to yield two values for the "
        "intermediate stage, got one");
  return success();
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyLayouts(*this)) || failed(verifyScale(*this, getScale())))
    return failure();
  NamedTensor query = makeNamed("query", getQuery(), getQueryLayoutAttr());
  NamedTensor key = makeNamed("key", getKey(), getKeyLayoutAttr());
  NamedTensor value = makeNamed("value", getValue(), getValueLayoutAttr());
  if (failed(verifyInputShapes(*this, query, key, value)) ||
      failed(verifyOutputShapes(*this, query, key, value)))
    return failure();
  if (getSink()) { // C11
    NamedTensor sink = makeNamed("sink", getSink(), {});
    int64_t heads = query.size(Head), got = sink.type.getDimSize(0);
    if (!ShapedType::isDynamic(heads) && !ShapedType::isDynamic(got) &&
        heads != got)
      return emitOpError("expected sink dimension 0 to equal the number of "
                         "query heads ")
             << heads << ", got " << got;
  }
  Type score = getScoreType(), boolean = IntegerType::get(getContext(), 1);
  if (failed(
          verifyPositionRegion(*this, "score", getScore(), score, score, 2)) ||
      failed(verifyPositionRegion(*this, "mask", getMask(), {}, boolean)) ||
      failed(
          verifyPositionRegion(*this, "prob", getProb(), score, score))) // C12
    return failure();
  return verifyStage(*this);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &builder,
                               ReifiedRankedShapedTypeDims &shapes) {
  SmallVector<int64_t> query = getLayout(getQueryLayoutAttr(), 4);
  SmallVector<OpFoldResult> sizes; // B, Hq, Sq, Dv, Sk
  for (int64_t dim : {Batch, Head, Sequence})
    sizes.push_back(reifyDim(builder, getLoc(), getQuery(), query, dim));
  sizes.push_back(reifyDim(builder, getLoc(), getValue(),
                           getLayout(getValueLayoutAttr(), 4), Feature));
  sizes.push_back(reifyDim(builder, getLoc(), getKey(),
                           getLayout(getKeyLayoutAttr(), 4), Sequence));
  auto add = [&](Value result, DenseI64ArrayAttr attr, unsigned last) {
    if (!result)
      return;
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<OpFoldResult> shape;
    for (auto [p, dim] : llvm::enumerate(getLayout(attr, type.getRank())))
      shape.push_back(type.isDynamicDim(p) ? sizes[dim == Feature ? last : dim]
                                           : OpFoldResult(builder.getIndexAttr(
                                                 type.getDimSize(p))));
    for (auto [p, size] : llvm::enumerate(shape))
      if (type.isDynamicDim(p))
        size = getValueOrCreateConstantIndexOp(builder, getLoc(), size);
    shapes.push_back(std::move(shape));
  };
  add(getOutput(), getOutputLayoutAttr(), 3);
  add(getLse(), getLseLayoutAttr(), 3);
  add(getScores(), getScoresLayoutAttr(), 4);
  return success();
}

//===----------------------------------------------------------------------===//
// AttendOp shares the rules on its inputs
//===----------------------------------------------------------------------===//

FloatType AttendOp::getScoreType() {
  return cast<FloatType>(getElementTypeOrSelf(getAcc().getType()));
}

std::optional<double> AttendOp::getStaticScale() {
  return getScaleOf(getScale(), getQuery(), getQueryLayoutAttr());
}

SmallVector<int64_t> AttendOp::getLayoutOf(Value value) {
  if (value == getQuery())
    return getLayout(getQueryLayoutAttr(), 4);
  return getLayout(
      value == getKey() ? getKeyLayoutAttr() : getValueLayoutAttr(), 4);
}

LogicalResult AttendOp::verify() {
  if (failed(verifyTensorsOrMemRefs(*this)) ||
      failed(verifyLayout(*this, "query", getQueryLayoutAttr(), 4)) ||
      failed(verifyLayout(*this, "key", getKeyLayoutAttr(), 4)) ||
      failed(verifyLayout(*this, "value", getValueLayoutAttr(), 4)) ||
      failed(verifyScale(*this, getScale())))
    return failure();
  ValueRange results = isOnTensors() ? ValueRange(getWritten()) : ValueRange();
  if (getResultTypes() != results.getTypes())
    return emitOpError("expected results of the state's types on tensors, none "
                       "on memrefs, got ")
           << getResultTypes();
  NamedTensor query = makeNamed("query", getQuery(), getQueryLayoutAttr());
  NamedTensor key = makeNamed("key", getKey(), getKeyLayoutAttr());
  NamedTensor value = makeNamed("value", getValue(), getValueLayoutAttr());
  NamedTensor acc = makeNamed("acc", getAcc(), {}),
              max = makeNamed("max", getMax(), {});
  if (failed(verifyInputShapes(*this, query, key, value)))
    return failure();
  FloatType score = getScoreTypeOf({query.type, key.type, value.type});
  if (score != getScoreType() || max.type.getElementType() != score)
    return emitOpError("expected a state of ")
           << score << ", got " << getScoreType() << " and "
           << max.type.getElementType();
  for (int64_t dim : {Batch, Head, Sequence})
    if (failed(verifySameSize(*this, acc, dim, query, dim)) ||
        failed(verifySameSize(*this, max, dim, query, dim)))
      return failure();
  if (failed(verifySameSize(*this, acc, Feature, value, Feature)))
    return failure();
  Type boolean = IntegerType::get(getContext(), 1);
  return success(
      succeeded(
          verifyPositionRegion(*this, "score", getScore(), score, score)) &&
      succeeded(verifyPositionRegion(*this, "mask", getMask(), {}, boolean)));
}

/// On memrefs, inputs are read, the state is read and written; regions add what
/// they read.
void AttendOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (isOnTensors())
    return;
  for (OpOperand &operand : getOperation()->getOpOperands())
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
  for (OpOperand *state :
       {&getAccMutable(), &getMaxMutable(), &getSumMutable()})
    effects.emplace_back(MemoryEffects::Write::get(), state);
}

LogicalResult AttendOp::reifyResultShapes(OpBuilder &builder,
                                          ReifiedRankedShapedTypeDims &shapes) {
  if (!isOnTensors())
    return failure();
  for (Value state : getWritten())
    shapes.push_back(tensor::getMixedSizes(builder, getLoc(), state));
  return success();
}

#define GET_OP_CLASSES
#include "attn/Dialect/Attn/IR/AttnOps.cpp.inc"
