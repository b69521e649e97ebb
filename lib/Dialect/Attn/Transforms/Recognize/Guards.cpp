//===- Guards.cpp - Rows that are set to 0 --------------------------------===//
#include "Guards.h"
#include "Conjunctions.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn::recognize;

/// `some`: a key that attends has it. The condition is that none has.
static RowCondition compareMasks(Expr attends, Expr some) {
  SmallVector<Expr> all, parts;
  collectConjuncts(attends, all);
  collectConjuncts(some, parts);
  for (Expr part : parts)
    if (!llvm::is_contained(all, part))
      return RowCondition::Unknown;
  return all.size() == parts.size() ? RowCondition::IsEmpty
                                    : RowCondition::ImpliesEmpty;
}

static bool isOneOf(const Reduction &reduction, ArrayRef<StringRef> names) {
  return llvm::is_contained(names, reduction.combiner.getValue());
}

/// A condition of one reduction; `holds` is its value.
static RowCondition readReduced(TensorReader &reader, Expr read, bool holds,
                                Expr attends, Expr key) {
  std::optional<Reduction> reduction = reader.readReduction(read, key);
  if (!reduction || !reduction->element->type.isInteger(1))
    return RowCondition::Unknown;
  Expr element = plain(reader, reduction->element);
  // none of them is true; all of them are true.
  if (!holds && isOneOf(*reduction, {"arith.ori", "arith.maxui", "arith.addi"}))
    return compareMasks(attends, element);
  if (holds && isOneOf(*reduction, {"arith.andi", "arith.minui", "arith.muli"}))
    return compareMasks(attends, reader.c.notOf(element));
  return RowCondition::Unknown;
}

/// A count of, or the largest of, integers that are 0 or 1 is 0.
static RowCondition readCount(TensorReader &reader, Expr read, Expr attends,
                              Expr key) {
  std::optional<Reduction> reduction = reader.readReduction(read, key);
  if (!reduction || !isWideInteger(reduction->element->type) ||
      !isOneOf(*reduction, {"arith.addi", "arith.maxsi"}))
    return RowCondition::Unknown;
  ExprContext &c = reader.c;
  Expr element = plain(reader, reduction->element);
  if (!c.isNeverNegative(element))
    return RowCondition::Unknown;
  return compareMasks(attends, c.notOf(c.isZero(element)));
}

/// Whether a comparison tells 0 from all numbers that are at least 1, and holds
/// for 0.
static bool isBelowOne(arith::CmpFPredicate predicate, double bound) {
  using P = arith::CmpFPredicate;
  switch (predicate) {
  case P::OEQ:
    return bound == 0;
  case P::OLE:
    return bound >= 0 && bound < 1;
  case P::OLT:
    return bound > 0 && bound <= 1;
  default:
    return false;
  }
}

/// A sum of floats that are each 0 or at least 1 is 0.
static RowCondition readFloatCount(TensorReader &reader, Expr condition,
                                   Expr attends, Expr key) {
  using P = arith::CmpFPredicate;
  ExprContext &c = reader.c;
  auto predicate = static_cast<P>(
      cast<IntegerAttr>(condition->attributes.get("predicate")).getInt());
  std::optional<double> bound = ExprContext::getFloat(condition->operands[1]);
  std::optional<Reduction> sum =
      reader.readReduction(condition->operands[0], key);
  if (!sum || !isOneOf(*sum, {"arith.addf"}) || !bound ||
      !isBelowOne(predicate, *bound) ||
      ExprContext::getFloat(sum->initial) != 0.0)
    return RowCondition::Unknown;
  Expr element = plain(reader, sum->element);
  auto compare = [&](P as, double with) {
    return c.compare(as, element, c.floating(element->type, with));
  };
  Expr counted = compare(P::OGE, 1);
  return c.notOf(counted) == compare(P::OEQ, 0) ? compareMasks(attends, counted)
                                                : RowCondition::Unknown;
}

/// The largest of the scores, or of what is added to them, is -inf.
static RowCondition readMaximum(TensorReader &reader, Expr condition,
                                Expr attends, Expr key) {
  auto predicate = static_cast<arith::CmpFPredicate>(
      cast<IntegerAttr>(condition->attributes.get("predicate")).getInt());
  std::optional<double> bound = ExprContext::getFloat(condition->operands[1]);
  bool equal = predicate == arith::CmpFPredicate::OEQ ||
               predicate == arith::CmpFPredicate::OLE;
  if (!bound || !(*bound <= -1e30) || !equal)
    return RowCondition::Unknown;
  std::optional<Reduction> reduction =
      reader.readReduction(condition->operands[0], key);
  if (!reduction || !isOneOf(*reduction, {"arith.maximumf", "arith.maxnumf"}))
    return RowCondition::Unknown;
  MaskedScore part = splitMask(reader.c, plain(reader, reduction->element),
                               /*lowestMasks=*/!std::isinf(*bound));
  if (ExprContext::getBoolean(part.decided) != true)
    return RowCondition::Unknown;
  return compareMasks(attends, part.attends);
}

RowCondition mlir::attn::recognize::readRowCondition(TensorReader &reader,
                                                     Expr condition,
                                                     Expr attends, Expr key) {
  auto recurse = [&](Expr e) {
    return readRowCondition(reader, e, attends, key);
  };
  if (condition->is<arith::OrIOp>()) {
    RowCondition a = recurse(condition->operands[0]),
                 b = recurse(condition->operands[1]);
    if (a == RowCondition::Unknown || b == RowCondition::Unknown)
      return RowCondition::Unknown;
    return std::max(a, b);
  }
  if (condition->is<arith::AndIOp>())
    for (Expr operand : condition->operands)
      if (recurse(operand) != RowCondition::Unknown)
        return RowCondition::ImpliesEmpty;
  if (condition->is<arith::XOrIOp>() &&
      ExprContext::getBoolean(condition->operands[1]) == true)
    return readReduced(reader, condition->operands[0], false, attends, key);
  if (condition->isRead())
    return readReduced(reader, condition, true, attends, key);
  if (condition->kind == Kind::IsZero && condition->operands[0]->isRead())
    return readCount(reader, condition->operands[0], attends, key);
  if (!condition->is<arith::CmpFOp>())
    return RowCondition::Unknown;
  RowCondition row = readMaximum(reader, condition, attends, key);
  return row == RowCondition::Unknown
             ? readFloatCount(reader, condition, attends, key)
             : row;
}
