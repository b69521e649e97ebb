//===- Attention.cpp - attn.attention as linalg on tensors ----------------===//
#include "AttentionSteps.h"
#include "Patterns.h"
#include "attn/Dialect/Attn/Utils/AttentionSizes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

namespace {

/// The operands and results of an attention op.
struct Operands {
  explicit Operands(AttentionOp op)
      : inputs(getAttentionInputs(op)),
        output(ShapedOperand::getResult("output", op.getOutput(),
                                        op.getOutputLayoutAttr())) {
    if (op.getSink())
      sink = ShapedOperand::get("sink", op.getSink());
    if (op.getLse())
      lse = ShapedOperand::getResult("lse", op.getLse(), op.getLseLayoutAttr());
    if (op.getScores())
      scores = ShapedOperand::getResult("scores", op.getScores(),
                                        op.getScoresLayoutAttr());
  }

  /// The shapes of results may be more static than those of operands.
  LoopSizes resolveSizes(OpBuilder &builder, Location loc) const {
    SharedDims dims(inputs);
    dims.addRows(output);
    dims.valueFeatures.push_back({&output, Feature});
    if (lse)
      dims.addRows(*lse);
    if (scores) {
      dims.addRows(*scores);
      dims.keys.push_back({&*scores, Key});
    }
    if (sink)
      dims.queryHeads.push_back({&*sink, 0});
    return dims.resolve(builder, loc);
  }

  AttentionInputs inputs;
  ShapedOperand output;
  std::optional<ShapedOperand> sink, lse, scores;
};

/// Writes one attention op as steps.
class Decomposition {
public:
  Decomposition(AttentionOp op, const Operands &operands, AttentionLoops &loops,
                bool hasFastProducts)
      : op(op), operands(operands), loops(loops),
        steps(loops, op.getScoreType()), hasFastProducts(hasFastProducts) {
    if (operands.scores)
      request = {
          *op.getScoresStage(),
          loops.empty(getLoops(operands.scores->layout, getScoresLoops()),
                      operands.scores->type.getElementType())};
  }

  SmallVector<Value> run() {
    LoopTensor masked = getMaskedScores();
    LoopTensor maximum = getMaximum(masked);
    LoopTensor exponentials = steps.exponentiate(masked, maximum);
    LoopTensor sum = steps.reduceSum(exponentials, getInitialSum(maximum));
    LoopTensor weights = getWeights(exponentials, masked, sum);

    SmallVector<Value> results{getOutput(weights, masked)};
    if (operands.lse)
      results.push_back(getLse(maximum, sum));
    if (operands.scores)
      results.push_back(
          getResult(*operands.scores, getScoresLoops(), request->result));
    return results;
  }

private:
  LoopTensor getMaskedScores() {
    LoopTensor query = loops.view(operands.inputs.query, getQueryLoops());
    LoopTensor key = loops.view(operands.inputs.key, getKeyLoops());
    LoopTensor product = steps.multiplyQueryKey(query, key);
    std::optional<ScoresRequest> none;
    bool later = request && request->stage == ScoresStage::weights;
    return steps.modifyScores(product, steps.getScale(op.getStaticScale()),
                              op.getScore(), op.getMask(),
                              later ? none : request);
  }

  /// Starts from the sink's logit, where there is one (D11).
  LoopTensor getMaximum(const LoopTensor &masked) {
    if (!operands.sink) {
      double none = -std::numeric_limits<double>::infinity();
      return steps.reduceMaximum(
          masked, loops.filled(getRows(), steps.getType(), none));
    }
    sink = loops.view(*operands.sink, getHeadLoops());
    auto start = loops.generic(
        getRows(), *sink, loops.empty(getRows(), steps.getType()),
        [&](OpBuilder &b, Location l, ValueRange args) -> SmallVector<Value> {
          return {convertFloat(b, l, args[0], steps.getType())};
        });
    return steps.reduceMaximum(masked, start.front());
  }

  /// exp(sink - m), or 0.
  LoopTensor getInitialSum(const LoopTensor &maximum) {
    if (!sink)
      return loops.filled(getRows(), steps.getType(), 0);
    return loops
        .generic(getRows(), {*sink, maximum},
                 loops.empty(getRows(), steps.getType()),
                 [&](OpBuilder &b, Location l,
                     ValueRange args) -> SmallVector<Value> {
                   Value logit = convertFloat(b, l, args[0], steps.getType());
                   return {getRescale(b, l, logit, args[1])};
                 })
        .front();
  }

  LoopTensor getWeights(const LoopTensor &exponentials,
                        const LoopTensor &masked, const LoopTensor &sum) {
    std::optional<ScoresRequest> none;
    bool now = request && request->stage == ScoresStage::weights;
    return steps.normalize(exponentials, masked, sum, op.getProb(),
                           now ? request : none);
  }

  Value getOutput(const LoopTensor &weights, const LoopTensor &masked) {
    LoopTensor value = loops.view(operands.inputs.value, getValueLoops());
    Loops result = getLoops(operands.output.layout, getOutputLoops());
    LoopTensor init = loops.filled(result, steps.getType(), 0);
    auto zeros = op.getProb().empty() ? AttentionSteps::Zeros::Underflows
                                      : AttentionSteps::Zeros::Exact;
    LoopTensor output =
        hasFastProducts
            ? steps.multiplyWeightsValue(weights, masked, value, init, zeros)
            : steps.addWeightedValues(weights, masked, value, init, zeros);
    return getResult(
        operands.output, getOutputLoops(),
        loops.convert(output, operands.output.type.getElementType()));
  }

  Value getLse(const LoopTensor &maximum, const LoopTensor &sum) {
    Loops result = getLoops(operands.lse->layout, getRowLoops());
    return getResult(*operands.lse, getRowLoops(),
                     steps.getLogSumExp(maximum, sum, result));
  }

  Value getResult(const ShapedOperand &result, const DimLoops &dims,
                  const LoopTensor &tensor) {
    return loops.unview(tensor, result.layout, dims, result.type);
  }

  Loops getRows() { return getLoops({Batch, Head, Sequence}, getRowLoops()); }

  AttentionOp op;
  const Operands &operands;
  AttentionLoops &loops;
  AttentionSteps steps;
  bool hasFastProducts;
  std::optional<ScoresRequest> request;
  std::optional<LoopTensor> sink;
};

struct DecomposeAttention : OpRewritePattern<AttentionOp> {
  DecomposeAttention(MLIRContext *context, bool hasFastProducts)
      : OpRewritePattern(context), hasFastProducts(hasFastProducts) {}

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    Operands operands(op);
    AttentionLoops loops(rewriter, op.getLoc(),
                         operands.resolveSizes(rewriter, op.getLoc()));
    rewriter.replaceOp(
        op, Decomposition(op, operands, loops, hasFastProducts).run());
    return success();
  }

  bool hasFastProducts;
};

} // namespace

void attn::populateAttentionPatterns(RewritePatternSet &patterns,
                                     bool hasFastProducts) {
  patterns.add<DecomposeAttention>(patterns.getContext(), hasFastProducts);
}
