//===- ExprIntegers.cpp - Sums of products, and comparisons ---------------===//
#include "ExprTerms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn::recognize;

namespace mlir::attn::recognize {
/// Adds up terms, in the order of their atoms. They lie in one list, since most
/// sums have few: none is allocated.
class SumBuilder {
public:
  explicit SumBuilder(ExprContext &context) : context(context) {}

  void add(Expr expr, int64_t factor) {
    if (expr->kind != Kind::Sum)
      return addTerm(expr, {}, factor);
    for (const Term &term : expr->terms)
      addTerm(term.atoms, {}, multiply(term.coefficient, factor));
  }

  /// coefficient * x * y, each a product of atoms in order.
  void addTerm(ArrayRef<Expr> x, ArrayRef<Expr> y, int64_t coefficient) {
    Own term{atoms.size(), x.size() + y.size(), coefficient};
    atoms.resize(atoms.size() + term.size);
    std::merge(x.begin(), x.end(), y.begin(), y.end(),
               atoms.begin() + term.first, comesBefore);
    auto at = llvm::lower_bound(terms, term, [&](const Own &a, const Own &b) {
      ArrayRef<Expr> left = atomsOf(a), right = atomsOf(b);
      return std::lexicographical_compare(
          left.begin(), left.end(), right.begin(), right.end(), comesBefore);
    });
    if (at == terms.end() || atomsOf(*at) != atomsOf(term)) {
      terms.insert(at, term);
      return;
    }
    atoms.truncate(term.first);
    overflow |=
        llvm::AddOverflow(at->coefficient, coefficient, at->coefficient);
  }

  int64_t multiply(int64_t a, int64_t b) {
    int64_t product = 0;
    overflow |= llvm::MulOverflow(a, b, product);
    return product;
  }

  /// Null where a coefficient does not fit.
  Expr take() {
    SmallVector<Term> list;
    for (const Own &term : terms)
      if (term.coefficient != 0)
        list.push_back({atomsOf(term), term.coefficient});
    if (overflow)
      return nullptr;
    if (list.size() == 1 && list[0].coefficient == 1 &&
        list[0].atoms.size() == 1)
      return list[0].atoms[0];
    return context.make(Kind::Sum, IndexType::get(context.context), {}, list,
                        {}, {}, 0, {}, {});
  }

private:
  /// Its atoms are those from `first` on.
  struct Own {
    size_t first, size;
    int64_t coefficient;
  };

  static bool comesBefore(Expr a, Expr b) { return a->serial < b->serial; }
  ArrayRef<Expr> atomsOf(const Own &term) const {
    return ArrayRef<Expr>(atoms).slice(term.first, term.size);
  }

  ExprContext &context;
  SmallVector<Expr, 32> atoms;
  SmallVector<Own, 8> terms;
  bool overflow = false;
};
} // namespace mlir::attn::recognize

Expr ExprContext::integer(int64_t value) {
  Expr &known = integers[value];
  if (!known) {
    SumBuilder sum(*this);
    sum.addTerm({}, {}, value);
    known = sum.take();
  }
  return known;
}

std::optional<int64_t> ExprContext::getInteger(Expr expr) {
  if (expr->kind != Kind::Sum)
    return std::nullopt;
  if (expr->terms.empty())
    return 0;
  if (expr->terms.size() == 1 && expr->terms[0].atoms.empty())
    return expr->terms[0].coefficient;
  return std::nullopt;
}

static StringAttr nameOf(MLIRContext *context, StringRef name) {
  return StringAttr::get(context, name);
}

Expr ExprContext::add(Expr a, Expr b, int64_t factor) {
  SumBuilder sum(*this);
  sum.add(a, 1);
  sum.add(b, factor);
  if (Expr result = sum.take())
    return result;
  return plainOp(nameOf(context, factor == 1 ? "arith.addi" : "arith.subi"),
                 IndexType::get(context), {a, b}, DictionaryAttr::get(context));
}

/// Whether `step` is 0 where `position` is the only one of its dimension, and 1
/// elsewhere: broadcasting a dimension that may turn out to be 1.
static bool isStepAlong(ExprContext &c, Expr step, Expr position) {
  return position->kind == Kind::Position && step->is<arith::SelectOp>() &&
         ExprContext::getInteger(step->operands[1]) == 0 &&
         ExprContext::getInteger(step->operands[2]) == 1 &&
         step->operands[0] ==
             c.isZero(c.sub(position->getExtent(), c.integer(1)));
}

