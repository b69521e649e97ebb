//===- AttentionSteps.cpp - Softmax attention, step by step ---------------===//
#include "AttentionSteps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::attn;

static const Loop scoreLoops[] = {Loop::Batch, Loop::KvHead, Loop::Group,
                                  Loop::Query, Loop::Key};
static const Loop rowLoops[] = {Loop::Batch, Loop::KvHead, Loop::Group,
                                Loop::Query};

using Values = SmallVector<Value>;

static Loops getScoreLoopsAnd(Loop last) {
  Loops loops(std::begin(scoreLoops), std::end(scoreLoops));
  loops.push_back(last);
  return loops;
}

static Value minusInfinity(OpBuilder &builder, Location loc, Type type) {
  return constantFloat(builder, loc, type,
                       -std::numeric_limits<double>::infinity());
}

Value attn::isNotMinusInfinity(OpBuilder &builder, Location loc, Value value) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, value,
                               minusInfinity(builder, loc, value.getType()));
}

static Value selectOrZero(OpBuilder &builder, Location loc, Value condition,
                          Value value) {
  Value zero = constantFloat(builder, loc, value.getType(), 0);
  return arith::SelectOp::create(builder, loc, condition, value, zero);
}

/// exp(value - maximum) where `value` is not -inf, else 0.
Value attn::getRescale(OpBuilder &builder, Location loc, Value value,
                       Value maximum) {
  Value difference = arith::SubFOp::create(builder, loc, value, maximum);
  Value factor = math::ExpOp::create(builder, loc, difference);
  return selectOrZero(builder, loc, isNotMinusInfinity(builder, loc, value),
                      factor);
}

/// `value`, or the least positive number in place of what underflowed: its
/// product with an infinity is one. A NaN stays.
static Value keepPositive(OpBuilder &builder, Location loc, Value value) {
  auto type = cast<FloatType>(value.getType());
  APFloat smallest = APFloat::getSmallest(type.getFloatSemantics());
  Value least =
      arith::ConstantOp::create(builder, loc, FloatAttr::get(type, smallest));
  Value isLess = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                       value, least);
  return arith::SelectOp::create(builder, loc, isLess, least, value);
}

Value attn::getStateFactor(OpBuilder &builder, Location loc, Value maximum,
                           Value newMaximum) {
  Value factor =
      keepPositive(builder, loc, getRescale(builder, loc, maximum, newMaximum));
  return selectOrZero(builder, loc, isNotMinusInfinity(builder, loc, maximum),
                      factor);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value AttentionSteps::getScale(std::optional<double> scale) {
  OpBuilder &builder = loops.builder;
  Location loc = loops.loc;
  if (scale)
    return constantFloat(builder, loc, type, *scale);
  // Without features every product is 0, whatever multiplies it.
  Value features =
      arith::MaxUIOp::create(builder, loc, loops.getSize(Loop::Feature),
                             constantIndex(builder, loc, 1));
  Value wide = toF64(builder, loc, features);
  Value root = math::SqrtOp::create(builder, loc, wide);
  Value one = constantFloat(builder, loc, wide.getType(), 1);
  return convertFloat(builder, loc,
                      arith::DivFOp::create(builder, loc, one, root), type);
}

LoopTensor AttentionSteps::multiplyQueryKey(const LoopTensor &query,
                                            const LoopTensor &key) {
  Loops domain = getScoreLoopsAnd(Loop::Feature);
  return loops
      .generic(domain, {query, key}, loops.filled(scoreLoops, type, 0),
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 Value q = convertFloat(b, l, args[0], type);
                 Value k = convertFloat(b, l, args[1], type);
                 Value product = arith::MulFOp::create(b, l, q, k);
                 return {arith::AddFOp::create(b, l, args[2], product)};
               })
      .front();
}

