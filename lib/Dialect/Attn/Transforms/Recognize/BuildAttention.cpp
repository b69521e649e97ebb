//===- BuildAttention.cpp - From parts to an attn.attention ---------------===//
#include "BuildAttention.h"
#include "Conjunctions.h"
#include "ConstantTables.h"
#include "Emitter.h"
#include "EmptyRows.h"
#include "attn/Analysis/MaskAnalysis.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "attn/Dialect/Attn/Utils/Building.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::recognize;

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

void AttentionBuilder::fillRegion(Region &region, bool hasScore,
                                  ArrayRef<Expr> results) {
  auto op = cast<AttentionOp>(region.getParentOp());
  OpBuilder::InsertionGuard guard(builder);
  Block &block = region.emplaceBlock();
  builder.setInsertionPointToEnd(&block);
  Emitter emitter(builder, loc, op.getScoreType(), op);
  if (hasScore)
    emitter.bind(parts.product, block.addArgument(op.getScoreType(), loc));
  const Dims &q = parts.queryDims;
  bool goesByHead =
      llvm::any_of(results, [&](Expr e) { return e->dependsOn(q[1]); }) ||
      llvm::any_of(parts.checks, [&](const RegionCheck &check) {
        return check.holds->dependsOn(q[1]);
      });
  for (Expr dim : {q[0], q[1], q[2], parts.keyDims[2]}) {
    Value position = block.addArgument(builder.getIndexType(), loc);
    if (!ExprContext::getInteger(dim))
      emitter.bind(dim,
                   dim == q[1] && goesByHead ? getHead(position) : position);
  }
  if (hasScore)
    emitter.useSoftcap();
  else
    emitter.usePredicates(q[0], q[2], parts.keyDims[2]);
  for (const RegionCheck &check : parts.checks)
    if (check.isScore == hasScore)
      cf::AssertOp::create(builder, loc, emitter.emit(check.holds),
                           check.message);
  SmallVector<Value> values;
  for (Expr result : results)
    values.push_back(emitter.emit(result));
  YieldOp::create(builder, loc, values);
}

/// Something that is read at a query and at a key.
void AttentionBuilder::findReadOfPairs(Expr expr) {
  DenseSet<Expr> seen;
  std::function<void(Expr)> visit = [&](Expr e) {
    if (e == parts.product || !seen.insert(e).second)
      return;
    auto goesBy = [&](Expr position, Expr other) {
      return llvm::any_of(e->operands, [&](Expr index) {
        return index->dependsOn(position) && !index->dependsOn(other);
      });
    };
    Expr query = parts.queryDims[2], key = parts.keyDims[2];
    if (e->isRead() && goesBy(query, key) && goesBy(key, query))
      readOfPairs = e->value;
    for (Expr operand : e->operands)
      visit(operand);
    for (const Term &term : e->terms)
      for (Expr atom : term.atoms)
        visit(atom);
  };
  visit(expr);
}

/// Whether the product is multiplied by something that is read, and no
/// constant: a scale for each head, as learned, is a constant.
bool AttentionBuilder::isScaledByData(Expr rest) {
  DenseMap<Expr, bool> product, reads;
  std::function<bool(Expr)> holdsProduct = [&](Expr e) {
    auto [known, isNew] = product.try_emplace(e, e == parts.product);
    if (!isNew || known->second)
      return known->second;
    bool holds = false;
    for (Expr operand : e->operands)
      holds |= holdsProduct(operand);
    return product[e] = holds;
  };
  std::function<bool(Expr)> readsFloats = [&](Expr e) {
    auto [known, isNew] =
        reads.try_emplace(e, e->isRead() && isa<FloatType>(e->type) &&
                                 !e->value.getDefiningOp<arith::ConstantOp>());
    if (!isNew || known->second)
      return known->second;
    bool found = llvm::any_of(e->operands, readsFloats);
    return reads[e] = found;
  };
  holdsProduct(rest);
  SmallVector<std::pair<Expr, bool>> all(product.begin(), product.end());
  for (auto [e, holds] : all) {
    if (!holds || e == parts.product ||
        (!e->is<arith::MulFOp>() && !e->is<arith::DivFOp>()))
      continue;
    for (Expr operand : e->operands)
      if (!holdsProduct(operand) && readsFloats(operand))
        return true;
  }
  return false;
}

