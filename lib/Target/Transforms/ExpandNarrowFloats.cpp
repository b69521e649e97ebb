//===- ExpandNarrowFloats.cpp - f16 and bf16 on every CPU -----------------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_EXPANDNARROWFLOATS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static bool isNarrow(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

static Type withElement(Type type, Type element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(element);
  return element;
}

namespace {

/// int -> f16 or bf16 goes through a type that holds every such integer, so
/// that the rounding to 11 or 8 bits is the only one. (A 64-bit integer beyond
/// 2^53 is rounded to f64 first.)
template <typename Op> struct ConvertIntegerOnce : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!isNarrow(op.getType()))
      return rewriter.notifyMatchFailure(op, "expected f16 or bf16");
    Type from = getElementTypeOrSelf(op.getIn().getType());
    Type exact = from.getIntOrFloatBitWidth() <= 16
                     ? Type(rewriter.getF32Type())
                     : Type(rewriter.getF64Type());
    Type wide = withElement(op.getType(), exact);
    Value value = Op::create(rewriter, op.getLoc(), wide, op.getIn());
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), value);
    return success();
  }
};

/// f16, bf16 -> int goes through f32, which is exact.
template <typename Op> struct ConvertToInteger : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!isNarrow(op.getIn().getType()))
      return rewriter.notifyMatchFailure(op, "expected f16 or bf16");
    Type wide = withElement(op.getIn().getType(), rewriter.getF32Type());
    Value value =
        arith::ExtFOp::create(rewriter, op.getLoc(), wide, op.getIn());
    rewriter.replaceOpWithNewOp<Op>(op, op.getType(), value);
    return success();
  }
};

/// bf16 -> f64 in two exact steps, of which the first is a shift.
struct ExtendInTwoSteps : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isNarrow(op.getIn().getType()) ||
        !getElementTypeOrSelf(op.getType()).isF64())
      return rewriter.notifyMatchFailure(op, "expected f16 or bf16 to f64");
    Type middle = withElement(op.getType(), rewriter.getF32Type());
    Value value =
        arith::ExtFOp::create(rewriter, op.getLoc(), middle, op.getIn());
    rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), value);
    return success();
  }
};

/// `value` in `type`, i32 or a vector or tensor of it.
static Value splat(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  TypedAttr attr = b.getI32IntegerAttr(value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    attr = DenseElementsAttr::get(shaped, ArrayRef<Attribute>(attr));
  return arith::ConstantOp::create(b, attr);
}

/// f32 -> bf16: add half of what is cut off, ties to even; NaN becomes the
/// quiet NaN of its sign and top bits.
struct RoundToBFloat : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isBF16() ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "expected f32 to bf16");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type i32 = withElement(op.getType(), b.getI32Type());
    Type i16 = withElement(op.getType(), b.getI16Type());
    auto constant = [&](int64_t value) { return splat(b, i32, value); };
    Value bits = arith::BitcastOp::create(b, i32, op.getIn());
    Value cut = constant(16);
    Value last = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, cut),
                                       constant(1));
    Value rounded = arith::AddIOp::create(
        b, bits, arith::AddIOp::create(b, last, constant(0x7fff)));
    Value quiet = arith::OrIOp::create(b, bits, constant(0x400000));
    Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO,
                                        op.getIn(), op.getIn());
    Value chosen = arith::SelectOp::create(b, isNaN, quiet, rounded);
    Value high =
        arith::TruncIOp::create(b, i16, arith::ShRUIOp::create(b, chosen, cut));
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), high);
    return success();
  }
};

/// bf16 -> f32: the upper half of the bits.
struct ExtendBFloat : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getIn().getType()).isBF16() ||
        !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "expected bf16 to f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Type i32 = withElement(op.getType(), b.getI32Type());
    Type i16 = withElement(op.getType(), b.getI16Type());
    Value bits = arith::BitcastOp::create(b, i16, op.getIn());
    Value wide = arith::ExtUIOp::create(b, i32, bits);
    Value high = arith::ShLIOp::create(b, wide, splat(b, i32, 16));
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), high);
    return success();
  }
};

struct ExpandNarrowFloats
    : attn::impl::ExpandNarrowFloatsBase<ExpandNarrowFloats> {
  void runOnOperation() override {
    if (failed(convertIntegers()) || failed(computeInSingle()) ||
        failed(expandConversions()))
      signalPassFailure();
  }

  /// Arithmetic in f32, rounded back after each op: for +, -, *, / and sqrt
  /// that is the correctly rounded result, because f32 has more than twice the
  /// bits.
  LogicalResult computeInSingle() {
    TypeConverter converter;
    Builder builder(&getContext());
    SmallVector<Type> narrow = {builder.getF16Type(), builder.getBF16Type()};
    arith::populateEmulateUnsupportedFloatsConversions(converter, narrow,
                                                       builder.getF32Type());
    ConversionTarget target(getContext());
    arith::populateEmulateUnsupportedFloatsLegality(target, converter);
    target.addLegalOp<arith::SelectOp>();
    auto isIllegal = [&](Operation *op) {
      return target.isIllegal(op) ? WalkResult::interrupt()
                                  : WalkResult::advance();
    };
    if (!getOperation().walk(isIllegal).wasInterrupted())
      return success();
    RewritePatternSet patterns(&getContext());
    arith::populateEmulateUnsupportedFloatsPatterns(patterns, converter);
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      return failure();
    // Upstream lets later folds drop the rounding in between; we do not.
    getOperation().walk([](Operation *op) {
      if (auto trunc = dyn_cast<arith::TruncFOp>(op))
        trunc.removeFastmathAttr();
      if (auto extend = dyn_cast<arith::ExtFOp>(op))
        extend.removeFastmathAttr();
    });
    return success();
  }

  /// Before arithmetic, which would take integers through f32.
  LogicalResult convertIntegers() {
    RewritePatternSet patterns(&getContext());
    patterns.add<ConvertIntegerOnce<arith::SIToFPOp>,
                 ConvertIntegerOnce<arith::UIToFPOp>,
                 ConvertToInteger<arith::FPToSIOp>,
                 ConvertToInteger<arith::FPToUIOp>>(&getContext());
    return rewrite<arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp,
                   arith::FPToUIOp>(std::move(patterns));
  }

  LogicalResult expandConversions() {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExtendInTwoSteps, RoundToBFloat, ExtendBFloat>(&getContext());
    return rewrite<arith::TruncFOp, arith::ExtFOp>(std::move(patterns));
  }

  /// Those of `Ops` that have to do with narrow types, and what becomes of
  /// them: most of a module has not.
  template <typename... Ops> LogicalResult rewrite(RewritePatternSet patterns) {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<Ops...>(op) && (isNarrow(op->getOperand(0).getType()) ||
                              isNarrow(op->getResult(0).getType())))
        ops.push_back(op);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    return applyOpPatternsGreedily(ops, std::move(patterns), config);
  }
};

} // namespace
