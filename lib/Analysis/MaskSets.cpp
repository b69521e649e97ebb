//===- MaskSets.cpp - Masks as unions of convex sets ----------------------===//
#include "attn/Analysis/MaskSets.h"
#include "mlir/Analysis/FlatLinearValueConstraints.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::presburger;

using Kind = MaskPredicate::Kind;

//===----------------------------------------------------------------------===//
// Predicates as unions
//===----------------------------------------------------------------------===//

static bool isSubset(ArrayRef<AffineExpr> few, ArrayRef<AffineExpr> many) {
  return llvm::all_of(
      few, [&](AffineExpr expr) { return llvm::is_contained(many, expr); });
}

/// Whether `a` has all constraints of `b`, so that it is within it.
static bool isObviouslyWithin(const MaskConjunction &a,
                              const MaskConjunction &b) {
  return isSubset(b.atLeastZero, a.atLeastZero) && isSubset(b.zero, a.zero);
}

static void addPart(MaskUnion &result, MaskConjunction part) {
  for (const MaskConjunction &other : result.parts)
    if (isObviouslyWithin(part, other))
      return;
  llvm::erase_if(result.parts, [&](const MaskConjunction &other) {
    return isObviouslyWithin(other, part);
  });
  result.parts.push_back(std::move(part));
}

/// Tells `e >= 0 and -e - 1 - c >= 0`, c >= 0, by adding the two.
static bool isObviouslyEmpty(const MaskConjunction &part) {
  for (auto [n, a] : llvm::enumerate(part.atLeastZero))
    for (AffineExpr b : ArrayRef(part.atLeastZero).drop_front(n + 1))
      if (auto sum = dyn_cast<AffineConstantExpr>(a + b);
          sum && sum.getValue() < 0)
        return true;
  return false;
}

static unsigned countDivisions(const MaskConjunction &part) {
  llvm::DenseSet<AffineExpr> divisions;
  const auto count = [&](AffineExpr whole) {
    whole.walk([&](AffineExpr expr) {
      if (expr.getKind() == AffineExprKind::Mod ||
          expr.getKind() == AffineExprKind::FloorDiv ||
          expr.getKind() == AffineExprKind::CeilDiv)
        divisions.insert(expr);
    });
  };
  llvm::for_each(part.atLeastZero, count);
  llvm::for_each(part.zero, count);
  return divisions.size();
}

namespace {

class UnionBuilder {
public:
  UnionBuilder(MaskBound bound, const MaskLimits &limits)
      : bound(bound), limits(limits) {}

  MaskUnion build(const MaskPredicate &predicate) {
    switch (predicate.getKind()) {
    case Kind::False:
      return {};
    case Kind::True:
      return {{MaskConjunction()}, true};
    case Kind::Unknown:
      return giveUp();
    case Kind::AtLeastZero:
      return {{{{predicate.getExpr()}, {}}}, true};
    case Kind::Zero:
      return {{{{}, {predicate.getExpr()}}}, true};
    case Kind::NonZero:
      return {
          {{{predicate.getExpr() - 1}, {}}, {{-predicate.getExpr() - 1}, {}}},
          true};
    case Kind::And:
      return both(build(predicate.getLhs()), build(predicate.getRhs()));
    case Kind::Or:
      return either(build(predicate.getLhs()), build(predicate.getRhs()));
    }
    llvm_unreachable("all kinds are handled");
  }

private:
  MaskUnion giveUp() const {
    if (bound == MaskBound::Over)
      return {{MaskConjunction()}, false};
    return {{}, false};
  }

  MaskUnion either(MaskUnion lhs, const MaskUnion &rhs) const {
    lhs.exact &= rhs.exact;
    for (const MaskConjunction &part : rhs.parts)
      addPart(lhs, part);
    return limited(std::move(lhs));
  }