/// A row that a guard empties must be empty anyway.
bool AttentionBuilder::checkGuards(const MaskedScore &score,
                                   bool &emptyRowsAreZero) {
  for (const Guard &guard : parts.guards) {
    if (guard.isNaN || ExprContext::getBoolean(guard.condition) == false)
      continue;
    RowCondition row =
        readRowCondition(r, guard.condition, score.attends, parts.keyDims[2]);
    emptyRowsAreZero |= row == RowCondition::IsEmpty;
    if (row != RowCondition::Unknown)
      continue;
    obstacle = "expected weights that are set to 0 only in rows where no key "
               "attends";
    return false;
  }
  if (parts.outputGuard) {
    RowCondition row = readRowCondition(r, parts.outputGuard->condition,
                                        score.attends, parts.keyDims[2]);
    outputGuardIsMask = row != RowCondition::Unknown;
    emptyRowsAreZero |= row == RowCondition::IsEmpty;
  }
  return true;
}

/// Of what is returned of scores, in the canonical order.
Type AttentionBuilder::getScoresType(ArrayRef<int64_t> outputShape) {
  SmallVector<int64_t> shape(outputShape);
  shape[3] = ExprContext::getInteger(getExtent(c, parts.keyDims[2]))
                 .value_or(ShapedType::kDynamic);
  return RankedTensorType::get(shape,
                               getElementTypeOrSelf(parts.returned.getType()));
}

AttentionOp AttentionBuilder::create(Expr attends, double scale, Expr rest,
                                     std::optional<ScoresResult> scores) {
  CaptureTables captures(r, parts, tables);
  attends = captures.capture(simplifyConjunction(c, attends));
  rest = captures.capture(rest);
  SmallVector<Expr> scoreResults{rest};
  if (scores && scores->intermediate)
    scoreResults.push_back(captures.capture(scores->intermediate));
  findReadOfPairs(attends);
  findReadOfPairs(rest);
  Type element = cast<RankedTensorType>(parts.output.op->getResult(0).getType())
                     .getElementType();
  SmallVector<int64_t> shape;
  for (Expr dim : {parts.queryDims[0], parts.queryDims[1], parts.queryDims[2],
                   parts.valueDims[3]})
    shape.push_back(ExprContext::getInteger(getExtent(c, dim))
                        .value_or(ShapedType::kDynamic));
  auto layout = [&](const Operand &operand) {
    return getLayoutAttr(builder.getContext(), operand.layout);
  };
  Value sink;
  if (parts.sink)
    sink = makeTensor(c, parts.sink, parts.queryDims[1], parts.output.op);
  Location whole =
      parts.places.empty() ? loc : builder.getFusedLoc(parts.places);
  auto op = AttentionOp::create(
      builder, whole, RankedTensorType::get(shape, element), Type(),
      scores ? getScoresType(shape) : Type(), query.tensor, key.tensor,
      value.tensor, sink, builder.getF64FloatAttr(scale), layout(query),
      layout(key), layout(value), DenseI64ArrayAttr(), DenseI64ArrayAttr(),
      DenseI64ArrayAttr(),
      scores ? ScoresStageAttr::get(builder.getContext(), scores->stage)
             : ScoresStageAttr());
  auto isChecked = [&](bool score) {
    return llvm::any_of(parts.checks, [&](const RegionCheck &check) {
      return check.isScore == score;
    });
  };
  if (rest != parts.product || scoreResults.size() > 1 || isChecked(true))
    fillRegion(op.getScore(), true, scoreResults);
  if (ExprContext::getBoolean(attends) != true || isChecked(false))
    fillRegion(op.getMask(), false, attends);
  return op;
}

/// Whether the sink is a constant beside which the least finite number is
/// nothing: a row without a key is 0 then.
bool AttentionBuilder::isSinkFinite() {
  if (!parts.sink)
    return false;
  if (std::optional<double> logit = ExprContext::getFloat(parts.sink))
    return *logit > -1e20;
  ElementsAttr attribute;
  if (!parts.sink->isRead() ||
      !matchPattern(parts.sink->value, m_Constant(&attribute)))
    return false;
  ConstantElements logits(attribute);
  return logits.isReadable() &&
         llvm::all_of(llvm::seq<uint64_t>(0, attribute.getNumElements()),
                      [&](uint64_t n) {
                        auto logit = dyn_cast<FloatAttr>(logits.get(n));
                        return logit && logit.getValueAsDouble() > -1e20;
                      });
}

