//===- Divisor.cpp - What sizes are multiples of --------------------------===//
#include "Steps/Divisor.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <numeric>

using namespace mlir;

namespace {
/// Finds a number that divides a value: 1 if nothing is known, 0 if all
/// numbers do.
class Divisors {
public:
  uint64_t get(Value value);

private:
  uint64_t get(OpFoldResult value);
  uint64_t get(AffineExpr expr, AffineMap map, ValueRange operands);
  uint64_t getOfAll(AffineMap map, ValueRange operands);
  uint64_t getOfArgument(BlockArgument argument);
  uint64_t getOfOp(Operation *op);
  uint64_t getOfSize(memref::DimOp op);
  uint64_t getOfWhole(arith::SubIOp op);

  static constexpr int kMostDepth = 8; // values may be used more than once
  int depth = 0;
};
} // namespace

static uint64_t multiply(uint64_t a, uint64_t b) {
  bool overflows = false;
  uint64_t product = llvm::SaturatingMultiply(a, b, &overflows);
  return overflows ? a : product;
}

uint64_t Divisors::get(Value value) {
  if (depth == kMostDepth)
    return 1;
  ++depth;
  uint64_t result;
  if (std::optional<int64_t> known = getConstantIntValue(value))
    result = std::abs(*known);
  else if (auto argument = dyn_cast<BlockArgument>(value))
    result = getOfArgument(argument);
  else
    result = getOfOp(value.getDefiningOp());
  --depth;
  return result;
}

uint64_t Divisors::get(OpFoldResult value) {
  if (std::optional<int64_t> known = getConstantIntValue(value))
    return std::abs(*known);
  return get(cast<Value>(value));
}

uint64_t Divisors::get(AffineExpr expr, AffineMap map, ValueRange operands) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::abs(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return get(operands[dim.getPosition()]);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return get(operands[map.getNumDims() + symbol.getPosition()]);
  auto both = cast<AffineBinaryOpExpr>(expr);
  uint64_t left = get(both.getLHS(), map, operands),
           right = get(both.getRHS(), map, operands);
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return multiply(left, right);
  case AffineExprKind::Add:
  case AffineExprKind::Mod:
    return std::gcd(left, right);
  default:
    return 1;
  }
}

/// Of the smallest or largest result, whichever that is.
uint64_t Divisors::getOfAll(AffineMap map, ValueRange operands) {
  uint64_t divisor = 0;
  for (AffineExpr expr : map.getResults())
    divisor = std::gcd(divisor, get(expr, map, operands));
  return divisor;
}

uint64_t Divisors::getOfArgument(BlockArgument argument) {
  auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
  if (!loop || argument != loop.getInductionVar())
    return 1;
  return std::gcd(get(loop.getLowerBound()), get(loop.getStep()));
}

/// What is left when the rest of a division is taken off is a multiple.
uint64_t Divisors::getOfWhole(arith::SubIOp op) {
  auto rest = op.getRhs().getDefiningOp<arith::RemUIOp>();
  return rest && rest.getLhs() == op.getLhs() ? get(rest.getRhs()) : 1;
}

uint64_t Divisors::getOfOp(Operation *op) {
  if (auto difference = dyn_cast<arith::SubIOp>(op))
    if (uint64_t divisor = getOfWhole(difference); divisor != 1)
      return divisor;
  if (isa<affine::AffineApplyOp, affine::AffineMinOp, affine::AffineMaxOp>(op))
    return getOfAll(cast<AffineMapAttr>(op->getAttr("map")).getValue(),
                    op->getOperands());
  if (isa<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp,
          arith::MinUIOp, arith::MaxUIOp>(op))
    return std::gcd(get(op->getOperand(0)), get(op->getOperand(1)));
  if (isa<arith::MulIOp>(op))
    return multiply(get(op->getOperand(0)), get(op->getOperand(1)));
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return std::gcd(get(select.getTrueValue()), get(select.getFalseValue()));
  if (auto size = dyn_cast<memref::DimOp>(op))
    return getOfSize(size);
  return 1;
}

uint64_t Divisors::getOfSize(memref::DimOp op) {
  std::optional<int64_t> index = op.getConstantIndex();
  Operation *source = op.getSource().getDefiningOp();
  if (!index || !source)
    return 1;
  if (auto cast = dyn_cast<memref::ReinterpretCastOp>(source))
    return get(cast.getMixedSizes()[*index]);
  return 1;
}

bool attn::isMultipleOf(Value size, int64_t factor) {
  return Divisors().get(size) % factor == 0;
}