/// Null where a coefficient does not fit.
static Expr multiplyOut(ExprContext &c, ArrayRef<Term> a, ArrayRef<Term> b) {
  SumBuilder sum(c);
  for (const Term &x : a)
    for (const Term &y : b)
      sum.addTerm(x.atoms, y.atoms, sum.multiply(x.coefficient, y.coefficient));
  return sum.take();
}

/// What is multiplied out stays small: squaring squares the number of terms,
/// and doubles that of atoms.
static bool isSmallProduct(ArrayRef<Term> a, ArrayRef<Term> b) {
  auto degree = [](ArrayRef<Term> terms) {
    size_t most = 0;
    for (const Term &term : terms)
      most = std::max(most, term.atoms.size());
    return most;
  };
  return a.size() * b.size() <= 64 && degree(a) + degree(b) <= 16;
}

Expr ExprContext::mul(Expr a, Expr b) {
  if (isStepAlong(*this, a, b))
    return b;
  if (isStepAlong(*this, b, a))
    return a;
  Expr storageA, storageB;
  SmallVector<Term> termsA = getTerms(a, storageA),
                    termsB = getTerms(b, storageB);
  if (Expr product = isSmallProduct(termsA, termsB)
                         ? multiplyOut(*this, termsA, termsB)
                         : nullptr)
    return product;
  return plainOp(nameOf(context, "arith.muli"), IndexType::get(context), {a, b},
                 DictionaryAttr::get(context));
}

//===----------------------------------------------------------------------===//
// Division
//===----------------------------------------------------------------------===//

/// `term` divided by `divisor` (a single product), or null.
static std::optional<Term> divideTerm(const Term &term, const Term &divisor,
                                      SmallVectorImpl<Expr> &storage) {
  if (term.coefficient % divisor.coefficient != 0)
    return std::nullopt;
  SmallVector<Expr> rest(term.atoms);
  for (Expr atom : divisor.atoms) {
    auto it = llvm::find(rest, atom);
    if (it == rest.end())
      return std::nullopt;
    rest.erase(it);
  }
  storage.assign(rest.begin(), rest.end());
  return Term{storage, term.coefficient / divisor.coefficient};
}

/// a = quotient * b + rest, with every term of `a` that b divides in the first.
static bool splitByDivisor(ExprContext &c, Expr a, Expr b, Expr &quotient,
                           Expr &rest) {
  Expr storageA, storageB;
  SmallVector<Term> divisor = getTerms(b, storageB);
  if (divisor.size() != 1)
    return false;
  quotient = rest = c.integer(0);
  for (const Term &term : getTerms(a, storageA)) {
    SmallVector<Expr> storage;
    std::optional<Term> part = divideTerm(term, divisor[0], storage);
    Expr product = c.integer(part ? part->coefficient : term.coefficient);
    for (Expr atom : part ? part->atoms : term.atoms)
      product = c.mul(product, atom);
    (part ? quotient : rest) = c.add(part ? quotient : rest, product);
  }
  return true;
}

Expr ExprContext::floorDiv(Expr a, Expr b) {
  if (getInteger(b) == 1)
    return a;
  Expr quotient, rest;
  if (splitByDivisor(*this, a, b, quotient, rest)) {
    if (isNeverNegative(rest) && isNeverNegative(sub(sub(b, rest), integer(1))))
      return quotient;
    std::optional<int64_t> x = getInteger(rest), y = getInteger(b);
    if (x && y && *y > 0)
      return add(quotient, integer(llvm::divideFloorSigned(*x, *y)));
    if (getInteger(quotient) != 0)
      return add(quotient, floorDiv(rest, b));
  }
  // (x floordiv m) floordiv n = x floordiv (m n).
  if (a->is<arith::FloorDivSIOp>())
    return floorDiv(a->operands[0], mul(a->operands[1], b));
  return plainOp(nameOf(context, arith::FloorDivSIOp::getOperationName()),
                 IndexType::get(context), {a, b}, DictionaryAttr::get(context));
}

