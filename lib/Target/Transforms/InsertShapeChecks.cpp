//===- InsertShapeChecks.cpp - Check sizes that ops assume ----------------===//

#include "ShapeChecks.h"

#include "attn/Dialect/Attn/Utils/GuardedReads.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"

#include "llvm/ADT/TypeSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_INSERTSHAPECHECKS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether a divisor is at least 1 for all that is known of where it comes
/// from.
static bool isKnownPositive(Value divisor) {
  APInt known;
  if (matchPattern(divisor, m_ConstantInt(&known)))
    return known.isStrictlyPositive();
  auto maximum = divisor.getDefiningOp<arith::MaxSIOp>();
  return maximum && llvm::any_of(maximum->getOperands(), isKnownPositive);
}

/// A trap is not an error code: x / 0, and the smallest number / -1.
template <typename Op> static void checkDivision(Op op, bool isSigned) {
  Type type = op.getType();
  APInt known;
  if (!type.isIntOrIndex() || isDefined(op) || isKnownPositive(op.getRhs()) ||
      (matchPattern(op.getRhs(), m_ConstantInt(&known)) && !known.isZero() &&
       !(isSigned && known.isAllOnes())))
    return;
  Checks checks(op);
  auto constant = [&](const APInt &value) {
    return arith::ConstantOp::create(
        checks.builder, op.getLoc(),
        cast<TypedAttr>(checks.builder.getIntegerAttr(type, value)));
  };
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  checks.require(checks.compare(arith::CmpIPredicate::ne, op.getRhs(),
                                constant(APInt::getZero(width))),
                 "expected a divisor other than 0, got 0");
  if (!isSigned)
    return;
  Value smallest = checks.compare(arith::CmpIPredicate::ne, op.getLhs(),
                                  constant(APInt::getSignedMinValue(width)));
  Value minusOne = checks.compare(arith::CmpIPredicate::ne, op.getRhs(),
                                  constant(APInt::getAllOnes(width)));
  checks.require(checks.either(smallest, minusOne),
                 "expected a quotient that its type can hold, got the "
                 "smallest number divided by -1");
}

static void checkOp(Operation *op) {
  llvm::TypeSwitch<Operation *, void>(op)
      .Case<linalg::LinalgOp, tensor::CastOp, tensor::ExtractSliceOp,
            tensor::InsertSliceOp, tensor::ExpandShapeOp>(
          [](auto op) { insertShapeChecks(op); })
      .Case<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
            arith::FloorDivSIOp>([](auto op) { checkDivision(op, true); })
      .Case<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(
          [](auto op) { checkDivision(op, false); });
}

namespace {
struct InsertShapeChecks
    : attn::impl::InsertShapeChecksBase<InsertShapeChecks> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      checkOp(op);
  }
};
} // namespace
