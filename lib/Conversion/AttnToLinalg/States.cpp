//===- States.cpp - init_state and merge_states on tensors ----------------===//
#include "States.h"
#include "AttentionSteps.h"
#include "Patterns.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace mlir::attn;

using Values = SmallVector<Value>;

void attn::addState(SharedDims &dims, const State &state) {
  for (const ShapedOperand *operand : {&state.acc, &state.max, &state.sum})
    dims.addRows(*operand);
  dims.valueFeatures.push_back({&state.acc, Feature});
}

DimLoops attn::getStateLoops() {
  return {{Loop::Batch}, {Loop::KvHead}, {Loop::Query}, {Loop::ValueFeature}};
}

LoopSizes attn::resolveStateSizes(OpBuilder &builder, Location loc,
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

namespace {

/// (0, -inf, 0), where the op says that it lives.
struct DecomposeInitState : OpRewritePattern<InitStateOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(InitStateOp op,
                                PatternRewriter &rewriter) const override {
    auto fill = [&](Value result, double start) {
      auto type = cast<RankedTensorType>(result.getType());
      // The dynamic sizes are acc's, in order: max and sum lack its last.
      ValueRange sizes =
          ValueRange(op.getSizes()).take_front(type.getNumDynamicDims());
      Value empty = createEmpty(op, type, sizes, rewriter);
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

  static Value createEmpty(InitStateOp op, RankedTensorType type,
                           ValueRange sizes, OpBuilder &builder) {
    if (!op.getInScratch())
      return tensor::EmptyOp::create(builder, op.getLoc(), type, sizes);
    auto alloc =
        bufferization::AllocTensorOp::create(builder, op.getLoc(), type, sizes);
    alloc.setMemorySpaceAttr(ScratchAttr::get(op.getContext()));
    return alloc;
  }
};

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
    SmallVector<LoopTensor> rows = getMaximumAndFactors(loops, lhs, rhs);
    ArrayRef<LoopTensor> factors = ArrayRef(rows).drop_front();
    rewriter.replaceOp(op, {merge(loops, factors, lhs.acc, rhs.acc),
                            loops.unview(rows.front(), lhs.max.layout,
                                         getStateLoops(), lhs.max.type),
                            merge(loops, factors, lhs.sum, rhs.sum)});
    return success();
  }

  /// m = max(m1, m2), exp(m1 - m) and exp(m2 - m), once a row. m takes m1's
  /// place, as the rest takes lhs's: in a loop over states nothing is copied.
  static SmallVector<LoopTensor> getMaximumAndFactors(AttentionLoops &loops,
                                                      const State &lhs,
                                                      const State &rhs) {
    LoopTensor left = loops.view(lhs.max, getStateLoops());
    LoopTensor right = loops.view(rhs.max, getStateLoops());
    LoopTensor factor = loops.empty(left.loops, lhs.max.type.getElementType());
    return loops.generic(
        left.loops, {right}, {left, factor, factor},
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Value maximum = arith::MaximumFOp::create(b, l, args[1], args[0]);
          return {maximum, getStateFactor(b, l, args[1], maximum),
                  getStateFactor(b, l, args[0], maximum)};
        });
  }

  /// left * exp(m1 - m) + right * exp(m2 - m), for acc and for sum.
  static Value merge(AttentionLoops &loops, ArrayRef<LoopTensor> factors,
                     const ShapedOperand &left, const ShapedOperand &right) {
    LoopTensor into = loops.view(left, getStateLoops());
    auto result = loops.generic(
        into.loops,
        {loops.view(right, getStateLoops()), factors[0], factors[1]}, into,
        [&](OpBuilder &b, Location l, ValueRange args) -> Values {
          Value first = arith::MulFOp::create(b, l, args[3], args[1]);
          Value second = arith::MulFOp::create(b, l, args[0], args[2]);
          return {arith::AddFOp::create(b, l, first, second)};
        });
    return loops.unview(result.front(), left.layout, getStateLoops(),
                        left.type);
  }
};

} // namespace

void attn::populateStatePatterns(RewritePatternSet &patterns) {
  patterns.add<DecomposeInitState, DecomposeMergeStates>(patterns.getContext());
  populateFinalizeStatePatterns(patterns);
}
