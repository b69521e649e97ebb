//===- RegionEmitter.cpp - A mask region on emitted intervals -------------===//
#include "RegionEmitter.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

static constexpr unsigned maxDepth = 200;

RegionEmitter::RegionEmitter(AttentionOp original, TileSizes tile)
    : mask(original), op(mask.getOp()), tile(tile) {
  const int64_t sizes[] = {op.getCanonicalDim(op.getQuery(), Batch),
                           op.getCanonicalDim(op.getQuery(), Head),
                           op.getCanonicalDim(op.getQuery(), Sequence),
                           op.getCanonicalDim(op.getKey(), Sequence)};
  for (auto [range, size] : llvm::zip_equal(positionRange, sizes))
    range = {0, ShapedType::isDynamic(size) ? largestKnown
                                            : std::max<int64_t>(size - 1, 0)};
}

//===----------------------------------------------------------------------===//
// The two parts
//===----------------------------------------------------------------------===//

int64_t RegionEmitter::beginQueryTile(OpBuilder &b, Value batch, Value head,
                                      Value firstQuery, Value lastQuery) {
  builder = &b;
  count = 0;
  queryStage = keyStage = Stage();
  arith.emplace(b, op.getLoc(), count);
  uniform.emplace(op, batch, head);
  first[MaskBatch] = last[MaskBatch] = batch;
  first[MaskHead] = last[MaskHead] = head;
  first[MaskQuery] = firstQuery;
  last[MaskQuery] = tile.query == 1 ? firstQuery : lastQuery;
  inQueryPart = true;
  if (!op.getMask().empty())
    for (Operation &inner : op.getMask().front().without_terminator())
      emitQueryPart(inner);
  inQueryPart = false;
  return count;
}

TileLogic RegionEmitter::emit(OpBuilder &b, Value firstKey, Value lastKey) {
  builder = &b;
  count = 0;
  keyStage = Stage();
  arith.emplace(b, op.getLoc(), count);
  if (op.getMask().empty())
    return arith->certain(arith->truth(true));
  first[MaskKey] = firstKey;
  last[MaskKey] = tile.key == 1 ? firstKey : lastKey;
  return getLogic(op.getMask().front().getTerminator()->getOperand(0));
}

/// Results that do not depend on keys, and operands of those that do.
void RegionEmitter::emitQueryPart(Operation &inner) {
  const auto get = [&](Value value) {
    if (dependsOnKey(value))
      return;
    if (value.getType().isInteger(1))
      getLogic(value);
    else if (value.getType().isIntOrIndex())
      getNumber(value);
  };
  llvm::for_each(inner.getOperands(), get);
  llvm::for_each(inner.getResults(), get);
}

bool RegionEmitter::isInside(Value value) {
  return op.getMask().isAncestor(value.getParentRegion());
}

bool RegionEmitter::dependsOn(Value value, unsigned position,
                              DenseMap<Value, bool> &memo) {
  auto known = memo.find(value);
  if (known != memo.end())
    return known->second;
  bool depends = false;
  if (isInside(value)) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      depends = argument.getArgNumber() == position ||
                argument.getOwner() != &op.getMask().front();
    else {
      Operation *definition = value.getDefiningOp();
      // Regions inside may capture anything, and deep chains end here.
      depends = definition->getNumRegions() != 0 || depth >= maxDepth;
      ++depth;
      for (Value operand : definition->getOperands())
        depends = depends || dependsOn(operand, position, memo);
      --depth;
    }
  }
  memo[value] = depends;
  return depends;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

EmittedInterval RegionEmitter::getNumber(Value value) {
  for (const Stage *known : {&queryStage, &keyStage})
    if (auto found = known->numbers.find(value); found != known->numbers.end())
      return found->second;
  EmittedInterval result;
  if (depth < maxDepth) {
    ++depth;
    result = computeNumber(value);
    --depth;
  }
  stage().numbers[value] = result;
  return result;
}

EmittedInterval RegionEmitter::position(unsigned argument) {
  EmittedInterval number{
      first[argument], last[argument], {}, positionRange[argument], 0};
  if (argument < MaskQuery || number.isPoint())
    return number;
  number.grid = argument == MaskQuery ? tile.query : tile.key;
  number.span = number.grid - 1;
  return number;
}

EmittedInterval RegionEmitter::computeNumber(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    const bool fits = constant.getSignificantBits() <= 64 &&
                      std::abs(constant.getSExtValue() / 2) < largestKnown / 2;
    return fits ? arith->point(constant.getSExtValue()) : EmittedInterval();
  }
  if (!value.getType().isIntOrIndex())
    return {};
  if (isa<BlockArgument>(value) && isInside(value) &&
      value.getParentBlock() == &op.getMask().front())
    return position(cast<BlockArgument>(value).getArgNumber());
  EmittedInterval result;
  if (Operation *definition = value.getDefiningOp();
      definition && isInside(value)) {
    result = numberOp(definition);
    // Also with nsw: where a select hides poison, wrong ends would remain.
    result = arith->within(result, getIntegersOf(value.getType()));
  }
  if (!result.isKnown() && !dependsOnKey(value))
    if (std::optional<EmittedInterval> number = getUniformNumber(value))
      return *number;
  return result;
}

std::optional<EmittedInterval> RegionEmitter::getUniformNumber(Value value) {
  const std::optional<UniformValue> copied = uniform->get(*builder, value);
  if (!copied)
    return std::nullopt;
  EmittedInterval number{copied->value, copied->value, copied->valid, {}, 0};
  return toNumber(number, value.getType());
}