Expr ExprContext::mod(Expr a, Expr b) { return sub(a, mul(floorDiv(a, b), b)); }

Expr ExprContext::minimum(Expr a, Expr b) {
  if (isNeverNegative(sub(b, a)))
    return a;
  if (isNeverNegative(sub(a, b)))
    return b;
  if (b->serial < a->serial)
    std::swap(a, b);
  return plainOp(nameOf(context, arith::MinSIOp::getOperationName()),
                 IndexType::get(context), {a, b}, DictionaryAttr::get(context));
}

Expr ExprContext::maximum(Expr a, Expr b) {
  if (isNeverNegative(sub(b, a)))
    return b;
  if (isNeverNegative(sub(a, b)))
    return a;
  if (b->serial < a->serial)
    std::swap(a, b);
  return plainOp(nameOf(context, arith::MaxSIOp::getOperationName()),
                 IndexType::get(context), {a, b}, DictionaryAttr::get(context));
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

/// Into how many sums `splitAtLeastZero` would take `expr` apart, or enough.
unsigned ExprContext::countCases(Expr expr) {
  if (auto known = cases.find(expr); known != cases.end())
    return known->second;
  constexpr unsigned enough = kMaxCases + 1;
  unsigned count = 1;
  for (const Term &term : expr->terms)
    if (term.atoms.size() == 1)
      count = std::min(enough, count * countCases(term.atoms[0]));
  ArrayRef<Expr> x = expr->operands;
  if (expr->is<math::AbsIOp>())
    count = 2 * countCases(x[0]);
  else if (expr->is<arith::MinSIOp>() || expr->is<arith::MaxSIOp>())
    count = countCases(x[0]) + countCases(x[1]);
  else if (expr->is<arith::SelectOp>())
    count = countCases(x[1]) + countCases(x[2]);
  return cases[expr] = std::min(enough, count);
}

/// A sum with a minimum, maximum, absolute value or selection in it is at least
/// 0 where the sums with what that may be are. Null where there is none, or so
/// many that each nested one doubling them would take too long.
Expr ExprContext::splitAtLeastZero(Expr sum) {
  if (countCases(sum) > kMaxCases)
    return nullptr;
  Expr storage;
  for (const Term &term : getTerms(sum, storage)) {
    Expr atom = term.atoms.size() == 1 ? term.atoms[0] : nullptr;
    if (!atom || atom->kind != Kind::Op)
      continue;
    auto with = [&](Expr value) {
      Expr rest = add(sum, atom, -term.coefficient);
      return atLeastZero(add(rest, value, term.coefficient));
    };
    ArrayRef<Expr> x = atom->operands;
    bool positive = term.coefficient > 0;
    if (atom->is<arith::SelectOp>())
      return select(x[0], with(x[1]), with(x[2]));
    bool isAbsolute = atom->is<math::AbsIOp>();
    bool isMaximum = isAbsolute || atom->is<arith::MaxSIOp>();
    if (!isMaximum && !atom->is<arith::MinSIOp>())
      continue;
    Expr a = with(x[0]);
    Expr b = with(isAbsolute ? sub(integer(0), x[0]) : x[1]);
    return isMaximum == positive ? orOf(a, b) : andOf(a, b);
  }
  return nullptr;
}

Expr ExprContext::atLeastZero(Expr sum) {
  if (isNeverNegative(sum))
    return boolean(true);
  if (isNeverNegative(sub(integer(-1), sum)))
    return boolean(false);
  if (Expr parts = splitAtLeastZero(sum))
    return parts;
  return make(Kind::AtLeastZero, IntegerType::get(context, 1), sum, {}, {}, {},
              0, {}, {});
}

Expr ExprContext::isZero(Expr sum) {
  if (std::optional<int64_t> value = getInteger(sum))
    return boolean(*value == 0);
  if (isNeverNegative(sub(sum, integer(1))) ||
      isNeverNegative(sub(integer(-1), sum)))
    return boolean(false);
  // A number that is 0 or 1 by a condition.
  if (sum->is<arith::SelectOp>())
    return select(sum->operands[0], isZero(sum->operands[1]),
                  isZero(sum->operands[2]));
  Expr storage;
  SmallVector<Term> terms = getTerms(sum, storage);
  if (terms.front().coefficient < 0)
    sum = sub(integer(0), sum);
  return make(Kind::IsZero, IntegerType::get(context, 1), sum, {}, {}, {}, 0,
              {}, {});
}

Expr ExprContext::compare(arith::CmpIPredicate predicate, Expr a, Expr b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
    return isZero(sub(a, b));
  case P::ne:
    return notOf(isZero(sub(a, b)));
  case P::sge:
    return atLeastZero(sub(a, b));
  case P::sgt:
    return atLeastZero(sub(sub(a, b), integer(1)));
  case P::sle:
    return atLeastZero(sub(b, a));
  case P::slt:
    return atLeastZero(sub(sub(b, a), integer(1)));
  default:
    break;
  }
  // Without a sign: the same where neither is negative.
  if (!isNeverNegative(a) || !isNeverNegative(b))
    return nullptr;
  return compare(predicate == P::uge   ? P::sge
                 : predicate == P::ugt ? P::sgt
                 : predicate == P::ule ? P::sle
                                       : P::slt,
                 a, b);
}

