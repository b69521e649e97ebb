//===- MaskReader.cpp - Reads the ops of a mask region --------------------===//
#include "MaskReader.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

/// Chains of definitions are followed this far: a stack is finite.
static constexpr unsigned maxDepth = 200;
static constexpr unsigned maxSymbols = 16;

MaskReader::MaskReader(AttentionOp original)
    : mask(original), op(mask.getOp()) {
  reading.context = op.getContext();
  const int64_t batch = op.getCanonicalDim(op.getQuery(), Batch);
  const int64_t heads = op.getCanonicalDim(op.getQuery(), Head);
  if (!ShapedType::isDynamic(batch))
    reading.batch = batch;
  if (!ShapedType::isDynamic(heads))
    reading.heads = heads;
  reading.symbols.resize(numMaskLengthSymbols);
  const auto lengthOf = [&](RankedTensorType type, DenseI64ArrayAttr layout,
                            unsigned symbol) {
    const int64_t size = getSize(type, getLayout(layout, 4), Sequence);
    if (!ShapedType::isDynamic(size))
      return getAffineConstantExpr(size, reading.context);
    reading.symbols[symbol].lower = 0;
    return getAffineSymbolExpr(symbol, reading.context);
  };
  reading.queryLength =
      lengthOf(cast<RankedTensorType>(op.getQuery().getType()),
               op.getQueryLayoutAttr(), MaskQueryLength);
  reading.keyLength = lengthOf(cast<RankedTensorType>(op.getKey().getType()),
                               op.getKeyLayoutAttr(), MaskKeyLength);
}

MaskReading MaskReader::read() {
  if (!op.getMask().empty())
    reading.predicate =
        readPredicate(op.getMask().front().getTerminator()->getOperand(0));
  return reading;
}

MaskReading attn::readMask(AttentionOp op) { return MaskReader(op).read(); }

bool MaskReader::variesInTile(Value value) {
  auto known = varying.find(value);
  if (known != varying.end())
    return known->second;
  bool varies = false;
  if (op.getMask().isAncestor(value.getParentRegion())) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      varies = argument.getArgNumber() >= MaskQuery;
    } else if (Operation *definition = value.getDefiningOp()) {
      // Regions inside may capture anything, and deep chains end here.
      varies = definition->getNumRegions() != 0 || depth >= maxDepth;
      ++depth;
      for (Value operand : definition->getOperands())
        varies = varies || variesInTile(operand);
      --depth;
    }
  }
  varying[value] = varies;
  return varies;
}

AffineExpr MaskReader::getSymbol(Value value, std::optional<int64_t> lower,
                                 std::optional<int64_t> upper) {
  AffineExpr &symbol = symbolOf[value];
  Value origin = mask.getOrigin(value);
  if (symbol || !origin || reading.symbols.size() >= maxSymbols)
    return symbol;
  symbol = getAffineSymbolExpr(reading.symbols.size(), reading.context);
  reading.symbols.push_back({origin, lower, upper});
  return symbol;
}

void MaskReader::noteNotUnderstood(Value value) {
  Value origin = mask.getOrigin(value);
  if (origin && !llvm::is_contained(reading.notUnderstood, origin))
    reading.notUnderstood.push_back(origin);
}

//===----------------------------------------------------------------------===//
// Indices
//===----------------------------------------------------------------------===//

std::optional<MaskValue> MaskReader::readArgument(Value value) {
  if (op.getMask().empty() || value.getParentBlock() != &op.getMask().front() ||
      !isa<BlockArgument>(value))
    return std::nullopt;
  return MaskValue(getAffineDimExpr(cast<BlockArgument>(value).getArgNumber(),
                                    reading.context));
}

