//===- Broadcast.cpp - Operands that repeat along dimensions --------------===//

#include "Core/Broadcast.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn::onnx;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static std::string dimensionOf(const Operand &operand, int64_t d) {
  return ("dimension " + Twine(d) + " of '" + operand.name + "'").str();
}

/// `part` is 1 or `whole`; `eitherWay`, `whole` may also be 1.
static void assertBroadcasts(Node &n, OpFoldResult part, OpFoldResult whole,
                             bool eitherWay, const Twine &message) {
  ScalarBuilder s(n.b, n.loc);
  Value lhs = n.math.materialize(part), rhs = n.math.materialize(whole);
  Value one = s.index(1);
  Value fits = s.make<arith::OrIOp>(s.equal(lhs, rhs), s.equal(lhs, one));
  if (eitherWay)
    fits = s.make<arith::OrIOp>(fits, s.equal(rhs, one));
  emitAssert(n, fits, message);
}

/// True where neither is 1 without the other: one is the least of the other
/// and a number beyond 1, as the size of a slice of a constant is.
static bool broadcastOnlyEqual(Node &n, OpFoldResult lhs, OpFoldResult rhs) {
  auto isBounded = [&](OpFoldResult size, OpFoldResult other) {
    auto value = dyn_cast<Value>(size);
    auto least = value ? value.getDefiningOp<arith::MinSIOp>() : nullptr;
    auto isBound = [](Value each) { return constantOf(each).value_or(0) > 1; };
    return least && llvm::any_of(least->getOperands(), isBound) &&
           llvm::any_of(least->getOperands(),
                        [&](Value each) { return n.math.equal(each, other); });
  };
  return isBounded(lhs, rhs) || isBounded(rhs, lhs);
}

/// Dimension `d` of `x` is 1, or dimension `e` of `y`.
static LogicalResult requireBroadcastDim(Node &n, const Operand &x, int64_t d,
                                         const Operand &y, int64_t e) {
  OpFoldResult part = x.shape[d], whole = y.shape[e];
  if (n.math.broadcastsTo(part, whole))
    return success();
  if ((constantOf(part) && constantOf(whole)) ||
      broadcastOnlyEqual(n, part, whole))
    return requireEqualDims(n, x, d, y, e);
  if (n.math.noteCheck(part, whole, IndexMath::Check::BroadcastsTo))
    assertBroadcasts(n, part, whole, /*eitherWay=*/false,
                     "expected " + dimensionOf(x, d) + " to be 1 or to equal " +
                         dimensionOf(y, e));
  return success();
}

LogicalResult mlir::attn::onnx::requireBroadcast(Node &n, const Operand &x,
                                                 int64_t d, const Operand &y,
                                                 int64_t e) {
  OpFoldResult lhs = x.shape[d], rhs = y.shape[e];
  if (n.math.broadcastsTo(lhs, rhs) || n.math.broadcastsTo(rhs, lhs))
    return success();
  if ((constantOf(lhs) && constantOf(rhs)) || broadcastOnlyEqual(n, lhs, rhs))
    return requireEqualDims(n, x, d, y, e);
  // A constant is not 1 here, so that the other size must give way.
  if (constantOf(rhs) || (n.math.isWhole(rhs) && !constantOf(lhs)))
    return requireBroadcastDim(n, x, d, y, e);
  if (constantOf(lhs) || n.math.isWhole(lhs))
    return requireBroadcastDim(n, y, e, x, d);
  if (n.math.noteCheck(lhs, rhs, IndexMath::Check::Broadcast))
    assertBroadcasts(n, lhs, rhs, /*eitherWay=*/true,
                     "expected " + dimensionOf(x, d) + " and " +
                         dimensionOf(y, e) + " to be equal, or one of them 1");
  return success();
}