  MaskUnion both(const MaskUnion &lhs, const MaskUnion &rhs) const {
    MaskUnion result{{}, lhs.exact && rhs.exact};
    for (const MaskConjunction &a : lhs.parts)
      for (const MaskConjunction &b : rhs.parts) {
        MaskConjunction part = a;
        append(part.atLeastZero, b.atLeastZero);
        append(part.zero, b.zero);
        if (isObviouslyEmpty(part))
          continue;
        if (isWithinLimits(part)) {
          addPart(result, std::move(part));
          continue;
        }
        // One factor alone is an upper bound, nothing is a lower one.
        result.exact = false;
        if (bound == MaskBound::Over)
          addPart(result, a);
      }
    if (result.parts.size() > limits.conjunctions && bound == MaskBound::Over)
      return {lhs.parts.size() <= rhs.parts.size() ? lhs.parts : rhs.parts,
              false};
    return limited(std::move(result));
  }

  bool isWithinLimits(const MaskConjunction &part) const {
    return part.atLeastZero.size() + part.zero.size() <= limits.constraints &&
           countDivisions(part) <= limits.divisions;
  }

  MaskUnion limited(MaskUnion result) const {
    if (result.parts.size() <= limits.conjunctions)
      return result;
    if (bound == MaskBound::Over)
      return giveUp();
    result.parts.resize(limits.conjunctions);
    result.exact = false;
    return result;
  }

  static void append(SmallVector<AffineExpr> &to, ArrayRef<AffineExpr> from) {
    for (AffineExpr expr : from)
      if (!llvm::is_contained(to, expr))
        to.push_back(expr);
  }

  MaskBound bound;
  MaskLimits limits;
};

} // namespace

MaskUnion attn::getMaskUnion(const MaskPredicate &predicate, MaskBound bound,
                             const MaskLimits &limits) {
  return UnionBuilder(bound, limits).build(predicate);
}

//===----------------------------------------------------------------------===//
// Unions as Presburger sets
//===----------------------------------------------------------------------===//

IntegerPolyhedron attn::getPolyhedron(const MaskConjunction &part,
                                      ArrayRef<AffineExpr> domain,
                                      unsigned numDims, unsigned numSymbols,
                                      MLIRContext *mlirContext) {
  SmallVector<AffineExpr> constraints(part.atLeastZero);
  llvm::append_range(constraints, domain);
  SmallVector<bool> equal(constraints.size(), false);
  llvm::append_range(constraints, part.zero);
  equal.resize(constraints.size(), true);
  if (constraints.empty()) {
    constraints.push_back(getAffineConstantExpr(0, mlirContext));
    equal.push_back(true);
  }
  const IntegerSet set =
      IntegerSet::get(numDims, numSymbols, constraints, equal);
  // Without the identities of values that the flat form carries.
  const FlatLinearValueConstraints flat(set);
  IntegerPolyhedron result(PresburgerSpace::getSetSpace(
      numDims, numSymbols, flat.getNumLocalVars()));
  for (unsigned n = 0; n < flat.getNumInequalities(); ++n)
    result.addInequality(flat.getInequality(n));
  for (unsigned n = 0; n < flat.getNumEqualities(); ++n)
    result.addEquality(flat.getEquality(n));
  return result;
}

PresburgerSet attn::getPresburgerSet(const MaskUnion &mask,
                                     ArrayRef<AffineExpr> domain,
                                     unsigned numDims, unsigned numSymbols,
                                     MLIRContext *mlirContext) {
  PresburgerSet result = PresburgerSet::getEmpty(
      PresburgerSpace::getSetSpace(numDims, numSymbols));
  for (const MaskConjunction &part : mask.parts)
    result.unionInPlace(
        getPolyhedron(part, domain, numDims, numSymbols, mlirContext));
  return result;
}

//===----------------------------------------------------------------------===//
// Projections
//===----------------------------------------------------------------------===//

int64_t attn::getSimplexCost(const IntegerRelation &set) {
  const int64_t rows = set.getNumConstraints() + 1, columns = set.getNumCols();
  return rows * rows * columns;
}

/// Linear programs that take about as long as one symbolic minimum, and as one
/// test for integers: what was measured, where sizes are limited as below.
static constexpr int64_t lexMinSteps = 60, integerSteps = 4;