Values AttentionSteps::getPositions(OpBuilder &builder, Location loc) {
  Loops domain = loops.selectLoops(scoreLoops);
  auto index = [&](Loop loop) -> Value {
    return linalg::IndexOp::create(builder, loc,
                                   llvm::find(domain, loop) - domain.begin());
  };
  Value head = index(Loop::KvHead);
  if (llvm::is_contained(domain, Loop::Group)) {
    Value group = loops.getSize(Loop::Group);
    head = arith::MulIOp::create(builder, loc, head, group);
    head = arith::AddIOp::create(builder, loc, head, index(Loop::Group));
  }
  return {index(Loop::Batch), head, index(Loop::Query), index(Loop::Key)};
}

Values AttentionSteps::inlineRegion(OpBuilder &builder, Location loc,
                                    Region &region, ValueRange first) {
  Values args(first);
  llvm::append_range(args, getPositions(builder, loc));
  IRMapping mapping;
  mapping.map(region.getArguments(), args);
  for (Operation &op : region.front().without_terminator())
    builder.clone(op, mapping);
  Values yields;
  for (Value value : region.front().getTerminator()->getOperands())
    yields.push_back(mapping.lookupOrDefault(value));
  return yields;
}

LoopTensor AttentionSteps::modifyScores(const LoopTensor &product, Value scale,
                                        Region &score, Region &mask,
                                        std::optional<ScoresRequest> &request) {
  SmallVector<LoopTensor> outs{product}; // in place
  if (request)
    outs.push_back(request->result);
  auto results = loops.generic(
      scoreLoops, {}, outs,
      [&](OpBuilder &b, Location l, ValueRange args) -> Values {
        Value scaled = arith::MulFOp::create(b, l, args[0], scale);
        Values modified{scaled};
        if (!score.empty())
          modified = inlineRegion(b, l, score, scaled);
        Value masked = modified.front();
        if (!mask.empty())
          masked = arith::SelectOp::create(b, l,
                                           inlineRegion(b, l, mask, {}).front(),
                                           masked, minusInfinity(b, l, type));
        if (!request)
          return {masked};
        Value stage = request->stage == ScoresStage::scaled ? scaled
                      : request->stage == ScoresStage::modified
                          ? masked
                          : modified.back();
        Type element = getElementTypeOrSelf(request->result.value.getType());
        return {masked, convertFloat(b, l, stage, element)};
      });
  if (request)
    request->result = results.back();
  return results.front();
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

LoopTensor AttentionSteps::reduceMaximum(const LoopTensor &masked,
                                         const LoopTensor &init) {
  return loops
      .generic(scoreLoops, masked, init,
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 return {arith::MaximumFOp::create(b, l, args[1], args[0])};
               })
      .front();
}

LoopTensor AttentionSteps::exponentiate(const LoopTensor &masked,
                                        const LoopTensor &maximum) {
  return loops
      .generic(scoreLoops, {masked, maximum}, loops.empty(scoreLoops, type),
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 return {getRescale(b, l, args[0], args[1])};
               })
      .front();
}

LoopTensor AttentionSteps::reduceSum(const LoopTensor &exponentials,
                                     const LoopTensor &init) {
  return loops
      .generic(scoreLoops, exponentials, init,
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 return {arith::AddFOp::create(b, l, args[1], args[0])};
               })
      .front();
}