LogicalResult mlir::attn::onnx::requireBroadcastTo(Node &n,
                                                   const Operand &operand,
                                                   const Operand &target) {
  int64_t shift = target.rank() - operand.rank();
  if (shift < 0)
    return n.error() << "expected '" << operand.name << "' to broadcast to '"
                     << target.name << "' of rank " << target.rank()
                     << ", got rank " << operand.rank();
  for (int64_t d = 0; d < operand.rank(); ++d)
    if (failed(requireBroadcastDim(n, operand, d, target, shift + d)))
      return failure();
  return success();
}

FailureOr<Sizes> mlir::attn::onnx::broadcastShapes(Node &n,
                                                   ArrayRef<Operand> operands) {
  int64_t rank = 0;
  for (const Operand &operand : operands)
    rank = std::max(rank, operand.rank());
  Sizes result(rank, n.math.constant(1));
  for (auto [i, operand] : llvm::enumerate(operands))
    for (int64_t d = 0; d < operand.rank(); ++d) {
      int64_t at = rank - operand.rank() + d;
      for (const Operand &other : operands.take_front(i))
        if (int64_t e = at - (rank - other.rank());
            e >= 0 && failed(requireBroadcast(n, other, e, operand, d)))
          return failure();
      result[at] = n.math.broadcast(result[at], operand.shape[d]);
    }
  if (failed(checkSizes(n, result)))
    return failure();
  return result;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

BroadcastReader::BroadcastReader(Node &n, const Operand &operand,
                                 const Sizes &loops)
    : tensor(operand.value), rank(loops.size()), shift(rank - operand.rank()) {
  for (int64_t d = 0; d < operand.rank(); ++d) {
    OpFoldResult size = operand.shape[d], loop = loops[shift + d];
    if (n.math.isEqualOrChecked(size, loop))
      dims.push_back({Access::Loop, nullptr});
    else if (constantOf(size) == 1)
      dims.push_back({Access::First, nullptr});
    else
      dims.push_back(
          {Access::Stepped, n.math.materialize(n.math.stepOver(size))});
  }
}

bool BroadcastReader::isAffine() const {
  return llvm::none_of(
      dims, [](const Dim &dim) { return dim.access == Access::Stepped; });
}

AffineMap BroadcastReader::map(OpBuilder &b) const {
  SmallVector<AffineExpr> exprs;
  for (auto [d, dim] : llvm::enumerate(dims))
    exprs.push_back(dim.access == Access::First
                        ? b.getAffineConstantExpr(0)
                        : b.getAffineDimExpr(shift + d));
  return AffineMap::get(rank, 0, exprs, b.getContext());
}

Value BroadcastReader::read(ScalarBuilder &s, ValueRange loops) const {
  SmallVector<Value> from;
  for (auto [d, dim] : llvm::enumerate(dims)) {
    Value at = loops[shift + d];
    from.push_back(dim.access == Access::First  ? s.index(0)
                   : dim.access == Access::Loop ? at
                                                : s.mul(at, dim.step));
  }
  return tensor::ExtractOp::create(s.b, s.loc, tensor, from);
}

Operand mlir::attn::onnx::repeatTo(Node &n, const Operand &operand,
                                   const Sizes &loops) {
  if (operand.shape == ArrayRef(loops))
    return operand;
  bool isSame = operand.rank() == int64_t(loops.size());
  for (int64_t d = 0; isSame && d < operand.rank(); ++d)
    isSame = n.math.isEqualOrChecked(operand.shape[d], loops[d]);
  Operand result =
      isSame
          ? makeOperand(n, operand.value, loops)
          : elementwiseOver(n, operand, loops, operand.elementType(),
                            [](ScalarBuilder &, ValueRange x) { return x[0]; });
  result.isUnsigned = operand.isUnsigned;
  result.name = operand.name;
  return result;
}

FailureOr<Operand> mlir::attn::onnx::expandTo(Node &n, const Operand &operand,
                                              const Sizes &sizes,
                                              StringRef name) {
  Operand target;
  target.name = name;
  target.shape = sizes;
  if (failed(requireBroadcastTo(n, operand, target)))
    return failure();
  return repeatTo(n, operand, sizes);
}
