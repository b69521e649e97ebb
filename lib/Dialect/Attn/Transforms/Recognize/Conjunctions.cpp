//===- Conjunctions.cpp - What conditions say of each other ---------------===//
#include "Conjunctions.h"

using namespace mlir;
using namespace mlir::attn::recognize;

void mlir::attn::recognize::collectConjuncts(Expr condition,
                                             SmallVectorImpl<Expr> &parts) {
  if (condition->is<arith::AndIOp>())
    for (Expr operand : condition->operands)
      collectConjuncts(operand, parts);
  else if (ExprContext::getBoolean(condition) != true &&
           !llvm::is_contained(parts, condition))
    parts.push_back(condition);
}

/// The size that a step goes by: the step is 0 where `size - 1` is 0, else 1.
static Expr getStepBound(Expr step) {
  bool isStep = step->is<arith::SelectOp>() &&
                step->operands[0]->kind == Kind::IsZero &&
                ExprContext::getInteger(step->operands[1]) == 0 &&
                ExprContext::getInteger(step->operands[2]) == 1;
  return isStep ? step->operands[0]->operands[0] : nullptr;
}

namespace {
/// Simplifies where some sums are known not to be negative.
class UnderFacts {
public:
  UnderFacts(ExprContext &c, ArrayRef<Expr> facts) : c(c), facts(facts) {}

  Expr simplify(Expr expr) {
    return c.rewrite(expr, [&](Expr e) -> Expr {
      if (e->is<arith::MinSIOp>())
        return simplifyMinimum(e);
      return e->kind == Kind::Sum ? simplifySum(e) : nullptr;
    });
  }

private:
  bool isKnown(Expr sum) const { return llvm::is_contained(facts, sum); }

  Expr simplifyMinimum(Expr e) {
    Expr a = simplify(e->operands[0]), b = simplify(e->operands[1]);
    if (isKnown(c.sub(b, a)))
      return a;
    return isKnown(c.sub(a, b)) ? b : c.minimum(a, b);
  }

  /// 0 <= p <= size - 1: where size is 1, p is 0 as well.
  bool isStepOf(Expr step, Expr position) {
    Expr bound = getStepBound(step);
    return bound && position->kind == Kind::Position &&
           (isKnown(c.sub(bound, position)) ||
            isKnown(c.sub(c.sub(c.integer(0), bound), position)));
  }

  Expr simplifySum(Expr e) {
    Expr result = c.integer(0);
    for (const Term &term : e->terms) {
      SmallVector<Expr> atoms;
      for (Expr atom : term.atoms)
        atoms.push_back(simplify(atom));
      llvm::erase_if(atoms, [&](Expr atom) {
        return llvm::any_of(atoms, [&](Expr p) { return isStepOf(atom, p); });
      });
      Expr product = c.integer(term.coefficient);
      for (Expr atom : atoms)
        product = c.mul(product, atom);
      result = c.add(result, product);
    }
    return result;
  }

  ExprContext &c;
  ArrayRef<Expr> facts;
};
} // namespace

Expr mlir::attn::recognize::simplifyConjunction(ExprContext &c,
                                                Expr condition) {
  SmallVector<Expr> parts;
  collectConjuncts(condition, parts);
  Expr result = c.boolean(true);
  for (Expr part : parts) {
    SmallVector<Expr> facts;
    for (Expr other : parts)
      if (other != part && other->kind == Kind::AtLeastZero)
        facts.push_back(other->operands[0]);
    result = c.andOf(result, UnderFacts(c, facts).simplify(part));
  }
  return result;
}

static bool reads(Expr expr) {
  if (expr->isRead() || llvm::any_of(expr->operands, reads))
    return true;
  return llvm::any_of(expr->terms, [](const Term &term) {
    return llvm::any_of(term.atoms, reads);
  });
}

bool mlir::attn::recognize::boundsKeys(Expr condition, Expr key) {
  SmallVector<Expr> parts;
  collectConjuncts(condition, parts);
  return llvm::any_of(parts, [&](Expr part) {
    return part->kind == Kind::AtLeastZero && part->dependsOn(key) &&
           !reads(part);
  });
}
