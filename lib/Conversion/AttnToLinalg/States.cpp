//===- States.cpp - The algebra of attention states on tensors ------------===//
#include "AttentionInputs.h"
#include "AttentionSteps.h"
#include "Patterns.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

using Values = SmallVector<Value>;

/// acc, max and sum as operands, in canonical order.
namespace {
struct State {
  ShapedOperand acc, max, sum;
};
} // namespace

/// Adds a state's dimensions to those that are equal.
static void addState(SharedDims &dims, const State &state) {
  for (const ShapedOperand *operand : {&state.acc, &state.max, &state.sum})
    dims.addRows(*operand);
  dims.valueFeatures.push_back({&state.acc, Feature});
}

/// The loops of a state where query heads need no groups.
static DimLoops getStateLoops() {
  return {{Loop::Batch}, {Loop::KvHead}, {Loop::Query}, {Loop::ValueFeature}};
}

/// Sizes where query heads need no groups.
static LoopSizes resolveStateSizes(OpBuilder &builder, Location loc,
                                   const SharedDims &dims) {
  LoopSizes sizes;
  auto set = [&](Loop loop, ArrayRef<OperandDim> equal) {
    sizes[static_cast<unsigned>(loop)] = resolveSize(builder, loc, equal);
  };
  set(Loop::Batch, dims.batch);
  set(Loop::KvHead, dims.queryHeads);
  set(Loop::Query, dims.queries);
  set(Loop::ValueFeature, dims.valueFeatures);
  return sizes;
}

static Value isEmpty(OpBuilder &b, Location l, Value maximum) {
  Value none = constantFloat(b, l, maximum.getType(),
                             -std::numeric_limits<double>::infinity());
  return arith::CmpFOp::create(b, l, arith::CmpFPredicate::OEQ, maximum, none);
}

namespace {

//===----------------------------------------------------------------------===//
// init_state
//===----------------------------------------------------------------------===//

/// (0, -inf, 0).
struct DecomposeInitState : OpRewritePattern<InitStateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InitStateOp op,
                                PatternRewriter &rewriter) const override {
    auto fill = [&](Value result, double start) {
      auto type = cast<RankedTensorType>(result.getType());
      // The dynamic sizes are acc's, in order: max and sum lack its last.
      ValueRange sizes =
          ValueRange(op.getSizes()).take_front(type.getNumDynamicDims());
      Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), type, sizes);
      Value scalar =
          constantFloat(rewriter, op.getLoc(), type.getElementType(), start);
      return linalg::FillOp::create(rewriter, op.getLoc(), scalar, empty)
          .getResult(0);
    };
    double none = -std::numeric_limits<double>::infinity();
    rewriter.replaceOp(op, {fill(op.getAcc(), 0), fill(op.getMax(), none),
                            fill(op.getSum(), 0)});
    return success();
  }
};

//===----------------------------------------------------------------------===//
// attend
//===----------------------------------------------------------------------===//

struct DecomposeAttend : OpRewritePattern<AttendOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttendOp op,
                                PatternRewriter &rewriter) const override {
    AttentionInputs inputs = getAttentionInputs(op);
    State state{ShapedOperand::get("acc", op.getAcc()),
                ShapedOperand::get("max", op.getMax()),
                ShapedOperand::get("sum", op.getSum())};
    SharedDims dims(inputs);
    addState(dims, state);
    AttentionLoops loops(rewriter, op.getLoc(),
                         dims.resolve(rewriter, op.getLoc()));
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
        carry(loops.view(state.acc, getOutputLoops())));
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
                   Value factor = getRescale(b, l, args[1], args[2]);
                   return {arith::MulFOp::create(b, l, args[0], factor)};
                 })
        .front();
  }
};

//===----------------------------------------------------------------------===//
// merge_states
//===----------------------------------------------------------------------===//

