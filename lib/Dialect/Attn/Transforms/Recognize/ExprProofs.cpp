//===- ExprProofs.cpp - What is known of integers -------------------------===//
#include "ExprTerms.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::attn::recognize;

void ExprContext::forgetProofs() {
  negations.clear();
  proofs.clear();
}

void ExprContext::assumeEqual(Expr a, Expr b) {
  auto isAtom = [](Expr e) {
    return e->kind == Kind::Size || e->kind == Kind::Scalar;
  };
  // The older one stands for both; a constant for a size.
  if (isAtom(b) && (!isAtom(a) || a->serial < b->serial))
    std::swap(a, b);
  if (a == b || !isAtom(a) || (!isAtom(b) && !getInteger(b)))
    return;
  forgetProofs();
  equal[a] = b;
  for (auto &[from, to] : equal)
    if (to == a)
      to = b;
}

/// The least value over all positions: those with a factor that is never
/// negative at 0, with one never positive at extent - 1. Null where neither is
/// known.
Expr ExprContext::eliminatePositions(Expr expr) {
  while (expr->positions) {
    Expr position = nullptr, storage;
    for (const Term &term : getTerms(expr, storage))
      for (Expr atom : term.atoms)
        if (atom->kind == Kind::Position)
          position = atom;
    if (!position)
      return nullptr;
    Expr factor = integer(0), rest = integer(0);
    for (const Term &term : getTerms(expr, storage)) {
      SmallVector<Expr> atoms(term.atoms);
      auto it = llvm::find(atoms, position);
      bool has = it != atoms.end();
      if (has)
        atoms.erase(it);
      Expr product = integer(term.coefficient);
      for (Expr atom : atoms) {
        if (has && atom->dependsOn(position))
          return nullptr;
        product = mul(product, atom);
      }
      if (!has && product->dependsOn(position))
        return nullptr;
      (has ? factor : rest) = add(has ? factor : rest, product);
    }
    if (isNeverNegative(factor))
      expr = rest;
    else if (isNeverNegative(sub(integer(0), factor)))
      expr = add(rest, mul(factor, sub(position->getExtent(), integer(1))));
    else
      return nullptr;
  }
  return expr;
}

void ExprContext::assumeNeverNegative(Expr sum) {
  if (getInteger(sum) || llvm::is_contained(facts, sum))
    return;
  forgetProofs();
  facts.push_back(sum);
}

void ExprContext::assumeAlways(Expr sum) {
  if (Expr least = eliminatePositions(sum))
    assumeNeverNegative(least);
}

bool ExprContext::isAtomNeverNegative(Expr atom) {
  if (atom->kind == Kind::Size || atom->kind == Kind::Position)
    return true;
  if (atom->kind != Kind::Op)
    return false;
  ArrayRef<Expr> x = atom->operands;
  if (atom->is<math::AbsIOp>())
    return true;
  if (atom->is<arith::FloorDivSIOp>())
    return isNeverNegative(x[0]) && isNeverNegative(x[1]);
  if (atom->is<arith::MinSIOp>())
    return isNeverNegative(x[0]) && isNeverNegative(x[1]);
  if (atom->is<arith::MaxSIOp>())
    return isNeverNegative(x[0]) || isNeverNegative(x[1]);
  if (atom->is<arith::SelectOp>())
    return isNeverNegative(x[1]) && isNeverNegative(x[2]);
  return false;
}

/// With sizes in `positive` written as 1 + something.
bool ExprContext::isSumOfNonNegatives(Expr expr, ArrayRef<Expr> positive) {
  if (!positive.empty()) {
    expr = rewrite(expr, [&](Expr e) -> Expr {
      if (llvm::is_contained(positive, e))
        return add(e, integer(1));
      return e->kind == Kind::Sum ? nullptr : e;
    });
  }
  Expr storage;
  for (const Term &term : getTerms(expr, storage)) {
    if (term.coefficient < 0)
      return false;
    for (Expr atom : term.atoms)
      if (!isAtomNeverNegative(atom))
        return false;
  }
  return true;
}

/// q - x floordiv n >= 0 where (q + 1) n > x.
bool ExprContext::isAboveQuotient(Expr expr) {
  Expr storage;
  for (const Term &term : getTerms(expr, storage)) {
    Expr quotient = term.atoms.size() == 1 ? term.atoms[0] : nullptr;
    if (term.coefficient != -1 || !quotient ||
        !quotient->is<arith::FloorDivSIOp>())
      continue;
    Expr divisor = quotient->operands[1];
    std::optional<int64_t> by = getInteger(divisor);
    Expr next = add(add(expr, quotient), integer(1));
    if (by && *by > 0 &&
        isNeverNegative(
            sub(sub(mul(next, divisor), quotient->operands[0]), integer(1))))
      return true;
  }
  return false;
}

/// A maximum is at least each of what it is of, a minimum at most.
static bool isAboveBound(ExprContext &c, Expr expr) {
  Expr storage;
  for (const Term &term : getTerms(expr, storage)) {
    Expr atom = term.atoms.size() == 1 ? term.atoms[0] : nullptr;
    if (!atom || !(term.coefficient > 0 ? atom->is<arith::MaxSIOp>()
                                        : atom->is<arith::MinSIOp>()))
      continue;
    for (Expr bound : atom->operands)
      if (c.isNeverNegative(c.add(expr, c.sub(bound, atom), term.coefficient)))
        return true;
  }
  return false;
}

/// The sizes that a position in `expr` has for its extent.
static void collectExtents(Expr expr, DenseSet<Expr> &seen,
                           SmallVectorImpl<Expr> &extents) {
  if (!expr->positions || !seen.insert(expr).second)
    return;
  if (expr->kind == Kind::Position && expr->getExtent()->kind == Kind::Size &&
      !llvm::is_contained(extents, expr->getExtent()))
    extents.push_back(expr->getExtent());
  for (Expr operand : expr->operands)
    collectExtents(operand, seen, extents);
  for (const Term &term : expr->terms)
    for (Expr atom : term.atoms)
      collectExtents(atom, seen, extents);
}

bool ExprContext::proveNeverNegative(Expr expr) {
  if (isSumOfNonNegatives(expr, {}))
    return true;
  if (Expr least = eliminatePositions(expr)) {
    // There is a position, so its extent is at least 1.
    SmallVector<Expr> positive;
    DenseSet<Expr> seen;
    collectExtents(expr, seen, positive);
    if (isSumOfNonNegatives(least, positive) ||
        llvm::any_of(facts, [&](Expr fact) {
          return isSumOfNonNegatives(sub(least, fact), positive);
        }))
      return true;
  }
  return isAboveQuotient(expr) || isAboveBound(*this, expr);
}

bool ExprContext::isNeverNegative(Expr expr) {
  if (std::optional<int64_t> value = getInteger(expr))
    return *value >= 0;
  if (proofDepth > 8)
    return false;
  auto known = proofs.find(expr);
  if (known != proofs.end() &&
      (known->second.holds || known->second.depth <= proofDepth))
    return known->second.holds;
  ++proofDepth;
  const bool holds = proveNeverNegative(expr);
  --proofDepth;
  proofs[expr] = {holds, proofDepth};
  return holds;
}
