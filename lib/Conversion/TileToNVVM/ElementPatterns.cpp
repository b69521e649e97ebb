//===- ElementPatterns.cpp - Elements and rows that a lane holds ----------===//
#include "LaneBuilder.h"
#include "Patterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn::tile;

/// A copy of the body of a map.
static SmallVector<Value> inlined(OpBuilder &b, Block &body, ValueRange args) {
  IRMapping mapping;
  mapping.map(body.getArguments(), args);
  for (Operation &op : body.without_terminator())
    b.clone(op, mapping);
  SmallVector<Value> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(mapping.lookupOrDefault(value));
  return results;
}

namespace {

struct LowerFill : OpConversionPattern<FillOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(FillOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Type> registers;
    if (failed(getTypeConverter()->convertType(op.getResult().getType(),
                                               registers)))
      return failure();
    SmallVector<Value> values(registers.size(), op.getValue());
    rewriter.replaceOpWithMultiple(op, {values});
    return success();
  }
};

struct LowerMap : OpConversionPattern<MapOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MapOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder lane(rewriter, op.getLoc());
    SmallVector<Value> acc(adaptor.getAcc());
    const int64_t inRow = acc.size() / 2;
    for (int64_t half : {0, 1})
      for (int64_t n = 0; n < inRow; ++n) {
        Value &element = acc[getRegister(half, n)];
        SmallVector<Value> args{element};
        for (ValueRange rows : adaptor.getRows())
          args.push_back(rows[half]);
        args.push_back(lane.getRow(half));
        args.push_back(lane.getColumn(n));
        element = inlined(rewriter, op.getBody().front(), args).front();
      }
    rewriter.replaceOpWithMultiple(op, {acc});
    return success();
  }
};

struct LowerMapRows : OpConversionPattern<MapRowsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MapRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder lane(rewriter, op.getLoc());
    SmallVector<SmallVector<Value>> results(op.getNumResults());
    for (int64_t half : {0, 1}) {
      SmallVector<Value> args;
      for (ValueRange rows : adaptor.getRows())
        args.push_back(rows[half]);
      args.push_back(lane.getRow(half));
      for (auto [all, value] : llvm::zip_equal(
               results, inlined(rewriter, op.getBody().front(), args)))
        all.push_back(value);
    }
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }
};

struct LowerReduceRows : OpConversionPattern<ReduceRowsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReduceRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    ValueRange acc = adaptor.getAcc();
    auto combine = [&](Value x, Value y) -> Value {
      if (op.getKind() == Reduction::Maximum)
        return arith::MaximumFOp::create(rewriter, loc, x, y);
      return arith::AddFOp::create(rewriter, loc, x, y);
    };
    SmallVector<Value> rows;
    for (int64_t half : {0, 1}) {
      Value value = acc[getRegister(half, 0)];
      for (int64_t n = 1; n < int64_t(acc.size()) / 2; ++n)
        value = combine(value, acc[getRegister(half, n)]);
      for (int64_t distance : {1, 2})
        value = combine(value, exchange(rewriter, loc, value, distance));
      rows.push_back(value);
    }
    rewriter.replaceOpWithMultiple(op, {rows});
    return success();
  }

  /// What the lane has whose number differs by `distance`.
  static Value exchange(OpBuilder &b, Location loc, Value value,
                        int64_t distance) {
    LaneBuilder lane(b, loc);
    return NVVM::ShflOp::create(b, loc, value.getType(), lane.i32(-1), value,
                                lane.i32(distance), lane.i32(31),
                                NVVM::ShflKind::bfly, UnitAttr());
  }
};

struct LowerScale : OpConversionPattern<ScaleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ScaleOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> acc(adaptor.getAcc());
    for (auto [n, element] : llvm::enumerate(acc))
      element = arith::MulFOp::create(rewriter, op.getLoc(), element,
                                      adaptor.getFactor()[n / 2 % 2]);
    rewriter.replaceOpWithMultiple(op, {acc});
    return success();
  }
};

/// x - x is 0, but for an infinity or a NaN, and stays so in a sum.
struct LowerHasNonFinite : OpConversionPattern<HasNonFiniteOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(HasNonFiniteOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value zero =
        arith::ConstantOp::create(rewriter, loc, rewriter.getF32FloatAttr(0));
    Value sum = zero;
    for (Value element : adaptor.getAcc())
      sum = arith::AddFOp::create(
          rewriter, loc, sum,
          arith::SubFOp::create(rewriter, loc, element, element));
    rewriter.replaceOpWithNewOp<arith::CmpFOp>(op, arith::CmpFPredicate::UNE,
                                               sum, zero);
    return success();
  }
};

struct LowerVoteAny : OpConversionPattern<VoteAnyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(VoteAnyOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    LaneBuilder lane(rewriter, loc);
    Value flag = arith::ExtUIOp::create(rewriter, loc, rewriter.getI32Type(),
                                        adaptor.getValue());
    Value any = NVVM::BarrierOp::create(
                    rewriter, loc, rewriter.getI32Type(), Value(), Value(),
                    NVVM::BarrierReductionAttr::get(rewriter.getContext(),
                                                    NVVM::BarrierReduction::OR),
                    flag)
                    ->getResult(0);
    rewriter.replaceOpWithNewOp<arith::CmpIOp>(op, arith::CmpIPredicate::ne,
                                               any, lane.i32(0));
    return success();
  }
};

/// The instruction: the nearest number or the one beside it, tiny ones 0.
struct UseApproximateExp2 : OpConversionPattern<math::Exp2Op> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(math::Exp2Op op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr("llvm.nvvm.ex2.approx.ftz.f"),
        adaptor.getOperand());
    return success();
  }
};

} // namespace

void attn::tile::populateElementPatterns(const TypeConverter &types,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerFill, LowerMap, LowerMapRows, LowerReduceRows, LowerScale,
               LowerHasNonFinite, LowerVoteAny, UseApproximateExp2>(
      types, patterns.getContext());
}