/// D12; either state may be empty.
struct DecomposeMergeStates : OpRewritePattern<MergeStatesOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MergeStatesOp op,
                                PatternRewriter &rewriter) const override {
    State lhs{ShapedOperand::get("lhs_acc", op.getLhsAcc()),
              ShapedOperand::get("lhs_max", op.getLhsMax()),
              ShapedOperand::get("lhs_sum", op.getLhsSum())};
    State rhs{ShapedOperand::get("rhs_acc", op.getRhsAcc()),
              ShapedOperand::get("rhs_max", op.getRhsMax()),
              ShapedOperand::get("rhs_sum", op.getRhsSum())};
    SharedDims dims;
    addState(dims, lhs);
    addState(dims, rhs);
    AttentionLoops loops(rewriter, op.getLoc(),
                         resolveStateSizes(rewriter, op.getLoc(), dims));
    rewriter.replaceOp(op, {merge(loops, lhs, rhs, lhs.acc, rhs.acc),
                            getMaximum(loops, lhs, rhs),
                            merge(loops, lhs, rhs, lhs.sum, rhs.sum)});
    return success();
  }

  static Value getMaximum(AttentionLoops &loops, const State &lhs,
                          const State &rhs) {
    LoopTensor left = loops.view(lhs.max, getStateLoops());
    LoopTensor right = loops.view(rhs.max, getStateLoops());
    Type type = lhs.max.type.getElementType();
    auto result = loops.generic(
        left.loops, {left, right}, loops.empty(left.loops, type),
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          return {arith::MaximumFOp::create(b, l, args[0], args[1])};
        });
    return loops.unview(result.front(), lhs.max.layout, getStateLoops(),
                        lhs.max.type);
  }

  /// left * exp(m1 - m) + right * exp(m2 - m), for acc and for sum.
  static Value merge(AttentionLoops &loops, const State &lhs, const State &rhs,
                     const ShapedOperand &left, const ShapedOperand &right) {
    auto view = [&](const ShapedOperand &operand) {
      return loops.view(operand, getStateLoops());
    };
    LoopTensor from = view(left);
    auto result = loops.generic(
        from.loops, {from, view(right), view(lhs.max), view(rhs.max)},
        loops.empty(from.loops, left.type.getElementType()),
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Value maximum = arith::MaximumFOp::create(b, l, args[2], args[3]);
          Value first = arith::MulFOp::create(
              b, l, args[0], getRescale(b, l, args[2], maximum));
          Value second = arith::MulFOp::create(
              b, l, args[1], getRescale(b, l, args[3], maximum));
          return {arith::AddFOp::create(b, l, first, second)};
        });
    return loops.unview(result.front(), left.layout, getStateLoops(),
                        left.type);
  }
};

//===----------------------------------------------------------------------===//
// finalize_state
//===----------------------------------------------------------------------===//

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
    factor = getRescale(b, l, max, maximum);
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

  /// acc * exp(max - m) / l, 0 where no key was seen (D2).
  static Value getOutput(AttentionLoops &loops, const State &state,
                         ArrayRef<LoopTensor> rows,
                         const ShapedOperand &output) {
    SmallVector<LoopTensor> ins{loops.view(state.acc, getStateLoops())};
    llvm::append_range(ins, rows);
    bool hasSink = rows.size() == 3;
    Type element = output.type.getElementType();
    Loops result = getLoops(output.layout, getStateLoops());
    auto tensors = loops.generic(
        ins.front().loops, ins, loops.empty(result, element),
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Denominator row(b, l, args[1], args[2], hasSink ? args[3] : Value());
          Value acc = args[0];
          if (row.factor)
            acc = arith::MulFOp::create(b, l, acc, row.factor);
          Value value = arith::DivFOp::create(b, l, acc, row.sum);
          Value zero = constantFloat(b, l, value.getType(), 0);
          value = arith::SelectOp::create(b, l, isEmpty(b, l, args[1]), zero,
                                          value);
          return {convertFloat(b, l, value, element)};
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

void attn::populateStatePatterns(RewritePatternSet &patterns) {
  patterns.add<DecomposeInitState, DecomposeAttend, DecomposeMergeStates,
               DecomposeFinalizeState>(patterns.getContext());
}