/// Sq and Sk, however the program reads them; other sizes are at least 0.
std::optional<MaskValue> MaskReader::readLength(Operation *definition) {
  auto dim = dyn_cast<tensor::DimOp>(definition);
  if (!dim)
    return std::nullopt;
  const auto isSequence = [&](Value tensor, DenseI64ArrayAttr layout) {
    return dim.getSource() == tensor &&
           dim.getConstantIndex() ==
               getTensorDim(getLayout(layout, 4), Sequence);
  };
  if (isSequence(op.getQuery(), op.getQueryLayoutAttr()))
    return reading.queryLength;
  if (isSequence(op.getKey(), op.getKeyLayoutAttr()) ||
      isSequence(op.getValue(), op.getValueLayoutAttr()))
    return reading.keyLength;
  if (variesInTile(dim.getResult()))
    return std::nullopt;
  return MaskValue(getSymbol(dim.getResult(), 0));
}

MaskValue MaskReader::readIndex(Value value) {
  auto known = indices.find(value);
  if (known != indices.end())
    return known->second;
  MaskValue result;
  APInt constant;
  if (std::optional<MaskValue> position = readArgument(value)) {
    result = *position;
  } else if (matchPattern(value, m_ConstantInt(&constant))) {
    if (constant.getSignificantBits() <= 64)
      result = getAffineConstantExpr(constant.getSExtValue(), reading.context);
  } else if (Operation *definition = value.getDefiningOp();
             definition && depth < maxDepth && !value.getType().isInteger(1)) {
    ++depth;
    std::optional<MaskValue> length = readLength(definition);
    result = length ? *length : readIndexOp(definition);
    --depth;
    if (mayWrap(definition, result))
      result = MaskValue();
  }
  if (!result.isUnderstood() && !variesInTile(value))
    result = getSymbol(value);
  if (!result.isUnderstood())
    noteNotUnderstood(value);
  indices.insert({value, result});
  return result;
}

/// Every integer that `expr` may be, as far as lengths are static and symbols
/// have narrow types.
Interval MaskReader::getRange(AffineExpr expr) {
  const auto positions = [&](std::optional<int64_t> size) {
    return size ? Interval{0, std::max<int64_t>(*size - 1, 0)}
                : Interval{0, std::numeric_limits<int64_t>::max()};
  };
  const auto length = [](AffineExpr size) -> std::optional<int64_t> {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    return constant ? std::optional(constant.getValue()) : std::nullopt;
  };
  const Interval dims[] = {positions(reading.batch), positions(reading.heads),
                           positions(length(reading.queryLength)),
                           positions(length(reading.keyLength))};
  SmallVector<Interval> symbols;
  for (const MaskSymbol &symbol : reading.symbols)
    symbols.push_back(symbol.value ? getIntegersOf(symbol.value.getType())
                                   : positions(std::nullopt));
  return evaluate(expr, dims, symbols);
}

/// Whether a result narrower than 64 bits may not be the integer that was read.
/// Where the op says that it does not wrap, it is: otherwise it is poison.
bool MaskReader::mayWrap(Operation *definition, const MaskValue &result) {
  const Type type = definition->getResult(0).getType();
  if (type.isIndex() || type.isInteger(64))
    return false;
  auto flags = dyn_cast<arith::ArithIntegerOverflowFlagsInterface>(definition);
  if (flags && flags.hasNoSignedWrap())
    return false;
  const Interval all = getIntegersOf(type);
  return !llvm::all_of(result.getCases(), [&](const MaskValue::Case &part) {
    if (!part.expr)
      return true;
    const Interval range = getRange(part.expr);
    return all.low <= range.low && range.high <= all.high;
  });
}

