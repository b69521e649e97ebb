//===- IndexMath.cpp - Arithmetic on sizes --------------------------------===//

#include "IndexMath.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Sums with more terms than this are not worth a normal form.
static constexpr size_t maxTerms = 16;

std::optional<int64_t> mlir::attn::onnx::constantOf(OpFoldResult index) {
  return getConstantIntValue(index);
}

//===----------------------------------------------------------------------===//
// Polynomials; nothing where a coefficient overflows or there are too many
// terms.
//===----------------------------------------------------------------------===//

static bool addTerm(Polynomial &sum, const std::vector<unsigned> &product,
                    int64_t coefficient) {
  int64_t &slot = sum[product];
  if (llvm::AddOverflow(slot, coefficient, slot))
    return false;
  if (slot == 0)
    sum.erase(product);
  return sum.size() <= maxTerms;
}

static std::optional<Polynomial>
addScaled(Polynomial lhs, const Polynomial &rhs, int64_t scale) {
  for (const auto &[product, coefficient] : rhs) {
    int64_t scaled;
    if (llvm::MulOverflow(coefficient, scale, scaled) ||
        !addTerm(lhs, product, scaled))
      return std::nullopt;
  }
  return lhs;
}

static std::optional<Polynomial> multiply(const Polynomial &lhs,
                                          const Polynomial &rhs) {
  Polynomial result;
  for (const auto &[a, ca] : lhs)
    for (const auto &[c, cc] : rhs) {
      std::vector<unsigned> product(a);
      product.insert(product.end(), c.begin(), c.end());
      llvm::sort(product);
      int64_t coefficient;
      if (product.size() > maxTerms || llvm::MulOverflow(ca, cc, coefficient) ||
          !addTerm(result, product, coefficient))
        return std::nullopt;
    }
  return result;
}

/// Divides every term of `lhs` by the single term of `rhs`.
static std::optional<Polynomial> divideEvenly(const Polynomial &lhs,
                                              const Polynomial &rhs) {
  if (rhs.size() != 1)
    return std::nullopt;
  const auto &[divisor, divisorCoefficient] = *rhs.begin();
  Polynomial result;
  for (const auto &[product, coefficient] : lhs) {
    if (divisorCoefficient == -1 || coefficient % divisorCoefficient != 0 ||
        !std::includes(product.begin(), product.end(), divisor.begin(),
                       divisor.end()))
      return std::nullopt;
    std::vector<unsigned> rest;
    std::set_difference(product.begin(), product.end(), divisor.begin(),
                        divisor.end(), std::back_inserter(rest));
    result[rest] = coefficient / divisorCoefficient;
  }
  return result;
}

