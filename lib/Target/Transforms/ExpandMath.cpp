//===- ExpandMath.cpp - Functions as arithmetic on whole vectors ----------===//

#include "ExpandMath/DoubleMath.h"
#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

#include <limits>

namespace mlir::attn {
#define GEN_PASS_DEF_EXPANDMATH
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

using Function = Value (MathBuilder::*)(Value);

/// One function of one argument, in f32, and f64 where `isForDouble`.
template <typename Op> struct ExpandFunction : OpRewritePattern<Op> {
  ExpandFunction(MLIRContext *context, bool hasFMA, Function function,
                 bool isForDouble = false)
      : OpRewritePattern<Op>(context), hasFMA(hasFMA), function(function),
        isForDouble(isForDouble) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType(), element = getElementTypeOrSelf(type);
    auto vector = dyn_cast<VectorType>(type);
    if (!element.isF32() && !(isForDouble && element.isF64()))
      return rewriter.notifyMatchFailure(op, "expected f32");
    if (vector && (vector.getRank() != 1 || vector.isScalable()))
      return rewriter.notifyMatchFailure(op, "expected a scalar or a vector");
    if (op->hasAttr(kExactAttr))
      return rewriter.notifyMatchFailure(op, "expected ordinary arguments");
    MathBuilder builder(op.getLoc(), rewriter, type, hasFMA);
    rewriter.replaceOp(op, (builder.*function)(op.getOperand()));
    return success();
  }

  bool hasFMA;
  Function function;
  bool isForDouble;
};

/// x to the power of a small constant: products, roots and quotients.
struct ExpandConstantPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op,
                                PatternRewriter &rewriter) const override {
    APFloat exponent(0.0);
    if (!matchPattern(op.getRhs(), m_ConstantFloat(&exponent)))
      return rewriter.notifyMatchFailure(op, "expected a constant exponent");
    bool isInexact;
    exponent.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &isInexact);
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value power = raise(b, op.getLhs(), std::abs(exponent.convertToDouble()));
    if (!power)
      return rewriter.notifyMatchFailure(
          op, "expected an exponent of 1/2, 1, 2, 3 or 4, or minus that");
    if (exponent.isNegative())
      power = arith::DivFOp::create(b, constant(b, power.getType(), 1), power);
    rewriter.replaceOp(op, power);
    return success();
  }

  static Value constant(ImplicitLocOpBuilder &b, Type type, double value) {
    TypedAttr attr = FloatAttr::get(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  }

  static Value raise(ImplicitLocOpBuilder &b, Value x, double exponent) {
    if (exponent == 0.5)
      return takeRoot(b, x);
    if (exponent == 1)
      return x;
    if (exponent != 2 && exponent != 3 && exponent != 4)
      return {};
    Value square = arith::MulFOp::create(b, x, x);
    if (exponent == 2)
      return square;
    return arith::MulFOp::create(b, square, exponent == 3 ? x : square);
  }

  /// Unlike the square root, this is 0 for -0 and infinite for -infinity.
  static Value takeRoot(ImplicitLocOpBuilder &b, Value x) {
    Type type = x.getType();
    const double infinity = std::numeric_limits<double>::infinity();
    Value root = math::SqrtOp::create(
        b, arith::AddFOp::create(b, x, constant(b, type, 0)).getResult());
    Value isLeast = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x,
                                          constant(b, type, -infinity));
    return arith::SelectOp::create(b, isLeast, constant(b, type, infinity),
                                   root);
  }
};

/// A function of scalars, in f64, of which f32 takes the nearest.
template <typename Op, typename Method>
struct ExpandInDouble : OpRewritePattern<Op> {
  ExpandInDouble(MLIRContext *context, Method function)
      : OpRewritePattern<Op>(context), function(function) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!type.isF32() && !type.isF64())
      return rewriter.notifyMatchFailure(op, "expected f32 or f64");
    DoubleMath builder(op.getLoc(), rewriter);
    SmallVector<Value, 2> operands(op->getOperands());
    if (type.isF32())
      for (Value &operand : operands)
        operand = arith::ExtFOp::create(builder, builder.getF64Type(), operand);
    Value result = apply(builder, operands);
    if (type.isF32())
      result = arith::TruncFOp::create(builder, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }

  Value apply(DoubleMath &builder, ArrayRef<Value> operands) const {
    if constexpr (Op::template hasTrait<OpTrait::OneOperand>())
      return (builder.*function)(operands[0]);
    else
      return (builder.*function)(operands[0], operands[1]);
  }

  Method function;
};

