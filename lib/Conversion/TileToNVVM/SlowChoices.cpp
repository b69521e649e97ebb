//===- SlowChoices.cpp - Masks that take long, in loops -------------------===//
#include "LaneBuilder.h"
#include "Patterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn::tile;

/// Whether `op` becomes many instructions, some of them branches.
static bool isSlow(Operation *op) {
  return isa<arith::DivUIOp, arith::DivSIOp, arith::CeilDivUIOp,
             arith::CeilDivSIOp, arith::FloorDivSIOp, arith::RemUIOp,
             arith::RemSIOp>(op) &&
         !matchPattern(op->getOperand(1), m_Constant());
}

/// What decides whether a map leaves an element as it is; null where it does
/// more than that.
static arith::SelectOp getChoice(MapOp op) {
  Block &body = op.getBody().front();
  Value element = body.getArgument(0);
  auto choice =
      body.getTerminator()->getOperand(0).getDefiningOp<arith::SelectOp>();
  if (!choice || choice.getTrueValue() != element || !element.hasOneUse() ||
      choice.getFalseValue().getParentRegion() == &op.getBody())
    return {};
  return choice;
}

static bool hasSlowOp(MapOp op) {
  auto find = [](Operation *inner) {
    return isSlow(inner) ? WalkResult::interrupt() : WalkResult::advance();
  };
  return op.getBody().walk(find).wasInterrupted();
}

namespace {

/// The choices for all elements of a row at once would be alive together, with
/// what each goes by, in more registers than there are: a loop over the
/// elements leaves a bit for each.
struct LowerSlowChoice : OpConversionPattern<MapOp> {
  explicit LowerSlowChoice(const TypeConverter &types, MLIRContext *context)
      : OpConversionPattern(types, context, /*benefit=*/2) {}

  LogicalResult
  matchAndRewrite(MapOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    arith::SelectOp choice = getChoice(op);
    SmallVector<Value> acc(adaptor.getAcc());
    const int64_t inRow = acc.size() / 2;
    if (!choice || !hasSlowOp(op) || inRow > 64)
      return rewriter.notifyMatchFailure(
          op, "expected a choice that takes long, of at most 64 elements");
    LaneBuilder lane(rewriter, op.getLoc());
    for (int64_t half : {0, 1}) {
      SmallVector<Value> args;
      for (ValueRange rows : adaptor.getRows())
        args.push_back(rows[half]);
      args.push_back(lane.getRow(half));
      Value bits = findBits(op, choice, args, inRow, rewriter);
      for (int64_t n = 0; n < inRow; ++n) {
        Value &element = acc[getRegister(half, n)];
        element = arith::SelectOp::create(rewriter, op.getLoc(),
                                          getBit(lane, bits, n), element,
                                          choice.getFalseValue());
      }
    }
    rewriter.replaceOpWithMultiple(op, {acc});
    return success();
  }

private:
  static Value getBit(LaneBuilder &lane, Value bits, int64_t n) {
    Value place =
        arith::ConstantIntOp::create(lane.b, lane.loc, bits.getType(), n);
    Value shifted = arith::ShRUIOp::create(lane.b, lane.loc, bits, place);
    return arith::TruncIOp::create(lane.b, lane.loc, lane.b.getI1Type(),
                                   shifted);
  }

  /// Bit n: what element n of a row is to be; `args` are the body's but for the
  /// element and its column.
  static Value findBits(MapOp op, arith::SelectOp choice, ValueRange args,
                        int64_t inRow, OpBuilder &b) {
    Location loc = op.getLoc();
    LaneBuilder lane(b, loc);
    Type type = b.getIntegerType(inRow <= 32 ? 32 : 64);
    Value none = arith::ConstantIntOp::create(b, loc, type, 0);
    auto loop = scf::ForOp::create(b, loc, lane.index(0), lane.index(inRow),
                                   lane.index(1), ValueRange(none));
    keepLoop(loop);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value n = loop.getInductionVar();
    Value bit = arith::ExtUIOp::create(
        b, loc, type, decide(op, choice, args, lane.getColumn(n), b));
    Value placed = arith::ShLIOp::create(
        b, loc, bit, arith::IndexCastUIOp::create(b, loc, type, n));
    Value bits = arith::OrIOp::create(b, loc, loop.getRegionIterArg(0), placed);
    scf::YieldOp::create(b, loc, bits);
    return loop.getResult(0);
  }

  static Value decide(MapOp op, arith::SelectOp choice, ValueRange args,
                      Value column, OpBuilder &b) {
    Block &body = op.getBody().front();
    IRMapping mapping;
    mapping.map(body.getArguments().drop_front().drop_back(), args);
    mapping.map(body.getArguments().back(), column);
    for (Operation &inner : body.without_terminator())
      if (&inner != choice)
        b.clone(inner, mapping);
    return mapping.lookupOrDefault(choice.getCondition());
  }

  /// LLVM is not to unroll it.
  static void keepLoop(scf::ForOp loop) {
    MLIRContext *context = loop.getContext();
    auto unroll = LLVM::LoopUnrollAttr::get(
        context, BoolAttr::get(context, true), {}, {}, {}, {}, {}, {});
    loop->setAttr("loop_annotation", LLVM::LoopAnnotationAttr::get(
                                         context, {}, {}, {}, unroll, {}, {},
                                         {}, {}, {}, {}, {}, {}, {}, {}, {}));
  }
};

} // namespace

void attn::tile::populateSlowChoicePatterns(const TypeConverter &types,
                                            RewritePatternSet &patterns) {
  patterns.add<LowerSlowChoice>(types, patterns.getContext());
}
