//===- IndexMath.cpp - Arithmetic on sizes --------------------------------===//

#include "Core/IndexMath.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn::onnx;

/// Sums with more terms than this are not worth a normal form.
static constexpr size_t maxTerms = 16;

std::optional<int64_t> mlir::attn::onnx::constantOf(OpFoldResult index) {
  return getConstantIntValue(index);
}

//===----------------------------------------------------------------------===//
// Polynomials; nothing where there are too many terms, or where a coefficient
// overflows, which is noted.
//===----------------------------------------------------------------------===//

static bool addTerm(Polynomial &sum, const std::vector<unsigned> &product,
                    int64_t coefficient, bool &overflow) {
  std::optional<int64_t> total = llvm::checkedAdd(sum[product], coefficient);
  overflow |= !total;
  if (!total)
    return false;
  if (*total == 0)
    sum.erase(product);
  else
    sum[product] = *total;
  return sum.size() <= maxTerms;
}

static std::optional<Polynomial> addScaled(Polynomial lhs,
                                           const Polynomial &rhs, int64_t scale,
                                           bool &overflow) {
  for (const auto &[product, coefficient] : rhs) {
    std::optional<int64_t> scaled = llvm::checkedMul(coefficient, scale);
    overflow |= !scaled;
    if (!scaled || !addTerm(lhs, product, *scaled, overflow))
      return std::nullopt;
  }
  return lhs;
}

/// `lhs - rhs`; nothing also where that overflows, which nobody needs to know.
static std::optional<Polynomial> difference(const Polynomial &lhs,
                                            const Polynomial &rhs) {
  bool overflow = false;
  return addScaled(lhs, rhs, -1, overflow);
}