static std::optional<int64_t> constantTerm(const Polynomial &poly) {
  if (poly.empty())
    return 0;
  if (poly.size() == 1 && poly.begin()->first.empty())
    return poly.begin()->second;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Between values and polynomials
//===----------------------------------------------------------------------===//

unsigned IndexMath::atomOf(Value value) {
  auto [it, inserted] = atoms.try_emplace(value, atomValues.size());
  if (inserted)
    atomValues.push_back(value);
  return it->second;
}

Polynomial IndexMath::polynomial(OpFoldResult index) {
  if (std::optional<int64_t> value = constantOf(index))
    return *value == 0 ? Polynomial() : Polynomial{{{}, *value}};
  Value value = cast<Value>(index);
  if (auto it = polynomials.find(value); it != polynomials.end())
    return it->second;
  return Polynomial{{{atomOf(value)}, 1}};
}

void IndexMath::record(Value value, const Polynomial &poly) {
  polynomials[value] = poly;
  known.back().values[poly] = value;
}

Value IndexMath::materialise(OpFoldResult index) {
  if (auto value = dyn_cast<Value>(index))
    return value;
  return arith::ConstantIndexOp::create(b, *loc, *constantOf(index));
}

Value IndexMath::emit(const Polynomial &poly) {
  Value sum;
  for (const auto &[atomsOfTerm, coefficient] : poly) {
    Value term;
    for (unsigned atom : atomsOfTerm)
      term = term ? b.createOrFold<arith::MulIOp>(*loc, term, atomValues[atom])
                  : atomValues[atom];
    if (!term || coefficient != 1) {
      Value factor = arith::ConstantIndexOp::create(b, *loc, coefficient);
      term = term ? b.createOrFold<arith::MulIOp>(*loc, term, factor) : factor;
    }
    sum = sum ? b.createOrFold<arith::AddIOp>(*loc, sum, term) : term;
  }
  return sum;
}

OpFoldResult IndexMath::fromPolynomial(const Polynomial &poly) {
  if (std::optional<int64_t> value = constantTerm(poly))
    return constant(*value);
  if (poly.size() == 1 && poly.begin()->first.size() == 1 &&
      poly.begin()->second == 1)
    return atomValues[poly.begin()->first.front()];
  for (const Known &scope : known)
    if (auto it = scope.values.find(poly); it != scope.values.end())
      return it->second;
  Value value = emit(poly);
  record(value, poly);
  return value;
}

template <typename OpT>
OpFoldResult IndexMath::opaque(char tag, OpFoldResult lhs, OpFoldResult rhs,
                               bool nonNegative) {
  auto key = std::make_tuple(tag, polynomial(lhs), polynomial(rhs));
  for (const Known &scope : known)
    if (auto it = scope.opaque.find(key); it != scope.opaque.end())
      return it->second;
  Value value = b.createOrFold<OpT>(*loc, materialise(lhs), materialise(rhs));
  if (nonNegative && !constantOf(value))
    setNonNegative(value);
  known.back().opaque[key] = value;
  return value;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

OpFoldResult IndexMath::add(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto sum = addScaled(polynomial(lhs), polynomial(rhs), 1))
    return fromPolynomial(*sum);
  return opaque<arith::AddIOp>('+', lhs, rhs, false);
}

OpFoldResult IndexMath::sub(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto sum = addScaled(polynomial(lhs), polynomial(rhs), -1))
    return fromPolynomial(*sum);
  return opaque<arith::SubIOp>('-', lhs, rhs, false);
}

OpFoldResult IndexMath::mul(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto product = multiply(polynomial(lhs), polynomial(rhs)))
    return fromPolynomial(*product);
  return opaque<arith::MulIOp>('*', lhs, rhs, false);
}

std::optional<OpFoldResult> IndexMath::exactDiv(OpFoldResult lhs,
                                                OpFoldResult rhs) {
  if (auto quotient = divideEvenly(polynomial(lhs), polynomial(rhs)))
    return fromPolynomial(*quotient);
  return std::nullopt;
}

OpFoldResult IndexMath::div(OpFoldResult lhs, OpFoldResult rhs) {
  std::optional<int64_t> divisor = constantOf(rhs), number = constantOf(lhs);
  if (divisor && number && *divisor > 0 && *number >= 0)
    return constant(*number / *divisor);
  if (divisor == 0)
    return constant(0);
  if (auto quotient = exactDiv(lhs, rhs))
    return *quotient;
  // Zero sizes must not trap before a check elsewhere reports them.
  if (!divisor)
    rhs = max(rhs, constant(1));
  return opaque<arith::DivSIOp>('/', lhs, rhs,
                                isNonNegative(lhs) && isNonNegative(rhs));
}

OpFoldResult IndexMath::ceilDiv(OpFoldResult lhs, OpFoldResult rhs) {
  return div(add(lhs, sub(rhs, constant(1))), rhs);
}

