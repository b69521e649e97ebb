//===- Interval.cpp - Closed intervals of 64-bit integers -----------------===//
#include "attn/Analysis/Interval.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::attn;

bool Interval::isAll() const { return *this == all(); }

Interval attn::operator+(Interval a, Interval b) {
  Interval result;
  if (llvm::AddOverflow(a.low, b.low, result.low) ||
      llvm::AddOverflow(a.high, b.high, result.high))
    return Interval::all();
  return result;
}

Interval attn::operator-(Interval a, Interval b) {
  Interval result;
  if (llvm::SubOverflow(a.low, b.high, result.low) ||
      llvm::SubOverflow(a.high, b.low, result.high))
    return Interval::all();
  return result;
}

Interval attn::operator*(Interval a, Interval b) {
  int64_t corners[4];
  if (llvm::MulOverflow(a.low, b.low, corners[0]) ||
      llvm::MulOverflow(a.low, b.high, corners[1]) ||
      llvm::MulOverflow(a.high, b.low, corners[2]) ||
      llvm::MulOverflow(a.high, b.high, corners[3]))
    return Interval::all();
  const auto [low, high] = std::minmax_element(corners, corners + 4);
  return {*low, *high};
}

Interval attn::min(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::min(a.high, b.high)};
}

Interval attn::max(Interval a, Interval b) {
  return {std::max(a.low, b.low), std::max(a.high, b.high)};
}

Interval attn::join(Interval a, Interval b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

static int64_t flooredQuotient(int64_t a, int64_t divisor) {
  return a / divisor - (a % divisor < 0);
}

Interval attn::floorDiv(Interval a, int64_t divisor) {
  return {flooredQuotient(a.low, divisor), flooredQuotient(a.high, divisor)};
}

Interval attn::ceilDiv(Interval a, int64_t divisor) {
  const auto ceiled = [=](int64_t n) {
    return n / divisor + (n % divisor > 0);
  };
  return {ceiled(a.low), ceiled(a.high)};
}

Interval attn::truncDiv(Interval a, int64_t divisor) {
  return {a.low / divisor, a.high / divisor};
}

Interval attn::floorMod(Interval a, int64_t divisor) {
  const int64_t quotient = flooredQuotient(a.low, divisor);
  if (quotient != flooredQuotient(a.high, divisor))
    return {0, divisor - 1};
  // Not low - divisor * quotient: that product may not fit.
  const int64_t first = a.low % divisor, last = a.high % divisor;
  return {first < 0 ? first + divisor : first,
          last < 0 ? last + divisor : last};
}

Interval attn::truncMod(Interval a, int64_t divisor) {
  if (a.low >= 0)
    return floorMod(a, divisor);
  if (a.high <= 0 && a.low / divisor == a.high / divisor)
    return {a.low % divisor, a.high % divisor};
  return {std::max(a.low, 1 - divisor),
          std::max<int64_t>(0, std::min(a.high, divisor - 1))};
}

Interval attn::getIntegersOf(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() >= 64)
    return Interval::all();
  if (integer.getWidth() == 1)
    return Interval::boolean();
  const int64_t half = int64_t(1) << (integer.getWidth() - 1);
  return {-half, half - 1};
}

static Interval decided(bool always, bool never) {
  return {always ? 1 : 0, never ? 0 : 1};
}

Interval attn::less(Interval a, Interval b) {
  return decided(a.high < b.low, a.low >= b.high);
}

Interval attn::lessEqual(Interval a, Interval b) {
  return decided(a.high <= b.low, a.low > b.high);
}

Interval attn::equal(Interval a, Interval b) {
  return decided(a.isPoint() && a == b, a.high < b.low || b.high < a.low);
}

Interval attn::logicalNot(Interval a) { return {1 - a.high, 1 - a.low}; }
Interval attn::logicalAnd(Interval a, Interval b) { return min(a, b); }
Interval attn::logicalOr(Interval a, Interval b) { return max(a, b); }

Interval attn::evaluate(AffineExpr expr, ArrayRef<Interval> dims,
                        ArrayRef<Interval> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return Interval::point(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  const auto binary = cast<AffineBinaryOpExpr>(expr);
  const Interval lhs = evaluate(binary.getLHS(), dims, symbols);
  const Interval rhs = evaluate(binary.getRHS(), dims, symbols);
  const bool divides = rhs.isPoint() && rhs.low > 0;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::FloorDiv:
    return divides ? floorDiv(lhs, rhs.low) : Interval::all();
  case AffineExprKind::CeilDiv:
    return divides ? ceilDiv(lhs, rhs.low) : Interval::all();
  case AffineExprKind::Mod:
    return divides ? floorMod(lhs, rhs.low) : Interval::all();
  default:
    llvm_unreachable("leaves are handled above");
  }
}