Expr ExprContext::simplifyInteger(StringRef name, Type type, ArrayRef<Expr> x,
                                  DictionaryAttr attributes) {
  auto wide = [](Expr e) { return isWideInteger(e->type); };
  if (name == arith::IndexCastOp::getOperationName() ||
      name == arith::ExtSIOp::getOperationName()) {
    // The integer stays what it is. (i1 would become -1.)
    if (wide(x[0]) && isWideInteger(type))
      return x[0];
    return nullptr;
  }
  if (name == arith::ExtUIOp::getOperationName() ||
      name == arith::IndexCastUIOp::getOperationName()) {
    if (x[0]->type.isInteger(1) && isWideInteger(type))
      return select(x[0], integer(1), integer(0));
    return wide(x[0]) && isWideInteger(type) ? x[0] : nullptr;
  }
  if (name == arith::CmpIOp::getOperationName()) {
    auto predicate = static_cast<arith::CmpIPredicate>(
        cast<IntegerAttr>(attributes.get("predicate")).getInt());
    if (wide(x[0]))
      return compare(predicate, x[0], x[1]);
    if (!x[0]->type.isInteger(1) || (predicate != arith::CmpIPredicate::eq &&
                                     predicate != arith::CmpIPredicate::ne))
      return nullptr;
    Expr same = select(x[0], x[1], notOf(x[1]));
    return predicate == arith::CmpIPredicate::eq ? same : notOf(same);
  }
  if (name == arith::SelectOp::getOperationName())
    return select(x[0], x[1], x[2]);
  if (type.isInteger(1)) {
    if (name == arith::AndIOp::getOperationName() ||
        name == arith::MulIOp::getOperationName())
      return andOf(x[0], x[1]);
    if (name == arith::OrIOp::getOperationName())
      return orOf(x[0], x[1]);
    if (name == arith::XOrIOp::getOperationName())
      return select(x[0], notOf(x[1]), x[1]);
    return nullptr;
  }
  if (!isWideInteger(type) || !llvm::all_of(x, wide))
    return nullptr;
  if (name == arith::AddIOp::getOperationName())
    return add(x[0], x[1]);
  if (name == arith::SubIOp::getOperationName())
    return sub(x[0], x[1]);
  if (name == arith::MulIOp::getOperationName())
    return mul(x[0], x[1]);
  if (name == arith::MinSIOp::getOperationName())
    return minimum(x[0], x[1]);
  if (name == arith::MaxSIOp::getOperationName())
    return maximum(x[0], x[1]);
  // A divisor is not 0.
  if (x.size() != 2 || !isNeverNegative(x[1]))
    return nullptr;
  bool natural = isNeverNegative(x[0]);
  if (name == arith::FloorDivSIOp::getOperationName() ||
      (natural && (name == arith::DivSIOp::getOperationName() ||
                   name == arith::DivUIOp::getOperationName())))
    return floorDiv(x[0], x[1]);
  if (natural && (name == arith::RemSIOp::getOperationName() ||
                  name == arith::RemUIOp::getOperationName()))
    return mod(x[0], x[1]);
  return nullptr;
}
