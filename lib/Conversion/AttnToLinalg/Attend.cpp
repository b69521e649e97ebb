//===- Attend.cpp - attn.attend as linalg on tensors ----------------------===//
#include "AttentionSteps.h"
#include "Patterns.h"
#include "States.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

using Values = SmallVector<Value>;

namespace {

/// Whether the target has code for it, with at most `mostFeatures` in a head:
/// their number is known; and memref's views of nothing are no views.
bool isKept(AttendOp op, int64_t mostFeatures) {
  auto isKnown = [&](int64_t features) {
    return !ShapedType::isDynamic(features) && features <= mostFeatures;
  };
  for (Value operand : op->getOperands())
    if (llvm::is_contained(cast<ShapedType>(operand.getType()).getShape(), 0))
      return false;
  AttentionInputs inputs = getAttentionInputs(op);
  return llvm::all_of(ArrayRef{inputs.query, inputs.key, inputs.value,
                               ShapedOperand::get("acc", op.getAcc())},
                      [&](const ShapedOperand &operand) {
                        return isKnown(
                            getSize(operand.type, operand.layout, Feature));
                      });
}

State getState(AttendOp op) {
  return {ShapedOperand::get("acc", op.getAcc()),
          ShapedOperand::get("max", op.getMax()),
          ShapedOperand::get("sum", op.getSum())};
}

/// With run-time checks of what is not known to be equal.
LoopSizes resolveSizes(AttendOp op, const AttentionInputs &inputs,
                       const State &state, OpBuilder &builder) {
  SharedDims dims(inputs);
  addState(dims, state);
  return dims.resolve(builder, op.getLoc());
}

struct DecomposeAttend : OpRewritePattern<AttendOp> {
  DecomposeAttend(MLIRContext *context, std::optional<int64_t> keptFeatures)
      : OpRewritePattern(context), keptFeatures(keptFeatures) {}

  LogicalResult matchAndRewrite(AttendOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.isOnTensors())
      return rewriter.notifyMatchFailure(op, "expected tensors");
    if (keptFeatures && isKept(op, *keptFeatures))
      return rewriter.notifyMatchFailure(
          op, "expected head sizes that are dynamic or large");
    AttentionInputs inputs = getAttentionInputs(op);
    State state = getState(op);
    AttentionLoops loops(rewriter, op.getLoc(),
                         resolveSizes(op, inputs, state, rewriter));
    rewriter.replaceOp(op, decompose(op, inputs, state, loops));
    return success();
  }

  static Values decompose(AttendOp op, const AttentionInputs &inputs,
                          const State &state, AttentionLoops &loops) {
    AttentionSteps steps(loops, op.getScoreType());
    std::optional<ScoresRequest> none;
    LoopTensor product =
        steps.multiplyQueryKey(loops.view(inputs.query, getQueryLoops()),
                               loops.view(inputs.key, getKeyLoops()));
    LoopTensor masked =
        steps.modifyScores(product, steps.getScale(op.getStaticScale()),
                           op.getScore(), op.getMask(), none);
    LoopTensor oldMaximum = loops.view(state.max, getRowLoops());
    LoopTensor maximum = steps.reduceMaximum(masked, oldMaximum);
    LoopTensor exponentials = steps.exponentiate(masked, maximum);
    auto carry = [&](const LoopTensor &old) {
      return rescale(loops, old, oldMaximum, maximum);
    };
    LoopTensor sum = steps.reduceSum(
        exponentials, carry(loops.view(state.sum, getRowLoops())));
    LoopTensor acc = steps.addWeightedValues(
        exponentials, masked, loops.view(inputs.value, getValueLoops()),
        carry(loops.view(state.acc, getOutputLoops())),
        AttentionSteps::Zeros::Underflows);
    auto result = [&](const LoopTensor &tensor, const ShapedOperand &old,
                      const DimLoops &dims) {
      return loops.unview(tensor, old.layout, dims, old.type);
    };
    return {result(acc, state.acc, getOutputLoops()),
            result(maximum, state.max, getRowLoops()),
            result(sum, state.sum, getRowLoops())};
  }

  /// old * exp(oldMaximum - maximum).
  static LoopTensor rescale(AttentionLoops &loops, const LoopTensor &old,
                            const LoopTensor &oldMaximum,
                            const LoopTensor &maximum) {
    Type type = getElementTypeOrSelf(old.value.getType());
    return loops
        .generic(old.loops, {old, oldMaximum, maximum},
                 loops.empty(old.loops, type),
                 [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                   Value factor = getStateFactor(b, l, args[1], args[2]);
                   return {arith::MulFOp::create(b, l, args[0], factor)};
                 })
        .front();
  }

  std::optional<int64_t> keptFeatures;
};

} // namespace

void attn::checkSizesOfKept(Operation *root, int64_t mostFeatures) {
  root->walk([&](AttendOp op) {
    OpBuilder builder(op);
    if (op.isOnTensors() && isKept(op, mostFeatures))
      (void)resolveSizes(op, getAttentionInputs(op), getState(op), builder);
  });
}

void attn::keepStatesOfTensors(Operation *root,
                               std::optional<int64_t> keptFeatures) {
  root->walk([&](AttendOp op) {
    if (!op.isOnTensors() || (keptFeatures && isKept(op, *keptFeatures)))
      return;
    Operation *tile = op->getParentOfType<scf::ForallOp>();
    if (!tile)
      tile = op->getParentOfType<FunctionOpInterface>();
    tile->walk([](InitStateOp state) { state.setInScratch(false); });
  });
}

void attn::populateAttendPatterns(RewritePatternSet &patterns,
                                  std::optional<int64_t> keptFeatures) {
  patterns.add<DecomposeAttend>(patterns.getContext(), keptFeatures);
}
