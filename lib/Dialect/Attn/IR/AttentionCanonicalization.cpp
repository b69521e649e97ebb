//===- AttentionCanonicalization.cpp - Attention takes in its neighbors --===//
#include "RegionSimplification.h"
#include "Verify.h"
#include "attn/Dialect/Attn/IR/AttnLayout.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

/// The operand of the elementwise conversion of kind OpTy that makes `value`,
/// on tensors or as the body of a linalg.generic; null where there is none.
template <typename OpTy> static Value matchConversion(Value value) {
  if (auto op = value.getDefiningOp<OpTy>())
    return op->hasAttr("roundingmode") ? Value() : op.getIn();
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumDpsInits() != 1 ||
      !llvm::all_of(generic.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isIdentity(); }))
    return {};
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  auto op = yield.getOperand(0).getDefiningOp<OpTy>();
  return op && !op->hasAttr("roundingmode") &&
                 op.getIn() == generic.getBody()->getArgument(0)
             ? generic.getDpsInputs()[0]
             : Value();
}

namespace {

/// attention(transpose(x)) -> attention(x) with the permutation in x's layout.
struct FoldTransposeIntoLayout : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    using Setter = void (AttentionOp::*)(DenseI64ArrayAttr);
    struct Input {
      OpOperand &operand;
      DenseI64ArrayAttr layout;
      Setter set;
    };
    Input inputs[] = {{op.getQueryMutable(), op.getQueryLayoutAttr(),
                       &AttentionOp::setQueryLayoutAttr},
                      {op.getKeyMutable(), op.getKeyLayoutAttr(),
                       &AttentionOp::setKeyLayoutAttr},
                      {op.getValueMutable(), op.getValueLayoutAttr(),
                       &AttentionOp::setValueLayoutAttr}};
    for (Input &input : inputs) {
      auto transpose = input.operand.get().getDefiningOp<linalg::TransposeOp>();
      if (!transpose || !isa<RankedTensorType>(transpose.getInput().getType()))
        continue;
      // Dimension p of the transposed tensor is dimension perm[p] of its
      // source.
      SmallVector<int64_t> layout = getLayout(input.layout, 4), source(4);
      for (auto [p, from] : llvm::enumerate(transpose.getPermutation()))
        source[from] = layout[p];
      rewriter.modifyOpInPlace(op, [&] {
        input.operand.set(transpose.getInput());
        (op.*input.set)(getLayoutAttr(op.getContext(), source));
      });
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "expected an operand that is a transpose");
  }
};

/// The sizes of `value`, where the op that makes it names them; or none.
static SmallVector<OpFoldResult> getNamedSizes(Value value) {
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>())
    return expand.getMixedOutputShape();
  auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
  if (slice && slice.getSourceType().getRank() == slice.getType().getRank())
    return slice.getMixedSizes();
  return {};
}

/// What `value` has the elements of, in the same order.
static Value skipReshapes(Value value) {
  while (true) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      return value;
    value = op->getOperand(0);
  }
}

static bool areEqual(ArrayRef<OpFoldResult> lhs, ArrayRef<OpFoldResult> rhs) {
  return llvm::equal(lhs, rhs, [](OpFoldResult a, OpFoldResult b) {
    return isEqualConstantIntOrValue(a, b);
  });
}

/// x [a, b, c, d] if `value` is [a, b, d, c] of it by way of [a b, c, d] and
/// [a b, d, c], or null.
static Value findTransposedMatrices(Value value) {
  auto transpose = skipReshapes(value).getDefiningOp<linalg::TransposeOp>();
  if (!transpose || transpose.getPermutation() != ArrayRef<int64_t>{0, 2, 1})
    return {};
  const Value source = skipReshapes(transpose.getInput());
  const SmallVector<OpFoldResult> after = getNamedSizes(value),
                                  inside = getNamedSizes(transpose.getInput()),
                                  before = getNamedSizes(source);
  if (after.size() != 4 || inside.size() != 3 || before.size() != 4)
    return {};
  const OpFoldResult exchanged[] = {before[0], before[1], before[3], before[2]};
  return areEqual(after, exchanged) && areEqual(ArrayRef(before).take_back(2),
                                                ArrayRef(inside).take_back(2))
             ? source
             : Value();
}

/// attention(reshape(transpose(reshape(x)))) -> attention(transpose(x)), where
/// only batches and heads were one dimension in between.
struct SplitHeadsBeforeTranspose : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand *operand : {&op.getKeyMutable(), &op.getValueMutable()}) {
      Value source = findTransposedMatrices(operand->get());
      if (!source)
        continue;
      Value empty = tensor::EmptyOp::create(
          rewriter, op.getLoc(), getNamedSizes(operand->get()),
          getElementTypeOrSelf(source.getType()));
      if (empty.getType() != operand->get().getType())
        continue;
      Value transposed =
          linalg::TransposeOp::create(rewriter, op.getLoc(), source, empty,
                                      ArrayRef<int64_t>{0, 1, 3, 2})
              ->getResult(0);
      rewriter.modifyOpInPlace(op, [&] { operand->set(transposed); });
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "expected an operand that is a transpose of matrices");
  }
};

