//===- FinalizeState.cpp - attn.finalize_state as linalg on tensors -------===//
#include "AttentionSteps.h"
#include "States.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

using Values = SmallVector<Value>;

static Value isEmpty(OpBuilder &b, Location l, Value maximum) {
  Value none = constantFloat(b, l, maximum.getType(),
                             -std::numeric_limits<double>::infinity());
  return arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ, maximum, none);
}

/// In one instruction, where there is one: it makes what would be subnormal 0.
static Value roundOutput(OpBuilder &b, Location l, Value value, Type type) {
  Value rounded = convertFloat(b, l, value, type);
  if (auto trunc = rounded.getDefiningOp<arith::TruncFOp>();
      trunc && type.isBF16() && value.getType().isF32())
    trunc.setFastmath(arith::FastMathFlags::afn);
  return rounded;
}

namespace {

/// The denominator of a row: l = sum * exp(max - m) + exp(sink - m), with
/// m = max(max, sink). Absent sinks change nothing.
struct Denominator {
  Value maximum, sum, factor;

  Denominator(OpBuilder &b, Location l, Value max, Value oldSum, Value sink) {
    maximum = max;
    sum = oldSum;
    if (!sink)
      return;
    sink = convertFloat(b, l, sink, max.getType());
    maximum = arith::MaximumFOp::create(b, l, max, sink);
    factor = getStateFactor(b, l, max, maximum);
    sum = arith::MulFOp::create(b, l, oldSum, factor);
    sum = arith::AddFOp::create(b, l, sum, getRescale(b, l, sink, maximum));
  }
};

struct DecomposeFinalizeState : OpRewritePattern<FinalizeStateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FinalizeStateOp op,
                                PatternRewriter &rewriter) const override {
    State state{ShapedOperand::get("acc", op.getAcc()),
                ShapedOperand::get("max", op.getMax()),
                ShapedOperand::get("sum", op.getSum())};
    auto output = ShapedOperand::getResult("output", op.getOutput(),
                                           op.getOutputLayoutAttr());
    std::optional<ShapedOperand> sink, lse;
    SharedDims dims;
    addState(dims, state);
    dims.addRows(output);
    dims.valueFeatures.push_back({&output, Feature});
    if (op.getSink()) {
      sink = ShapedOperand::get("sink", op.getSink());
      dims.queryHeads.push_back({&*sink, 0});
    }
    if (op.getLse()) {
      lse = ShapedOperand::getResult("lse", op.getLse(), op.getLseLayoutAttr());
      dims.addRows(*lse);
    }
    AttentionLoops loops(rewriter, op.getLoc(),
                         resolveStateSizes(rewriter, op.getLoc(), dims));
    SmallVector<LoopTensor> rows = getRowInputs(loops, state, sink);
    Values results{getOutput(loops, state, rows, output)};
    if (lse)
      results.push_back(getLse(loops, rows, *lse));
    rewriter.replaceOp(op, results);
    return success();
  }

  /// max, sum and the sink, if there is one.
  static SmallVector<LoopTensor>
  getRowInputs(AttentionLoops &loops, const State &state,
               const std::optional<ShapedOperand> &sink) {
    SmallVector<LoopTensor> rows{loops.view(state.max, getStateLoops()),
                                 loops.view(state.sum, getStateLoops())};
    if (sink)
      rows.push_back(loops.view(*sink, {{Loop::KvHead}}));
    return rows;
  }

  /// exp(max - m) / l: divided once a row, not once a feature.
  static LoopTensor getScale(AttentionLoops &loops, ArrayRef<LoopTensor> rows) {
    bool hasSink = rows.size() == 3;
    Type type = getElementTypeOrSelf(rows.front().value.getType());
    return loops
        .generic(rows.front().loops, rows,
                 loops.empty(rows.front().loops, type),
                 [&](OpBuilder &b, Location l, ValueRange args) -> Values {
                   Denominator row(b, l, args[0], args[1],
                                   hasSink ? args[2] : Value());
                   Value factor =
                       row.factor ? row.factor : constantFloat(b, l, type, 1);
                   return {arith::DivFOp::create(b, l, factor, row.sum)};
                 })
        .front();
  }

  /// acc * exp(max - m) / l, 0 where no key was seen (D2).
  static Value getOutput(AttentionLoops &loops, const State &state,
                         ArrayRef<LoopTensor> rows,
                         const ShapedOperand &output) {
    LoopTensor acc = loops.view(state.acc, getStateLoops());
    Type element = output.type.getElementType();
    Loops result = getLoops(output.layout, getStateLoops());
    auto tensors = loops.generic(
        acc.loops, {acc, rows[0], getScale(loops, rows)},
        loops.empty(result, element),
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Value value = arith::MulFOp::create(b, l, args[0], args[2]);
          Value zero = constantFloat(b, l, value.getType(), 0);
          value = arith::SelectOp::create(b, l, isEmpty(b, l, args[1]), zero,
                                          value);
          return {roundOutput(b, l, value, element)};
        });
    return loops.unview(tensors.front(), output.layout, getStateLoops(),
                        output.type);
  }

  /// m + log(l).
  static Value getLse(AttentionLoops &loops, ArrayRef<LoopTensor> rows,
                      const ShapedOperand &lse) {
    bool hasSink = rows.size() == 3;
    Loops result = getLoops(lse.layout, getStateLoops());
    auto tensors = loops.generic(
        rows.front().loops, rows,
        loops.empty(result, lse.type.getElementType()),
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Denominator row(b, l, args[0], args[1], hasSink ? args[2] : Value());
          Value log = math::LogOp::create(b, l, row.sum);
          return {arith::AddFOp::create(b, l, row.maximum, log)};
        });
    return loops.unview(tensors.front(), lse.layout, getStateLoops(), lse.type);
  }
};

} // namespace

void attn::populateFinalizeStatePatterns(RewritePatternSet &patterns) {
  patterns.add<DecomposeFinalizeState>(patterns.getContext());
}
