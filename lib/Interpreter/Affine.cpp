//===- Affine.cpp - affine.apply, min and max -----------------------------===//

#include "Affine.h"
#include "Frame.h"
#include "Handlers.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

#include <algorithm>

namespace mlir::attn::interpreter {

/// Rounded towards minus infinity; `b` is positive.
static int64_t floorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/// Division by `divisor`, which affine maps have as a positive one only.
static std::optional<int64_t> divide(AffineExprKind kind, int64_t value,
                                     int64_t divisor) {
  if (divisor <= 0)
    return std::nullopt;
  const int64_t quotient = floorDivide(value, divisor);
  if (kind == AffineExprKind::FloorDiv)
    return quotient;
  const int64_t remainder = value - quotient * divisor;
  return kind == AffineExprKind::Mod ? remainder : quotient + (remainder != 0);
}

std::optional<int64_t> evaluate(AffineExpr expression, const int64_t *dims,
                                const int64_t *symbols) {
  switch (expression.getKind()) {
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expression).getValue();
  case AffineExprKind::DimId:
    return dims[cast<AffineDimExpr>(expression).getPosition()];
  case AffineExprKind::SymbolId:
    return symbols[cast<AffineSymbolExpr>(expression).getPosition()];
  default:
    break;
  }
  auto binary = cast<AffineBinaryOpExpr>(expression);
  auto left = evaluate(binary.getLHS(), dims, symbols);
  auto right = evaluate(binary.getRHS(), dims, symbols);
  if (!left || !right)
    return std::nullopt;
  if (expression.getKind() == AffineExprKind::Add)
    return int64_t(uint64_t(*left) + uint64_t(*right));
  if (expression.getKind() == AffineExprKind::Mul)
    return int64_t(uint64_t(*left) * uint64_t(*right));
  return divide(expression.getKind(), *left, *right);
}

/// The values of the map of an op whose operands are its dimensions and
/// symbols.
static FailureOr<Shape> evaluateMap(const Step &step, Frame &frame,
                                    AffineMap map) {
  Shape operands;
  for (unsigned slot : step.operands)
    operands.push_back(frame.integer(slot));
  Shape results;
  for (AffineExpr expression : map.getResults()) {
    auto value = evaluate(expression, operands.data(),
                          operands.data() + map.getNumDims());
    if (!value)
      return fail(step, "expected a positive divisor");
    results.push_back(*value);
  }
  return results;
}

template <typename Op, typename Choose>
static LogicalResult runMap(const Step &step, Frame &frame, Choose choose) {
  auto values = evaluateMap(step, frame, cast<Op>(step.op).getAffineMap());
  if (failed(values))
    return failure();
  frame.scalar(step.results[0]).i = choose(*values);
  return success();
}

static LogicalResult runApply(const Step &step, Frame &frame) {
  return runMap<affine::AffineApplyOp>(
      step, frame, [](const Shape &values) { return values.front(); });
}
static LogicalResult runMin(const Step &step, Frame &frame) {
  return runMap<affine::AffineMinOp>(step, frame, [](const Shape &values) {
    return *std::min_element(values.begin(), values.end());
  });
}
static LogicalResult runMax(const Step &step, Frame &frame) {
  return runMap<affine::AffineMaxOp>(step, frame, [](const Shape &values) {
    return *std::max_element(values.begin(), values.end());
  });
}

void addAffineHandlers(Handlers &handlers) {
  handlers[affine::AffineApplyOp::getOperationName()] = {runApply};
  handlers[affine::AffineMinOp::getOperationName()] = {runMin};
  handlers[affine::AffineMaxOp::getOperationName()] = {runMax};
}

} // namespace mlir::attn::interpreter