/// A symbolic minimum cuts off fractions one by one, and large factors (those
/// of large tiles) make more of them: the time grows with their square.
static int64_t getLexMinCost(const IntegerRelation &set) {
  constexpr int64_t usual = 128, most = 1 << 12;
  int64_t largest = usual;
  const auto consider = [&](ArrayRef<DynamicAPInt> row) {
    for (const DynamicAPInt &factor : row.drop_back())
      largest = std::max(
          largest, int64_t(std::min(abs(factor), DynamicAPInt(most * usual))));
  };
  for (unsigned n = 0; n < set.getNumInequalities(); ++n)
    consider(set.getInequality(n));
  for (unsigned n = 0; n < set.getNumEqualities(); ++n)
    consider(set.getEquality(n));
  const int64_t times = largest / usual;
  return lexMinSteps * getSimplexCost(set) * times * times;
}

/// Each constraint of `minus` splits each piece, or does not.
static int64_t getSubtractionCost(const PresburgerSet &set,
                                  const IntegerRelation &minus) {
  int64_t cost = 0;
  for (const IntegerRelation &piece : set.getAllDisjuncts()) {
    const int64_t rows = piece.getNumConstraints() + minus.getNumConstraints();
    const int64_t columns = piece.getNumCols() + minus.getNumLocalVars();
    cost += rows * rows * columns * minus.getNumConstraints();
  }
  return cost;
}

/// Symbolic elimination is exponential in the worst case.
static bool isSmall(const IntegerRelation &set, unsigned constraints = 28) {
  return set.getNumLocalVars() <= 3 && set.getNumConstraints() <= constraints &&
         set.getNumSymbolVars() <= 8;
}

/// Subtraction takes the two inequalities from which it reads a division as
/// its definition, true everywhere. In `1 <= i - 5 q <= 4` they say more than
/// that, so the definition, `0 <= i - 5 q <= 4`, has to come first. Nullopt
/// where a local variable is not a division.
static std::optional<IntegerPolyhedron>
withDefinedDivisions(const IntegerRelation &set) {
  const DivisionRepr divisions = set.getLocalReprs();
  if (!divisions.hasAllReprs())
    return std::nullopt;
  IntegerPolyhedron result(set.getSpace());
  const unsigned offset = set.getVarKindOffset(VarKind::Local);
  for (unsigned n = 0; n < set.getNumLocalVars(); ++n) {
    const ArrayRef<DynamicAPInt> dividend = divisions.getDividend(n);
    result.addInequality(
        getDivLowerBound(dividend, divisions.getDenom(n), offset + n));
    result.addInequality(
        getDivUpperBound(dividend, divisions.getDenom(n), offset + n));
  }
  result.append(set);
  return result;
}

bool attn::isWithinProjection(PresburgerSet set,
                              ArrayRef<IntegerPolyhedron> parts, unsigned first,
                              unsigned last, MaskEffort &effort) {
  if (parts.size() > 4)
    return false;
  for (const IntegerPolyhedron &part : parts) {
    if (!isSmall(part) || !effort.spend(getLexMinCost(part)))
      return false;
    IntegerPolyhedron projected = part;
    projected.convertToLocal(VarKind::SetDim, first, last);
    const PresburgerRelation pieces = projected.computeReprWithOnlyDivLocals();
    for (const IntegerRelation &piece : pieces.getAllDisjuncts()) {
      std::optional<IntegerPolyhedron> defined = withDefinedDivisions(piece);
      // What is not subtracted stays: the rest may cover it.
      if (!defined)
        continue;
      if (!isSmall(*defined, 40) || set.getNumDisjuncts() > 12 ||
          !effort.spend(getSubtractionCost(set, *defined)))
        return false;
      set = set.subtract(PresburgerSet(*defined));
    }
  }
  return llvm::all_of(set.getAllDisjuncts(), [&](const IntegerRelation &piece) {
    return effort.spend(integerSteps * getSimplexCost(piece)) &&
           piece.isIntegerEmpty();
  });
}