/// Elements of `type` as index values.
EmittedInterval RegionEmitter::toNumber(EmittedInterval elements, Type type) {
  if (!elements.isKnown())
    return {};
  auto integer = dyn_cast<IntegerType>(type);
  if (integer && integer.getWidth() > 64)
    return {};
  const auto cast = [&](Value element) -> Value {
    if (type.isIndex())
      return element;
    return arith->make<arith::IndexCastOp>(builder->getIndexType(), element);
  };
  const bool isPoint = elements.isPoint();
  elements.low = cast(elements.low);
  elements.high = isPoint ? elements.low : cast(elements.high);
  elements.range = getIntegersOf(type);
  elements.span = isPoint ? 0 : EmittedInterval::anySpan;
  return arith->within(elements, knownRange);
}

EmittedInterval RegionEmitter::numberOp(Operation *inner) {
  const auto operand = [&](unsigned n) {
    return getNumber(inner->getOperand(n));
  };
  return llvm::TypeSwitch<Operation *, EmittedInterval>(inner)
      .Case<arith::AddIOp>(
          [&](auto) { return arith->add(operand(0), operand(1)); })
      .Case<arith::SubIOp>(
          [&](auto) { return arith->subtract(operand(0), operand(1)); })
      .Case<arith::MulIOp>(
          [&](auto) { return arith->multiply(operand(0), operand(1)); })
      .Case<arith::MinSIOp>(
          [&](auto) { return arith->min(operand(0), operand(1)); })
      .Case<arith::MaxSIOp>(
          [&](auto) { return arith->max(operand(0), operand(1)); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return arith->select(getLogic(select.getCondition()), operand(1),
                             operand(2));
      })
      .Case<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp,
            arith::RemSIOp, arith::DivUIOp, arith::RemUIOp>(
          [&](auto) { return divide(inner); })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
          [&](auto) { return castUp(inner, /*isSigned=*/true); })
      .Case<arith::IndexCastUIOp, arith::ExtUIOp>(
          [&](auto) { return castUp(inner, /*isSigned=*/false); })
      .Case<tensor::ExtractOp>([&](tensor::ExtractOp extract) {
        return toNumber(readElement(extract), extract.getType());
      })
      .Default([](Operation *) { return EmittedInterval(); });
}

EmittedInterval RegionEmitter::castUp(Operation *inner, bool isSigned) {
  Value source = inner->getOperand(0);
  if (!source.getType().isInteger(1)) {
    const EmittedInterval number = getNumber(source);
    // Read without its sign, a negative number is a large one.
    return isSigned ? number
                    : arith->within(number,
                                    {0, std::numeric_limits<int64_t>::max()});
  }
  if (isSigned)
    return {};
  const TileLogic truth = getLogic(source);
  const auto number = [&](Value bit) {
    return arith->make<arith::IndexCastUIOp>(builder->getIndexType(), bit);
  };
  Value low = number(truth.all);
  const bool decided = truth.any == truth.all;
  return {low,
          decided ? low : number(truth.any),
          {},
          Interval::boolean(),
          decided ? 0 : 1};
}

EmittedInterval RegionEmitter::divide(Operation *inner) {
  const EmittedInterval divisor = getNumber(inner->getOperand(1));
  EmittedInterval dividend = getNumber(inner->getOperand(0));
  if (!dividend.isKnown() || !divisor.isKnown() || !divisor.range.isPoint() ||
      divisor.range.low <= 0)
    return {};
  const int64_t by = divisor.range.low;
  if (isa<arith::FloorDivSIOp>(inner))
    return arith->floorDivide(dividend, by);
  if (isa<arith::CeilDivSIOp>(inner))
    return arith->ceilDivide(dividend, by);
  if (isa<arith::DivSIOp>(inner))
    return arith->truncDivide(dividend, by);
  if (isa<arith::RemSIOp>(inner))
    return arith->truncModulo(dividend, by);
  dividend = arith->within(dividend, {0, std::numeric_limits<int64_t>::max()});
  return isa<arith::DivUIOp>(inner) ? arith->floorDivide(dividend, by)
                                    : arith->floorModulo(dividend, by);
}

//===----------------------------------------------------------------------===//
// Captured tensors
//===----------------------------------------------------------------------===//

EmittedInterval RegionEmitter::readElement(tensor::ExtractOp extract,
                                           arith::CmpFOp test) {
  // What the region itself computes has no table.
  if (isInside(extract.getTensor()))
    return {};
  Operation *key = test ? test.getOperation() : extract.getOperation();
  for (const Stage *known : {&queryStage, &keyStage})
    if (auto found = known->reads.find(key); found != known->reads.end())
      return found->second;
  const EmittedInterval result = readTable(extract, test);
  stage().reads[key] = result;
  return result;
}

/// How many elements a tile reads at these indices; saturates.
static int64_t countElements(ArrayRef<EmittedInterval> indices) {
  uint64_t elements = 1;
  for (const EmittedInterval &index : indices)
    elements = llvm::SaturatingMultiply(elements, uint64_t(index.span) + 1);
  return std::min(elements, uint64_t(EmittedInterval::anySpan));
}

EmittedInterval RegionEmitter::readTable(tensor::ExtractOp extract,
                                         arith::CmpFOp test) {
  SmallVector<EmittedInterval> indices;
  bool variesWithHead = false;
  for (Value index : extract.getIndices()) {
    indices.push_back(getNumber(index));
    variesWithHead |= dependsOn(index, MaskHead, headDependence);
  }
  const bool servesOnePair =
      variesWithHead && countElements(indices) >= tile.query * tile.key;
  return tables.read(*arith, *builder, op.getLoc(),
                     {extract.getTensor(), indices, test, servesOnePair});
}