AttentionOp AttentionBuilder::createMasked(bool lowestMasks) {
  MaskedScore score =
      kinds.mask ? splitMask(c, parts.score, lowestMasks)
                 : MaskedScore{c.boolean(true), parts.score, c.boolean(true)};
  // Data may hold what is neither kept nor masked.
  if (ExprContext::getBoolean(score.decided) != true)
    return {};
  ScaledScore scaled = splitScale(c, score.value, parts.product);
  if (isScaledByData(scaled.rest)) {
    obstacle = "expected a scale that does not depend on data";
    return {};
  }
  bool emptyRowsAreZero = false;
  if (!checkGuards(score, emptyRowsAreZero))
    return {};
  std::optional<ScoresResult> scores;
  if (parts.returned) {
    scores = readReturnedScores(r, parts, scaled, lowestMasks);
    if (!scores) {
      obstacle = "expected what is returned of the scores to be one for each "
                 "pair, computed from it alone, or the weights";
      return {};
    }
  }
  AttentionOp op = create(score.attends, parts.scale * factor * scaled.scale,
                          scaled.rest, scores);
  if (!lowestMasks || op.getMask().empty() || emptyRowsAreZero ||
      isSinkFinite())
    return op;
  // A row without a key is a mean of all values in the graph, not 0.
  if (MaskAnalysis(op, {64, 64}).noRowIsEmptyIfKeys())
    return op;
  op.erase();
  return {};
}

/// Whether a mask may leave tiles out: it is no tensor of all pairs alone.
bool AttentionBuilder::leavesKeysOut(Expr attends) {
  if (!attends->dependsOn(parts.keyDims[2]))
    return false;
  readOfPairs = {};
  findReadOfPairs(attends);
  return !readOfPairs || boundsKeys(attends, parts.keyDims[2]);
}

/// `masked` where `isMask`, else `whole`. Of a score and a bias, the bias is
/// what goes by `isMask`, and is computed once for each position.
static Expr selectScore(ExprContext &c, CaptureTables &captures, Expr isMask,
                        Expr masked, Expr whole) {
  if (!whole->is<arith::AddFOp>() || whole->operands[0] != masked)
    return c.select(isMask, masked, whole);
  Expr bias = c.select(isMask, c.floating(whole->type, 0), whole->operands[1]);
  Expr table = captures.tabulate(bias);
  return c.op<arith::AddFOp>(whole->type, {masked, table ? table : bias});
}

/// Where the least finite number masks, and whether a row has a key is known
/// only when it runs: a mask in rows that have one, and else the score as it
/// is.
AttentionOp AttentionBuilder::createInRowsWithKeys() {
  // An attention sets rows of NaN to 0 by itself; other guards are not asked.
  if (!kinds.mask || !llvm::all_of(parts.guards, [](const Guard &guard) {
        return guard.isNaN;
      }))
    return {};
  outputGuardIsMask = false;
  MaskedScore masked = splitMask(c, parts.score, /*lowestMasks=*/true);
  MaskedScore whole = splitMask(c, parts.score, /*lowestMasks=*/false);
  CaptureTables captures(r, parts, tables);
  for (Expr *condition : {&masked.attends, &masked.decided})
    *condition = captures.capture(simplifyConjunction(c, *condition));
  if (!leavesKeysOut(masked.attends))
    return {};
  Expr isMask = rowHasKey(c, parts, tables, masked);
  // Beside the least number nothing is left of a score: such a row is a mean.
  Expr other = isOneLowestWhereMasked(parts.score)
                   ? c.floating(whole.value->type, 0)
                   : whole.value;
  ScaledScore scaled = splitScale(
      c, selectScore(c, captures, isMask, masked.value, other), parts.product);
  if (isScaledByData(scaled.rest))
    return {};
  return create(c.andOf(whole.attends, c.orOf(c.notOf(isMask), masked.attends)),
                parts.scale * factor * scaled.scale, scaled.rest,
                /*scores=*/std::nullopt);
}

AttentionOp AttentionBuilder::build() {
  chooseOperands();
  AttentionOp op;
  if (hasLowest(parts.score))
    op = createMasked(/*lowestMasks=*/true);
  if (!op && obstacle.empty() && hasLowest(parts.score) && !parts.returned)
    op = createInRowsWithKeys();
  if (!op && obstacle.empty())
    op = createMasked(/*lowestMasks=*/false);
  if (!op)
    return {};
  Value result = reshapeOutput(op);
  parts.output.op->getResult(0).replaceAllUsesWith(result);
  if (outputGuardIsMask)
    parts.outputGuard->op->getResult(0).replaceAllUsesWith(result);
  if (parts.returned)
    replaceReturned(op);
  return op;
}