static std::optional<Polynomial>
multiply(const Polynomial &lhs, const Polynomial &rhs, bool &overflow) {
  Polynomial result;
  for (const auto &[a, ca] : lhs)
    for (const auto &[c, cc] : rhs) {
      std::vector<unsigned> product(a);
      product.insert(product.end(), c.begin(), c.end());
      llvm::sort(product);
      std::optional<int64_t> coefficient = llvm::checkedMul(ca, cc);
      overflow |= !coefficient;
      if (!coefficient || product.size() > maxTerms ||
          !addTerm(result, product, *coefficient, overflow))
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

Value IndexMath::materialize(OpFoldResult index) {
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

bool IndexMath::mayWrap(OpFoldResult index) {
  constexpr int64_t large = int64_t(1) << 31;
  return !constantOf(index) &&
         llvm::any_of(polynomial(index), [](const auto &term) {
           return term.second >= large || term.second <= -large;
         });
}

Value IndexMath::approximate(OpFoldResult index) {
  Type f64 = b.getF64Type(), i64 = b.getI64Type();
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, *loc, b.getF64FloatAttr(value));
  };
  Value sum = number(0);
  for (const auto &[atomsOfTerm, coefficient] : polynomial(index)) {
    Value term = number(coefficient);
    for (unsigned atom : atomsOfTerm) {
      Value factor = arith::IndexCastOp::create(b, *loc, i64, atomValues[atom]);
      factor = arith::SIToFPOp::create(b, *loc, f64, factor);
      term = b.createOrFold<arith::MulFOp>(*loc, term, factor);
    }
    sum = b.createOrFold<arith::AddFOp>(*loc, sum, term);
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

OpFoldResult IndexMath::opaque(char tag, OpFoldResult lhs, OpFoldResult rhs,
                               bool nonNegative,
                               llvm::function_ref<Value(Value, Value)> emitOp) {
  auto key = std::make_tuple(tag, polynomial(lhs), polynomial(rhs));
  for (const Known &scope : known)
    if (auto it = scope.opaque.find(key); it != scope.opaque.end())
      return it->second;
  Value value = emitOp(materialize(lhs), materialize(rhs));
  known.back().opaque[key] = value;
  return derive(value, {lhs, rhs}, nonNegative);
}

template <typename OpT>
OpFoldResult IndexMath::opaque(char tag, OpFoldResult lhs, OpFoldResult rhs,
                               bool nonNegative) {
  return opaque(tag, lhs, rhs, nonNegative, [&](Value x, Value y) {
    return b.createOrFold<OpT>(*loc, x, y);
  });
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// The number, or the nearest that there is.
OpFoldResult IndexMath::saturate(const APInt &number) {
  overflowed |= !number.isSignedIntN(64);
  return constant(number.truncSSat(64).getSExtValue());
}

static APInt widen(int64_t number) { return APInt(128, number, true); }

/// lhs + rhs * scale, for a scale of 1 or -1.
OpFoldResult IndexMath::combine(OpFoldResult lhs, OpFoldResult rhs,
                                int64_t scale) {
  if (constantOf(lhs) && constantOf(rhs)) {
    APInt x = widen(*constantOf(lhs)), y = widen(*constantOf(rhs));
    return saturate(scale > 0 ? x + y : x - y);
  }
  if (auto sum = addScaled(polynomial(lhs), polynomial(rhs), scale, overflowed))
    return fromPolynomial(*sum);
  return scale > 0 ? opaque<arith::AddIOp>('+', lhs, rhs, false)
                   : opaque<arith::SubIOp>('-', lhs, rhs, false);
}

OpFoldResult IndexMath::add(OpFoldResult lhs, OpFoldResult rhs) {
  return combine(lhs, rhs, 1);
}

OpFoldResult IndexMath::sub(OpFoldResult lhs, OpFoldResult rhs) {
  return combine(lhs, rhs, -1);
}

OpFoldResult IndexMath::mul(OpFoldResult lhs, OpFoldResult rhs) {
  if (constantOf(lhs) && constantOf(rhs))
    return saturate(widen(*constantOf(lhs)) * widen(*constantOf(rhs)));
  if (auto product = multiply(polynomial(lhs), polynomial(rhs), overflowed))
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
  std::optional<int64_t> divisor = constantOf(rhs), number = constantOf(lhs);
  if (divisor && number && *divisor > 0 && *number >= 0)
    return constant(llvm::divideCeil(*number, *divisor));
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
  if (auto more = difference(polynomial(rhs), polynomial(lhs))) {
    std::optional<int64_t> value = constantTerm(*more);
    if (value)
      return *value >= 0 ? lhs : rhs;
  }
  return opaque<arith::MinSIOp>('<', lhs, rhs,
                                isNonNegative(lhs) && isNonNegative(rhs));
}

OpFoldResult IndexMath::max(OpFoldResult lhs, OpFoldResult rhs) {
  if (auto more = difference(polynomial(rhs), polynomial(lhs)))
    if (std::optional<int64_t> value = constantTerm(*more))
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
  if (auto more = difference(polynomial(lhs), polynomial(rhs)))
    if (std::optional<int64_t> value = constantTerm(*more))
      return constant(arith::applyCmpPredicate(
          predicate, APInt(64, *value, true), APInt::getZero(64)));
  Value holds = b.createOrFold<arith::CmpIOp>(*loc, predicate, materialize(lhs),
                                              materialize(rhs));
  Value number =
      b.createOrFold<arith::IndexCastUIOp>(*loc, b.getIndexType(), holds);
  return derive(number, {lhs, rhs}, /*nonNegative=*/true);
}

OpFoldResult IndexMath::select(OpFoldResult condition, OpFoldResult yes,
                               OpFoldResult no) {
  if (equal(yes, no))
    return yes;
  if (std::optional<int64_t> value = constantOf(condition))
    return *value ? yes : no;
  Value isTaken = b.createOrFold<arith::CmpIOp>(*loc, arith::CmpIPredicate::ne,
                                                materialize(condition),
                                                materialize(constant(0)));
  Value chosen = b.createOrFold<arith::SelectOp>(
      *loc, isTaken, materialize(yes), materialize(no));
  return derive(chosen, {condition, yes, no},
                isNonNegative(yes) && isNonNegative(no));
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

bool IndexMath::isFromData(OpFoldResult index) {
  return llvm::any_of(polynomial(index), [&](const auto &term) {
    return llvm::any_of(
        term.first, [&](unsigned atom) { return dataAtoms.contains(atom); });
  });
}

void IndexMath::setFromData(Value value) { dataAtoms.insert(atomOf(value)); }

OpFoldResult IndexMath::derive(Value value, ArrayRef<OpFoldResult> from,
                               bool nonNegative) {
  if (constantOf(value))
    return value;
  if (nonNegative)
    setNonNegative(value);
  if (llvm::any_of(from, [&](OpFoldResult each) { return isFromData(each); }))
    setFromData(value);
  return value;
}

bool IndexMath::isChecked(const Polynomial &lhs, const Polynomial &rhs,
                          Check check) const {
  return llvm::any_of(known, [&](const Known &scope) {
    return scope.checks.count({check, lhs, rhs});
  });
}

bool IndexMath::noteCheck(OpFoldResult lhs, OpFoldResult rhs, Check check) {
  Polynomial left = polynomial(lhs), right = polynomial(rhs);
  if (isChecked(left, right, check))
    return false;
  known.back().checks.insert({check, left, right});
  return true;
}

//===----------------------------------------------------------------------===//
// Broadcasting
//===----------------------------------------------------------------------===//

bool IndexMath::isEqualOrChecked(OpFoldResult lhs, OpFoldResult rhs) {
  if (equal(lhs, rhs))
    return true;
  Polynomial left = polynomial(lhs), right = polynomial(rhs);
  return isChecked(left, right, Check::Equal) ||
         isChecked(right, left, Check::Equal);
}

bool IndexMath::broadcastsTo(OpFoldResult part, OpFoldResult whole) {
  if (constantOf(part) == 1 || isEqualOrChecked(part, whole))
    return true;
  Polynomial from = polynomial(part), to = polynomial(whole);
  auto parts = broadcastParts.find(to);
  return isChecked(from, to, Check::BroadcastsTo) ||
         (parts != broadcastParts.end() && parts->second.count(from));
}

void IndexMath::setWholes(ArrayRef<OpFoldResult> sizes) {
  wholes.clear();
  for (OpFoldResult size : sizes)
    if (!constantOf(size))
      wholes.insert(polynomial(size));
}

OpFoldResult IndexMath::broadcast(OpFoldResult lhs, OpFoldResult rhs) {
  // Constants first: what is static stays so.
  for (OpFoldResult size : {lhs, rhs})
    if (constantOf(size).value_or(1) != 1)
      return size;
  for (OpFoldResult size : {lhs, rhs})
    if (isWhole(size))
      return size;
  if (broadcastsTo(rhs, lhs))
    return lhs;
  if (broadcastsTo(lhs, rhs))
    return rhs;
  bool nonNegative = isNonNegative(lhs) && isNonNegative(rhs);
  OpFoldResult whole =
      opaque('b', lhs, rhs, nonNegative, [&](Value x, Value y) -> Value {
        Value isOne = b.createOrFold<arith::CmpIOp>(
            *loc, arith::CmpIPredicate::eq, x, materialize(constant(1)));
        return b.createOrFold<arith::SelectOp>(*loc, isOne, y, x);
      });
  std::set<Polynomial> &parts = broadcastParts[polynomial(whole)];
  for (OpFoldResult part : {lhs, rhs}) {
    parts.insert(polynomial(part));
    if (auto more = broadcastParts.find(polynomial(part));
        more != broadcastParts.end())
      parts.insert(more->second.begin(), more->second.end());
  }
  return whole;
}

OpFoldResult IndexMath::stepOver(OpFoldResult size) {
  if (std::optional<int64_t> value = constantOf(size))
    return constant(*value == 1 ? 0 : 1);
  return opaque('s', size, constant(1), true, [&](Value x, Value one) -> Value {
    Value isOne =
        b.createOrFold<arith::CmpIOp>(*loc, arith::CmpIPredicate::eq, x, one);
    return b.createOrFold<arith::SelectOp>(*loc, isOne,
                                           materialize(constant(0)), one);
  });
}