OpFoldResult IndexMath::rem(OpFoldResult lhs, OpFoldResult rhs) {
  std::optional<int64_t> divisor = constantOf(rhs), number = constantOf(lhs);
  if (divisor && number && *divisor > 0 && *number >= 0)
    return constant(*number % *divisor);
  if (divisor == 0 || divideEvenly(polynomial(lhs), polynomial(rhs)))
    return constant(0);
  if (!divisor)
    rhs = max(rhs, constant(1));
  return opaque<arith::RemSIOp>('%', lhs, rhs,
                                isNonNegative(lhs) && isNonNegative(rhs));
}

OpFoldResult IndexMath::min(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto difference = addScaled(polynomial(rhs), polynomial(lhs), -1)) {
    std::optional<int64_t> value = constantTerm(*difference);
    if (value)
      return *value >= 0 ? lhs : rhs;
  }
  return opaque<arith::MinSIOp>('<', lhs, rhs,
                                isNonNegative(lhs) && isNonNegative(rhs));
}

OpFoldResult IndexMath::max(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto difference = addScaled(polynomial(rhs), polynomial(lhs), -1))
    if (std::optional<int64_t> value = constantTerm(*difference))
      return *value <= 0 ? lhs : rhs;
  for (auto [bound, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)})
    if (std::optional<int64_t> value = constantOf(bound))
      if (*value <= 0 && isNonNegative(other))
        return other;
  return opaque<arith::MaxSIOp>('>', lhs, rhs,
                                isNonNegative(lhs) || isNonNegative(rhs));
}

OpFoldResult IndexMath::compare(arith::CmpIPredicate predicate,
                                OpFoldResult lhs, OpFoldResult rhs) {
  if (auto difference = addScaled(polynomial(lhs), polynomial(rhs), -1))
    if (std::optional<int64_t> value = constantTerm(*difference))
      return constant(arith::applyCmpPredicate(
          predicate, APInt(64, *value, true), APInt::getZero(64)));
  Value holds = b.createOrFold<arith::CmpIOp>(*loc, predicate, materialise(lhs),
                                              materialise(rhs));
  Value number =
      b.createOrFold<arith::IndexCastUIOp>(*loc, b.getIndexType(), holds);
  if (!constantOf(number))
    setNonNegative(number);
  return number;
}

OpFoldResult IndexMath::select(OpFoldResult condition, OpFoldResult yes,
                               OpFoldResult no) {
  if (equal(yes, no))
    return yes;
  if (std::optional<int64_t> value = constantOf(condition))
    return *value ? yes : no;
  Value isTaken = b.createOrFold<arith::CmpIOp>(*loc, arith::CmpIPredicate::ne,
                                                materialise(condition),
                                                materialise(constant(0)));
  Value chosen = b.createOrFold<arith::SelectOp>(
      *loc, isTaken, materialise(yes), materialise(no));
  if (!constantOf(chosen) && isNonNegative(yes) && isNonNegative(no))
    setNonNegative(chosen);
  return chosen;
}

OpFoldResult IndexMath::product(ArrayRef<OpFoldResult> factors) {
  OpFoldResult result = constant(1);
  for (OpFoldResult factor : factors)
    result = mul(result, factor);
  return result;
}

bool IndexMath::equal(OpFoldResult lhs, OpFoldResult rhs) {
  return lhs == rhs || polynomial(lhs) == polynomial(rhs);
}

bool IndexMath::isNonNegative(OpFoldResult index) {
  return llvm::all_of(polynomial(index), [&](const auto &term) {
    return term.second >= 0 && llvm::all_of(term.first, [&](unsigned atom) {
             return nonNegativeAtoms.contains(atom);
           });
  });
}

void IndexMath::setNonNegative(Value value) {
  nonNegativeAtoms.insert(atomOf(value));
}

bool IndexMath::noteCheck(OpFoldResult lhs, OpFoldResult rhs) {
  auto pair = std::make_pair(polynomial(lhs), polynomial(rhs));
  for (const Known &scope : known)
    if (scope.checks.count(pair))
      return false;
  known.back().checks.insert(pair);
  return true;
}