template <typename Op, typename Method>
void addInDouble(RewritePatternSet &patterns, Method function) {
  patterns.add<ExpandInDouble<Op, Method>>(patterns.getContext(), function);
}

/// What the polynomials of f32 leave.
void populateInDouble(RewritePatternSet &patterns) {
  addInDouble<math::LogOp>(patterns, &DoubleMath::log);
  addInDouble<math::Log2Op>(patterns, &DoubleMath::log2);
  addInDouble<math::Log10Op>(patterns, &DoubleMath::log10);
  addInDouble<math::Log1pOp>(patterns, &DoubleMath::logOnePlus);
  addInDouble<math::Exp2Op>(patterns, &DoubleMath::exp2);
  addInDouble<math::ExpM1Op>(patterns, &DoubleMath::expMinusOne);
  addInDouble<math::PowFOp>(patterns, &DoubleMath::power);
  addInDouble<math::CbrtOp>(patterns, &DoubleMath::cubeRoot);
  addInDouble<math::SinhOp>(patterns, &DoubleMath::sinh);
  addInDouble<math::CoshOp>(patterns, &DoubleMath::cosh);
  addInDouble<math::AsinhOp>(patterns, &DoubleMath::asinh);
  addInDouble<math::AcoshOp>(patterns, &DoubleMath::acosh);
  addInDouble<math::AtanhOp>(patterns, &DoubleMath::atanh);
  addInDouble<math::SinOp>(patterns, &DoubleMath::sine);
  addInDouble<math::CosOp>(patterns, &DoubleMath::cosine);
  addInDouble<math::TanOp>(patterns, &DoubleMath::tangent);
  addInDouble<math::AtanOp>(patterns, &DoubleMath::arcTangent);
  addInDouble<math::Atan2Op>(patterns, &DoubleMath::arcTangent2);
  addInDouble<math::AsinOp>(patterns, &DoubleMath::arcSine);
  addInDouble<math::AcosOp>(patterns, &DoubleMath::arcCosine);
  addInDouble<math::ErfOp>(patterns, &DoubleMath::erf);
  addInDouble<math::ErfcOp>(patterns, &DoubleMath::erfc);
}

struct ExpandMath : attn::impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    const bool hasFMA = hasFusedMultiplyAdd(getOperation());
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<ExpandFunction<math::ExpOp>>(context, hasFMA,
                                              &MathBuilder::exp, true);
    patterns.add<ExpandFunction<math::Exp2Op>>(context, hasFMA,
                                               &MathBuilder::exp2);
    patterns.add<ExpandFunction<math::TanhOp>>(context, hasFMA,
                                               &MathBuilder::tanh, true);
    patterns.add<ExpandFunction<math::ExpM1Op>>(context, hasFMA,
                                                &MathBuilder::expMinusOne);
    patterns.add<ExpandFunction<math::ErfOp>>(context, hasFMA,
                                              &MathBuilder::erf);
    patterns.add<ExpandFunction<math::LogOp>>(context, hasFMA,
                                              &MathBuilder::log);
    patterns.add<ExpandFunction<math::Log2Op>>(context, hasFMA,
                                               &MathBuilder::log2);
    patterns.add<ExpandFunction<math::Log10Op>>(context, hasFMA,
                                                &MathBuilder::log10);
    patterns.add<ExpandFunction<math::Log1pOp>>(context, hasFMA,
                                                &MathBuilder::logOnePlus);
    patterns.add<ExpandFunction<math::SinOp>>(context, hasFMA,
                                              &MathBuilder::sine);
    patterns.add<ExpandFunction<math::CosOp>>(context, hasFMA,
                                              &MathBuilder::cosine);
    patterns.add<ExpandConstantPower>(context);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    if (!complete)
      return;
    RewritePatternSet others(context);
    populateInDouble(others);
    walkAndApplyPatterns(getOperation(), std::move(others));
  }
};

} // namespace