/// transpose(attention) -> attention with the permutation in its output layout,
/// when nothing else reads the output.
struct FoldTransposeOfOutput : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOutput().hasOneUse())
      return rewriter.notifyMatchFailure(op,
                                         "expected the output to have one use");
    auto transpose =
        dyn_cast<linalg::TransposeOp>(*op.getOutput().user_begin());
    if (!transpose || transpose.getInput() != op.getOutput())
      return rewriter.notifyMatchFailure(op,
                                         "expected a transpose of the output");
    SmallVector<int64_t> layout = getLayout(op.getOutputLayoutAttr(), 4),
                         result;
    for (int64_t from : transpose.getPermutation())
      result.push_back(layout[from]);
    rewriter.modifyOpInPlace(op, [&] {
      op.getOutput().setType(
          cast<RankedTensorType>(transpose.getResult()[0].getType()));
      op.setOutputLayoutAttr(getLayoutAttr(op.getContext(), result));
    });
    rewriter.replaceOp(transpose, op.getOutput());
    return success();
  }
};

/// attention(q, extend(k), extend(v)) -> attention(q, k, v): scores are wide
/// enough anyway, and narrow keys and values are read, not a wide copy of them.
/// Where the query is narrow, too, products of narrow numbers might be chosen,
/// and the graph asks for wide ones: its own extension stays.
struct FoldExtensionOfKeyAndValue : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand *operand : {&op.getKeyMutable(), &op.getValueMutable()}) {
      Value narrow = matchConversion<arith::ExtFOp>(operand->get());
      if (!narrow || !isa<Float16Type, BFloat16Type>(
                         getElementTypeOrSelf(narrow.getType())))
        continue;
      Value other =
          operand == &op.getKeyMutable() ? op.getValue() : op.getKey();
      if (getScoreTypeOf({op.getQuery().getType(), narrow.getType(),
                          other.getType()}) != op.getScoreType())
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand->set(narrow); });
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "expected a key or value that is an extension");
  }
};

/// truncate(attention) -> attention with a narrow output, when nothing else
/// reads the output: it is rounded once, at the end.
struct FoldTruncationOfOutput : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOutput().hasOneUse() ||
        getElementTypeOrSelf(op.getOutput().getType()) != op.getScoreType())
      return rewriter.notifyMatchFailure(
          op, "expected one use of an output of the score type");
    Operation *user = *op.getOutput().user_begin();
    if (user->getNumResults() != 1 ||
        matchConversion<arith::TruncFOp>(user->getResult(0)) != op.getOutput())
      return rewriter.notifyMatchFailure(op,
                                         "expected the output to be truncated");
    auto type = cast<RankedTensorType>(user->getResult(0).getType());
    rewriter.modifyOpInPlace(op, [&] { op.getOutput().setType(type); });
    rewriter.replaceOp(user, op.getOutput());
    return success();
  }
};

/// A result that nobody reads is not computed.
struct EraseUnusedResults : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    bool dropLse = op.getLse() && op.getLse().use_empty();
    bool dropScores = op.getScores() && op.getScores().use_empty();
    if (!dropLse && !dropScores)
      return rewriter.notifyMatchFailure(
          op, "expected an unused lse or scores result");
    SmallVector<Type> types{op.getOutput().getType()};
    SmallVector<Value> kept{op.getOutput()};
    for (auto [result, drop] :
         {std::pair(op.getLse(), dropLse), {op.getScores(), dropScores}})
      if (result && !drop) {
        types.push_back(result.getType());
        kept.push_back(result);
      }
    OperationState state(op.getLoc(), AttentionOp::getOperationName());
    state.addOperands(op->getOperands());
    state.addTypes(types);
    for (unsigned i = 0; i < 3; ++i)
      state.addRegion();
    state.propertiesAttr = op->getPropertiesAsAttribute();
    auto replacement = cast<AttentionOp>(rewriter.create(state));
    auto &segments = replacement.getProperties().resultSegmentSizes;
    segments = {1, op.getLse() && !dropLse, op.getScores() && !dropScores};
    if (dropLse)
      replacement.removeLseLayoutAttr();
    if (dropScores) {
      replacement.removeScoresLayoutAttr();
      replacement.removeScoresStageAttr();
    }
    for (auto [from, to] :
         llvm::zip(op->getRegions(), replacement->getRegions()))
      rewriter.inlineRegionBefore(from, to, to.end());
    rewriter.replaceAllUsesWith(kept, replacement->getResults());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<
      EraseConstantTrueMask<AttentionOp>, EraseIdentityRegions<AttentionOp>,
      FoldTransposeIntoLayout, SplitHeadsBeforeTranspose, FoldTransposeOfOutput,
      FoldExtensionOfKeyAndValue, FoldTruncationOfOutput, EraseUnusedResults>(
      context);
}