MaskValue MaskReader::readIndexOp(Operation *definition) {
  using Expr = AffineExpr;
  const auto operand = [&](unsigned n) {
    return readIndex(definition->getOperand(n));
  };
  return llvm::TypeSwitch<Operation *, MaskValue>(definition)
      .Case<arith::AddIOp>([&](auto) {
        return MaskValue::combine(operand(0), operand(1),
                                  [](Expr a, Expr b) { return a + b; });
      })
      .Case<arith::SubIOp>([&](auto) {
        return MaskValue::combine(operand(0), operand(1),
                                  [](Expr a, Expr b) { return a - b; });
      })
      .Case<arith::MulIOp>([&](auto) {
        return MaskValue::combine(operand(0), operand(1), [](Expr a, Expr b) {
          constexpr int64_t largest = int64_t(1) << 20;
          if (isa<AffineConstantExpr>(a))
            std::swap(a, b);
          auto factor = dyn_cast<AffineConstantExpr>(b);
          const bool fits = factor && factor.getValue() <= largest &&
                            factor.getValue() >= -largest;
          return fits ? a * factor.getValue() : Expr();
        });
      })
      .Case<arith::FloorDivSIOp, arith::CeilDivSIOp, arith::DivSIOp,
            arith::RemSIOp, arith::DivUIOp, arith::RemUIOp>(
          [&](auto) { return readDivision(definition); })
      .Case<arith::MinSIOp, arith::MaxSIOp>(
          [&](auto) { return readMinMax(definition); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return MaskValue::select(readPredicate(select.getCondition()),
                                 operand(1), operand(2));
      })
      .Case<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>([&](auto) {
        // The integer stays what it is. (i1 would become -1.)
        return definition->getOperand(0).getType().isInteger(1) ? MaskValue()
                                                                : operand(0);
      })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](auto) {
        Value source = definition->getOperand(0);
        if (!source.getType().isInteger(1))
          return source.getType().isIndex() || source.getType().isInteger(64)
                     ? operand(0)
                     : readUnsigned(operand(0));
        const auto number = [&](int64_t n) {
          return MaskValue(getAffineConstantExpr(n, reading.context));
        };
        return MaskValue::select(readPredicate(source), number(1), number(0));
      })
      .Default([](Operation *) { return MaskValue(); });
}

/// As it is read without a sign: the same where it is not negative.
MaskValue MaskReader::readUnsigned(const MaskValue &value) {
  return isNeverNegative(value) ? value : MaskValue();
}

bool MaskReader::isNeverNegative(const MaskValue &value) {
  return llvm::all_of(value.getCases(), [&](const MaskValue::Case &part) {
    return !part.expr || getRange(part.expr).low >= 0;
  });
}

MaskValue MaskReader::readDivision(Operation *definition) {
  const MaskValue dividend = readIndex(definition->getOperand(0));
  const std::optional<int64_t> divisor =
      readIndex(definition->getOperand(1)).getConstant();
  if (!divisor || *divisor <= 0 || *divisor > (int64_t(1) << 30))
    return {};
  const auto on = [&](auto map) { return dividend.apply(map); };
  using Expr = AffineExpr;
  const int64_t c = *divisor;
  const auto floored = [c](Expr e) { return e.floorDiv(c); };
  const auto modulo = [c](Expr e) { return e % c; };
  if (isa<arith::FloorDivSIOp>(definition))
    return on(floored);
  if (isa<arith::CeilDivSIOp>(definition))
    return on([c](Expr e) { return e.ceilDiv(c); });
  // The others truncate, or read a negative dividend as a large one.
  const bool rest = isa<arith::RemSIOp, arith::RemUIOp>(definition);
  if (isNeverNegative(dividend))
    return rest ? on(modulo) : on(floored);
  const MaskPredicate positive = MaskValue::compare(
      dividend, MaskValue(getAffineConstantExpr(0, reading.context)),
      [](Expr e, Expr) { return MaskPredicate::atLeastZero(e); });
  MaskValue negative;
  if (isa<arith::DivSIOp>(definition))
    negative = on([c](Expr e) { return -((-e).floorDiv(c)); });
  else if (isa<arith::RemSIOp>(definition))
    negative = on([c](Expr e) { return -((-e) % c); });
  return MaskValue::select(positive, rest ? on(modulo) : on(floored), negative);
}

MaskValue MaskReader::readMinMax(Operation *definition) {
  const MaskValue a = readIndex(definition->getOperand(0));
  const MaskValue b = readIndex(definition->getOperand(1));
  const MaskPredicate larger =
      MaskValue::compare(a, b, [](AffineExpr x, AffineExpr y) {
        return MaskPredicate::atLeastZero(x - y);
      });
  return isa<arith::MaxSIOp>(definition) ? MaskValue::select(larger, a, b)
                                         : MaskValue::select(larger, b, a);
}
