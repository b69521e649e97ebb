//===- UseAVX512.cpp - Instructions that LLVM does not find ---------------===//

#include "attn/Target/X86/Passes.h"

#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnOps.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_USEAVX512
#include "attn/Target/X86/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kLanes = 16;

static Value callIntrinsic(ImplicitLocOpBuilder &b, Type type, StringRef name,
                           ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands)
      .getResult(0);
}

static Value constant(ImplicitLocOpBuilder &b, unsigned bits, int64_t value) {
  return arith::ConstantOp::create(
      b, b.getIntegerAttr(b.getIntegerType(bits), value));
}

static Value splat(ImplicitLocOpBuilder &b, TypedAttr value) {
  auto type = VectorType::get({kLanes}, value.getType());
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, {Attribute(value)}));
}
static Value splat(ImplicitLocOpBuilder &b, float value) {
  return splat(b, b.getF32FloatAttr(value));
}

// Found by Remez exchange: the largest relative error is least, 7.5e-5, 2.6e-6
// and 7.5e-8. On [0, 1):
static const float aboveFloor3[] = {0.9999252185627154, 0.6958335404947538,
                                    0.22606715542748146, 0.07802452264048024};
static const float aboveFloor4[] = {1.000002593370694, 0.6930038344699917,
                                    0.24144275689141947, 0.05201146061045066,
                                    0.013534167916056408};
static const float aboveFloor5[] = {0.9999999250635878,   0.6931530732026261,
                                    0.24015361702112634,  0.0558263181162335,
                                    0.008989340023581907, 0.001877576700019989};
// On [-1/2, 1/2], by x + 1/2:
static const float around3[] = {0.9999280735394012, 0.6932609854606551,
                                0.2426111221932157, 0.055171669057926885};
static const float around4[] = {0.9999992614457122, 0.693121814736689,
                                0.2402474482786391, 0.055917860319388446,
                                0.00957010191116089};
static const float around5[] = {1.0000000716546416,   0.693146967065265,
                                0.24022119723969182,  0.05550713272875392,
                                0.009675541331021392, 0.0013276472167819944};
static const ArrayRef<float> aboveFloor[] = {aboveFloor3, aboveFloor4,
                                             aboveFloor5};
static const ArrayRef<float> aroundNearest[] = {around3, around4, around5};

namespace {

struct ApproximateExp2 : OpRewritePattern<X86Exp2Op> {
  ApproximateExp2(MLIRContext *context, bool hasInstructions)
      : OpRewritePattern(context), hasInstructions(hasInstructions) {}

  LogicalResult matchAndRewrite(X86Exp2Op op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    const int64_t degree = op.getDegree() - 3;
    Value x = op.getX();
    if (!op.getFinite()) {
      Value f = hasInstructions ? reduce(b, x) : emulateReduce(b, x);
      rewriter.replaceOp(op, scale(b, evaluate(b, aboveFloor[degree], f), x));
      return success();
    }
    Value nearest = round(b, x);
    Value f = arith::SubFOp::create(b, x, nearest);
    rewriter.replaceOp(
        op, scale(b, evaluate(b, aroundNearest[degree], f), nearest));
    return success();
  }

private:
  static Value evaluate(ImplicitLocOpBuilder &b, ArrayRef<float> polynomial,
                        Value f) {
    Value power = splat(b, polynomial.back());
    for (float coefficient : llvm::reverse(polynomial.drop_back()))
      power = math::FmaOp::create(b, power, f, splat(b, coefficient));
    return power;
  }

  /// Additions do not round to less than 1 there, and leave large numbers as
  /// they are; of infinities, x minus that is NaN.
  static Value round(ImplicitLocOpBuilder &b, Value x) {
    Value large = splat(b, 0x1.8p23f);
    return arith::SubFOp::create(b, arith::AddFOp::create(b, x, large), large);
  }

  static Value reduce(ImplicitLocOpBuilder &b, Value x) {
    Value floorWithoutException = constant(b, 32, 1 | 8);
    return callIntrinsic(
        b, x.getType(), "llvm.x86.avx512.mask.reduce.ps.512",
        {x, floorWithoutException, splat(b, 0.0f), allLanes(b), asInMXCSR(b)});
  }
  Value scale(ImplicitLocOpBuilder &b, Value power, Value x) const {
    if (!hasInstructions)
      return emulateScale(b, power, x);
    return callIntrinsic(b, x.getType(), "llvm.x86.avx512.mask.scalef.ps.512",
                         {power, x, splat(b, 0.0f), allLanes(b), asInMXCSR(b)});
  }
  static Value allLanes(ImplicitLocOpBuilder &b) { return constant(b, 16, -1); }
  static Value asInMXCSR(ImplicitLocOpBuilder &b) { return constant(b, 32, 4); }

