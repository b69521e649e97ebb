//===- MaskReaderPredicates.cpp - Reads what is true or false -------------===//
#include "MaskReader.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

MaskPredicate MaskReader::readPredicate(Value value) {
  auto known = predicates.find(value);
  if (known != predicates.end())
    return known->second;
  MaskPredicate result = MaskPredicate::unknown();
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    result = MaskPredicate::constant(!constant.isZero());
  } else if (Operation *definition = value.getDefiningOp();
             definition && depth < 200) {
    ++depth;
    result = readPredicateOp(definition);
    --depth;
  }
  // A flag that is the same for all pairs is a symbol that is 0 or 1.
  if (result.hasUnknown() && !variesInTile(value))
    if (AffineExpr symbol = getSymbol(value, 0, 1))
      result = MaskPredicate::atLeastZero(symbol - 1);
  if (result.getKind() == MaskPredicate::Kind::Unknown)
    noteNotUnderstood(value);
  predicates.insert({value, result});
  return result;
}

MaskPredicate MaskReader::readPredicateOp(Operation *definition) {
  const auto operand = [&](unsigned n) {
    return readPredicate(definition->getOperand(n));
  };
  return llvm::TypeSwitch<Operation *, MaskPredicate>(definition)
      .Case<arith::AndIOp>([&](auto) { return operand(0) && operand(1); })
      .Case<arith::OrIOp>([&](auto) { return operand(0) || operand(1); })
      .Case<arith::XOrIOp>([&](auto) {
        const MaskPredicate a = operand(0), b = operand(1);
        return (a && !b) || (!a && b);
      })
      .Case<arith::SelectOp>([&](auto) {
        const MaskPredicate condition = operand(0);
        return (condition && operand(1)) || (!condition && operand(2));
      })
      .Case<arith::CmpIOp>([&](auto) { return readCompare(definition); })
      .Default([](Operation *) { return MaskPredicate::unknown(); });
}

/// a - b, term by term: what is equal is one expression, `0 - (j - i)` and
/// `i - j`, so that parts of a union are seen to lie in others.
static AffineExpr subtract(AffineExpr a, AffineExpr b) {
  if (b.getKind() != AffineExprKind::Add)
    return a - b;
  auto sum = cast<AffineBinaryOpExpr>(b);
  return subtract(subtract(a, sum.getRHS()), sum.getLHS());
}

static MaskPredicate compareExprs(arith::CmpIPredicate predicate, AffineExpr a,
                                  AffineExpr b) {
  using P = arith::CmpIPredicate;
  const auto atLeast = [](AffineExpr x, AffineExpr y) {
    return MaskPredicate::atLeastZero(subtract(x, y));
  };
  const auto negative = [](AffineExpr e) {
    return MaskPredicate::atLeastZero(-e - 1);
  };
  switch (predicate) {
  case P::eq:
    return MaskPredicate::zero(a - b);
  case P::ne:
    return !MaskPredicate::zero(a - b);
  case P::sge:
    return atLeast(a, b);
  case P::sgt:
    return atLeast(a, b + 1);
  case P::sle:
    return atLeast(b, a);
  case P::slt:
    return atLeast(b, a + 1);
  // As unsigned numbers, negative ones come after all others.
  case P::uge:
    return (negative(a) && !negative(b)) ||
           (atLeast(a, b) && (negative(a) || !negative(b)));
  case P::ule:
    return compareExprs(P::uge, b, a);
  case P::ugt:
    return !compareExprs(P::uge, b, a);
  case P::ult:
    return !compareExprs(P::uge, a, b);
  }
  llvm_unreachable("all predicates are handled");
}

MaskPredicate MaskReader::readCompare(Operation *definition) {
  auto compare = cast<arith::CmpIOp>(definition);
  const arith::CmpIPredicate kind = compare.getPredicate();
  if (compare.getLhs().getType().isInteger(1)) {
    const MaskPredicate a = readPredicate(compare.getLhs());
    const MaskPredicate b = readPredicate(compare.getRhs());
    if (kind == arith::CmpIPredicate::eq)
      return (a && b) || (!a && !b);
    if (kind == arith::CmpIPredicate::ne)
      return (a && !b) || (!a && b);
    return MaskPredicate::unknown();
  }
  const MaskValue a = readIndex(compare.getLhs());
  const MaskValue b = readIndex(compare.getRhs());
  return MaskValue::compare(a, b, [kind](AffineExpr x, AffineExpr y) {
    return compareExprs(kind, x, y);
  });
}