LoopTensor AttentionSteps::normalize(const LoopTensor &exponentials,
                                     const LoopTensor &masked,
                                     const LoopTensor &sum, Region &prob,
                                     std::optional<ScoresRequest> &request) {
  SmallVector<LoopTensor> outs{exponentials}; // in place
  // Weights of one type and order are not written twice.
  bool isRequest =
      request && prob.empty() && request->result.loops == exponentials.loops &&
      request->result.value.getType() == exponentials.value.getType();
  if (request && !isRequest)
    outs.push_back(request->result);
  auto results = loops.generic(
      scoreLoops, {masked, sum}, outs,
      [&](OpBuilder &b, Location l, ValueRange args) -> Values {
        Value weight = arith::DivFOp::create(b, l, args[2], args[1]);
        Value attends = isNotMinusInfinity(b, l, args[0]);
        weight = selectOrZero(b, l, attends, weight);
        if (!prob.empty()) {
          weight = inlineRegion(b, l, prob, weight).front();
          weight = selectOrZero(b, l, attends, weight);
        }
        if (outs.size() == 1)
          return {weight};
        Type element = getElementTypeOrSelf(request->result.value.getType());
        return {weight, convertFloat(b, l, weight, element)};
      });
  if (request)
    request->result = results.back();
  return results.front();
}

LoopTensor AttentionSteps::getLogSumExp(const LoopTensor &maximum,
                                        const LoopTensor &sum,
                                        ArrayRef<Loop> result) {
  return loops
      .generic(rowLoops, {maximum, sum}, loops.empty(result, type),
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 Value log = math::LogOp::create(b, l, args[1]);
                 return {arith::AddFOp::create(b, l, args[0], log)};
               })
      .front();
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

LoopTensor AttentionSteps::addWeightedValues(const LoopTensor &weights,
                                             const LoopTensor &masked,
                                             const LoopTensor &value,
                                             const LoopTensor &init,
                                             Zeros zeros) {
  Loops domain = getScoreLoopsAnd(Loop::ValueFeature);
  return loops
      .generic(domain, {weights, masked, value}, init,
               [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                 Value v = convertFloat(b, l, args[2], type);
                 Value weight = zeros == Zeros::Underflows
                                    ? keepPositive(b, l, args[0])
                                    : args[0];
                 Value product = arith::MulFOp::create(b, l, weight, v);
                 Value term = selectOrZero(
                     b, l, isNotMinusInfinity(b, l, args[1]), product);
                 return {arith::AddFOp::create(b, l, args[3], term)};
               })
      .front();
}

Value AttentionSteps::areFinite(const LoopTensor &tensor) {
  LoopTensor largest =
      loops
          .generic(tensor.loops, tensor, loops.filled({}, type, 0),
                   [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                     Value size = math::AbsFOp::create(
                         b, l, convertFloat(b, l, args[0], type));
                     return {arith::MaximumFOp::create(b, l, args[1], size)};
                   })
          .front();
  OpBuilder &b = loops.builder;
  Location loc = loops.loc;
  Value infinity =
      constantFloat(b, loc, type, std::numeric_limits<double>::infinity());
  return arith::CmpFOp::create(
      b, loc, arith::CmpFPredicate::OLT,
      tensor::ExtractOp::create(b, loc, largest.value, ValueRange()), infinity);
}

LoopTensor AttentionSteps::multiplyWeightsValue(const LoopTensor &weights,
                                                const LoopTensor &masked,
                                                const LoopTensor &value,
                                                const LoopTensor &init,
                                                Zeros zeros) {
  OpBuilder &builder = loops.builder;
  auto yield = [&](const LoopTensor &tensor) {
    scf::YieldOp::create(builder, loops.loc, tensor.value);
  };
  OpBuilder::InsertionGuard guard(builder);
  auto branch = scf::IfOp::create(builder, loops.loc, init.value.getType(),
                                  areFinite(value), /*withElseRegion=*/true);
  builder.setInsertionPointToStart(branch.thenBlock());
  yield(loops
            .generic(getScoreLoopsAnd(Loop::ValueFeature), {weights, value},
                     init,
                     [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                       Value v = convertFloat(b, l, args[1], type);
                       Value product = arith::MulFOp::create(b, l, args[0], v);
                       return {arith::AddFOp::create(b, l, args[2], product)};
                     })
            .front());
  builder.setInsertionPointToStart(branch.elseBlock());
  yield(addWeightedValues(weights, masked, value, init, zeros));
  return {branch.getResult(0), init.loops};
}