  /// x - floor(x); 0 for infinities.
  static Value emulateReduce(ImplicitLocOpBuilder &b, Value x) {
    Value isInfinite = arith::CmpFOp::create(
        b, arith::CmpFPredicate::OEQ, math::AbsFOp::create(b, x),
        splat(b, std::numeric_limits<float>::infinity()));
    Value rest = arith::SubFOp::create(b, x, math::FloorOp::create(b, x));
    return arith::SelectOp::create(b, isInfinite, splat(b, 0.0f), rest);
  }

  /// power * 2^floor(x), in two factors: either is in range of itself. NaN
  /// comes with `power`.
  static Value emulateScale(ImplicitLocOpBuilder &b, Value power, Value x) {
    constexpr float most = 252; // of an exponent, twice that of a factor
    Value inRange = arith::MaxNumFOp::create(
        b,
        arith::MinNumFOp::create(b, math::FloorOp::create(b, x),
                                 splat(b, most)),
        splat(b, -most));
    VectorType integers = VectorType::get({kLanes}, b.getI32Type());
    Value exponent = arith::FPToSIOp::create(b, integers, inRange);
    Value one = splat(b, b.getI32IntegerAttr(1));
    Value half = arith::ShRSIOp::create(b, exponent, one);
    Value rest = arith::SubIOp::create(b, exponent, half);
    Value product = power;
    for (Value part : {half, rest}) {
      Value biased =
          arith::AddIOp::create(b, part, splat(b, b.getI32IntegerAttr(127)));
      Value bits =
          arith::ShLIOp::create(b, biased, splat(b, b.getI32IntegerAttr(23)));
      product = arith::MulFOp::create(
          b, product, arith::BitcastOp::create(b, x.getType(), bits));
    }
    return product;
  }

  bool hasInstructions;
};

/// One vector that may lose subnormal numbers (afn).
struct RoundToBFloat : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    auto from = VectorType::get({kLanes}, rewriter.getF32Type());
    auto to = VectorType::get({kLanes}, rewriter.getBF16Type());
    arith::FastMathFlags flags =
        op.getFastmath().value_or(arith::FastMathFlags::none);
    if (!arith::bitEnumContainsAll(flags, arith::FastMathFlags::afn) ||
        op.getIn().getType() != from || op.getType() != to)
      return rewriter.notifyMatchFailure(op, "expected 16 f32 as bf16, afn");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, callIntrinsic(b, to,
                                         "llvm.x86.avx512bf16.cvtneps2bf16.512",
                                         {op.getIn()}));
    return success();
  }
};

/// Two vectors are rounded in one instruction; its second operand becomes the
/// lower half.
struct RoundPairsToBFloat : OpRewritePattern<vector::InterleaveOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(vector::InterleaveOp op,
                                PatternRewriter &rewriter) const override {
    auto even = op.getLhs().getDefiningOp<arith::TruncFOp>();
    auto odd = op.getRhs().getDefiningOp<arith::TruncFOp>();
    auto from = VectorType::get({kLanes}, rewriter.getF32Type());
    auto to = VectorType::get({2 * kLanes}, rewriter.getBF16Type());
    if (!even || !odd || even.getIn().getType() != from ||
        odd.getIn().getType() != from || op.getType() != to)
      return rewriter.notifyMatchFailure(op, "expected 16 f32 as bf16, twice");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value halves = callIntrinsic(b, to, "llvm.x86.avx512bf16.cvtne2ps2bf16.512",
                                 {odd.getIn(), even.getIn()});
    SmallVector<int64_t> order;
    for (int64_t i = 0; i < kLanes; ++i)
      order.append({i, kLanes + i});
    rewriter.replaceOpWithNewOp<vector::ShuffleOp>(op, halves, halves, order);
    return success();
  }
};

struct UseAVX512 : attn::impl::UseAVX512Base<UseAVX512> {
  void runOnOperation() override {
    if (isa_and_nonnull<GPUTargetAttr>(getTarget(getOperation())))
      return;
    CPUTargetAttr target = getCPUTarget(getOperation());
    RewritePatternSet patterns(&getContext());
    patterns.add<ApproximateExp2>(&getContext(), target.hasFeature("avx512dq"));
    if (target.hasFeature("avx512bf16"))
      patterns.add<RoundToBFloat, RoundPairsToBFloat>(&getContext());
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<X86Exp2Op, vector::InterleaveOp, arith::TruncFOp>(op))
        ops.push_back(op);
    });
    // Constants of many are one, as folding has it.
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(ops, std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
