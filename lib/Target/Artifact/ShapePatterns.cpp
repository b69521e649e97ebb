//===- ShapePatterns.cpp - Sizes out of control flow ----------------------===//

#include "ShapePatterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// The sizes of all dynamic dimensions of ranked tensors, in order.
static SmallVector<Value> getSizes(OpBuilder &builder, Location loc,
                                   ValueRange values) {
  SmallVector<Value> sizes;
  for (Value value : values) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (int64_t d = 0; type && d < type.getRank(); ++d)
      if (type.isDynamicDim(d))
        sizes.push_back(tensor::DimOp::create(builder, loc, value, d));
  }
  return sizes;
}

/// Replaces ranked tensors by casts from their sizes.
static void standIn(OpBuilder &builder, Location loc, ValueRange tensors,
                    ValueRange sizes) {
  for (Value tensor : tensors) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    if (!type)
      continue;
    unsigned count = type.getNumDynamicDims();
    auto cast = UnrealizedConversionCastOp::create(builder, loc, type,
                                                   sizes.take_front(count));
    sizes = sizes.drop_front(count);
    tensor.replaceAllUsesWith(cast.getResult(0));
  }
}

static void carrySizes(IRRewriter &rewriter, scf::ForOp loop) {
  if (!llvm::any_of(loop.getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return;
  Location loc = loop.getLoc();
  unsigned count = loop.getNumResults();
  rewriter.setInsertionPoint(loop);
  SmallVector<Value> initial = getSizes(rewriter, loc, loop.getInitArgs());
  auto yieldSizes = [&](OpBuilder &builder, Location,
                        ArrayRef<BlockArgument>) -> SmallVector<Value> {
    Operation *yield = loop.getBody()->getTerminator();
    return getSizes(builder, loc, yield->getOperands());
  };
  auto wider = cast<scf::ForOp>(
      loop.replaceWithAdditionalYields(rewriter, initial, false, yieldSizes)
          ->getOperation());
  rewriter.setInsertionPointToStart(wider.getBody());
  ValueRange carried = wider.getRegionIterArgs();
  standIn(rewriter, loc, carried.take_front(count), carried.drop_front(count));
  rewriter.setInsertionPointAfter(wider);
  ValueRange results = wider.getResults();
  standIn(rewriter, loc, results.take_front(count), results.drop_front(count));
}

/// Moves a block of `loop` to `into`, where it also has `sizes` of its tensors.
static void carrySizesInto(IRRewriter &rewriter, Region &into, Region &from,
                           unsigned sizes) {
  into.takeBody(from);
  Block &block = into.front();
  Location loc = into.getLoc();
  unsigned count = block.getNumArguments();
  for (unsigned i = 0; i < sizes; ++i)
    block.addArgument(rewriter.getIndexType(), loc);
  rewriter.setInsertionPointToStart(&block);
  ValueRange carried = block.getArguments();
  standIn(rewriter, loc, carried.take_front(count), carried.drop_front(count));
}

static void appendSizes(IRRewriter &rewriter, Operation *terminator,
                        MutableOperandRange values) {
  rewriter.setInsertionPoint(terminator);
  values.append(
      getSizes(rewriter, terminator->getLoc(), values.getAsOperandRange()));
}

static void carrySizes(IRRewriter &rewriter, scf::WhileOp loop) {
  if (!llvm::any_of(loop->getOperandTypes(), llvm::IsaPred<RankedTensorType>) &&
      !llvm::any_of(loop.getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return;
  Location loc = loop.getLoc();
  rewriter.setInsertionPoint(loop);
  SmallVector<Value> initial = getSizes(rewriter, loc, loop.getInits());
  scf::ConditionOp condition = loop.getConditionOp();
  scf::YieldOp yield = loop.getYieldOp();
  appendSizes(rewriter, yield, yield.getResultsMutable());
  unsigned count = loop.getNumResults();
  appendSizes(rewriter, condition, condition.getArgsMutable());
  unsigned added = condition.getArgs().size() - count;

  SmallVector<Value> inits(loop.getInits());
  inits.append(initial);
  SmallVector<Type> types(loop.getResultTypes());
  types.append(added, rewriter.getIndexType());
  rewriter.setInsertionPoint(loop);
  auto wider = scf::WhileOp::create(rewriter, loc, types, inits);
  carrySizesInto(rewriter, wider.getBefore(), loop.getBefore(), initial.size());
  carrySizesInto(rewriter, wider.getAfter(), loop.getAfter(), added);
  rewriter.setInsertionPointAfter(wider);
  ValueRange results = wider.getResults();
  rewriter.replaceOp(loop, results.take_front(count));
  standIn(rewriter, loc, results.take_front(count), results.drop_front(count));
}

void attn::carrySizesThroughLoops(func::FuncOp function) {
  SmallVector<Operation *> loops;
  function.walk([&](Operation *op) {
    if (isa<scf::ForOp, scf::WhileOp>(op))
      loops.push_back(op);
  });
  IRRewriter rewriter(function.getContext());
  for (Operation *op : loops) {
    if (auto loop = dyn_cast<scf::ForOp>(op))
      carrySizes(rewriter, loop);
    else
      carrySizes(rewriter, cast<scf::WhileOp>(op));
  }
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

struct DimOfStandIn : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto cast = op.getSource().getDefiningOp<UnrealizedConversionCastOp>();
    std::optional<int64_t> dimension = op.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(op.getSource().getType());
    if (!cast || !type || !dimension || *dimension >= type.getRank() ||
        !type.isDynamicDim(*dimension))
      return rewriter.notifyMatchFailure(op, "expected a tensor's stand-in");
    rewriter.replaceOp(op,
                       cast.getInputs()[type.getDynamicDimIndex(*dimension)]);
    return success();
  }
};

/// dim(if(c) yield x else yield y) -> if(c) yield dim(x) else yield dim(y), so
/// that the branches' tensors fall away.
struct MoveDimIntoIf : OpRewritePattern<tensor::DimOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto branch = op.getSource().getDefiningOp<scf::IfOp>();
    std::optional<int64_t> dimension = op.getConstantIndex();
    if (!branch || !dimension)
      return rewriter.notifyMatchFailure(op, "expected a result of scf.if");
    unsigned number = cast<OpResult>(op.getSource()).getResultNumber();
    rewriter.setInsertionPoint(branch);
    SmallVector<Type> types(branch.getResultTypes());
    types.push_back(rewriter.getIndexType());
    auto wider =
        scf::IfOp::create(rewriter, branch.getLoc(), types,
                          branch.getCondition(), /*withElseRegion=*/true);
    for (auto [from, to] :
         llvm::zip_equal(branch->getRegions(), wider->getRegions())) {
      rewriter.eraseBlock(&to.front());
      rewriter.inlineRegionBefore(from, to, to.end());
      auto yield = cast<scf::YieldOp>(to.front().getTerminator());
      rewriter.setInsertionPoint(yield);
      Value size = tensor::DimOp::create(rewriter, op.getLoc(),
                                         yield.getOperand(number), *dimension);
      rewriter.modifyOpInPlace(yield,
                               [&] { yield.getResultsMutable().append(size); });
    }
    rewriter.replaceOp(op, wider->getResults().back());
    rewriter.replaceOp(branch, wider->getResults().drop_back());
    return success();
  }
};

} // namespace

void attn::populateShapePatterns(RewritePatternSet &patterns) {
  patterns.add<DimOfStandIn, MoveDimIntoIf>(patterns.getContext());
}
