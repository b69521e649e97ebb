//===- LaunchKernels.cpp - Loop nests as kernels --------------------------===//

#include "HostCode.h"
#include "MoveDecisions.h"
#include "Reductions.h"
#include "SpreadBranches.h"

#include "attn/Target/GPU/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LAUNCHKERNELS
#include "attn/Target/GPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kThreadsPerBlock = 256;

/// Whether `op` is no part of a loop that becomes a kernel.
static bool isOutermost(Operation *op) {
  return !op->getParentOfType<scf::ParallelOp>() &&
         !op->getParentOfType<linalg::LinalgOp>() &&
         !op->getParentOfType<gpu::LaunchOp>();
}

template <typename Op> static SmallVector<Op> getOutermost(Operation *root) {
  SmallVector<Op> ops;
  root->walk([&](Op op) {
    if (isOutermost(op))
      ops.push_back(op);
  });
  return ops;
}

/// An op with memory operands that is no part of a kernel yet.
static void lowerCopies(func::FuncOp function) {
  SmallVector<memref::CopyOp> copies;
  function.walk([&](memref::CopyOp op) { copies.push_back(op); });
  for (memref::CopyOp op : copies) {
    OpBuilder builder(op);
    linalg::makeMemRefCopyOp(builder, op.getLoc(), op.getSource(),
                             op.getTarget());
    op.erase();
  }
}

/// A parallel loop of one iteration around `op`, for one thread.
static void wrapInLoop(RewriterBase &rewriter, Operation *op) {
  Location loc = op->getLoc();
  rewriter.setInsertionPoint(op);
  Value zero = arith::ConstantIndexOp::create(rewriter, loc, 0);
  Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
  auto loop = scf::ParallelOp::create(rewriter, loc, ValueRange(zero),
                                      ValueRange(one), ValueRange(one));
  rewriter.moveOpBefore(op, loop.getBody()->getTerminator());
}

/// Loops with the parallel ones outermost. A linalg op computes each element
/// of a result from its own turns alone, so that their order is free.
static LogicalResult convertToLoops(RewriterBase &rewriter,
                                    linalg::LinalgOp op) {
  rewriter.setInsertionPoint(op);
  if (!isa<linalg::GenericOp>(op)) {
    auto generic = linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return op->emitError("expected a linalg op that is generic, got '")
             << op->getName() << "'";
    op = *generic;
  }
  SmallVector<unsigned> order, reductions;
  op.getParallelDims(order);
  const bool isParallel = !order.empty();
  op.getReductionDims(reductions);
  llvm::append_range(order, reductions);
  auto sorted = linalg::interchangeGenericOp(
      rewriter, cast<linalg::GenericOp>(op.getOperation()), order);
  if (succeeded(sorted))
    op = *sorted;
  rewriter.setInsertionPoint(op);
  auto generic = cast<linalg::GenericOp>(op.getOperation());
  if (succeeded(convertReduction(rewriter, generic))) {
    rewriter.eraseOp(op);
    return success();
  }
  if (!isParallel)
    wrapInLoop(rewriter, op);
  rewriter.setInsertionPoint(op);
  if (failed(linalg::linalgOpToParallelLoops(rewriter, op)))
    return op->emitError("expected a linalg op that has loops, got '")
           << op->getName() << "'";
  rewriter.eraseOp(op);
  return success();
}

namespace {

/// One parallel loop as a launch.
class Launch {
public:
  Launch(RewriterBase &rewriter, scf::ParallelOp loop)
      : rewriter(rewriter), loop(loop), loc(loop.getLoc()) {
    rewriter.setInsertionPoint(loop);
  }

  LogicalResult create() {
    if (loop.getNumReductions())
      return loop->emitError(
                 "expected a parallel loop without results, got one with ")
             << loop.getNumReductions();
    countTurns();
    if (hasNoTurns()) {
      rewriter.eraseOp(loop);
      return success();
    }
    Value threads = index(1);
    for (Value count : counts)
      threads = arith::MulIOp::create(rewriter, loc, threads, count);
    Value one = index(1), block = index(kThreadsPerBlock);
    if (isOneTurn())
      block = one;
    Value blocks = arith::CeilDivUIOp::create(rewriter, loc, threads, block);
    auto launch =
        gpu::LaunchOp::create(rewriter, loc, blocks, one, one, block, one, one);
    rewriter.setInsertionPointToStart(&launch.getBody().front());
    Value id = arith::AddIOp::create(
        rewriter, loc,
        arith::MulIOp::create(rewriter, loc, launch.getBlockIds().x, block),
        launch.getThreadIds().x);
    Value isInside = arith::CmpIOp::create(
        rewriter, loc, arith::CmpIPredicate::ult, id, threads);
    auto guard = scf::IfOp::create(rewriter, loc, isInside);
    gpu::TerminatorOp::create(rewriter, loc);
    rewriter.setInsertionPointToStart(guard.thenBlock());
    moveBody(guard.thenBlock(), getPositions(id));
    rewriter.eraseOp(loop);
    return success();
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  }

  bool isOneTurn() {
    return llvm::all_of(counts, [](Value count) {
      return getConstantIntValue(count) == int64_t(1);
    });
  }

  bool hasNoTurns() {
    return llvm::any_of(counts, [](Value count) {
      return getConstantIntValue(count) == int64_t(0);
    });
  }

  /// How many turns each dimension has.
  void countTurns() {
    for (auto [lower, upper, step] : llvm::zip_equal(
             loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
      Value span = rewriter.createOrFold<arith::SubIOp>(loc, upper, lower);
      // No turns where the bounds have passed each other.
      if (!getConstantIntValue(span)) {
        span = arith::MaxSIOp::create(rewriter, loc, span, index(0));
      }
      counts.push_back(
          rewriter.createOrFold<arith::CeilDivSIOp>(loc, span, step));
    }
  }

  SmallVector<Value> getPositions(Value id) {
    SmallVector<Value> turns = {id};
    if (counts.size() > 1)
      turns = SmallVector<Value>(
          affine::AffineDelinearizeIndexOp::create(rewriter, loc, id, counts)
              .getResults());
    for (auto [iteration, lower, step] :
         llvm::zip_equal(turns, loop.getLowerBound(), loop.getStep())) {
      Value distance =
          rewriter.createOrFold<arith::MulIOp>(loc, iteration, step);
      iteration = rewriter.createOrFold<arith::AddIOp>(loc, lower, distance);
    }
    return turns;
  }

  void moveBody(Block *to, ValueRange positions) {
    rewriter.eraseOp(loop.getBody()->getTerminator());
    rewriter.inlineBlockBefore(loop.getBody(), to->getTerminator(), positions);
  }

  RewriterBase &rewriter;
  scf::ParallelOp loop;
  Location loc;
  SmallVector<Value> counts;
};

struct LaunchKernels : attn::impl::LaunchKernelsBase<LaunchKernels> {
  void runOnOperation() override {
    for (func::FuncOp function : getDeviceFunctions(getOperation()))
      if (failed(convert(function)))
        return signalPassFailure();
  }

  LogicalResult convert(func::FuncOp function) {
    IRRewriter rewriter(&getContext());
    lowerCopies(function);
    for (auto op : getOutermost<linalg::LinalgOp>(function))
      if (failed(convertToLoops(rewriter, op)))
        return failure();
    spreadBranches(function);
    moveDecisionsToDevice(function);
    const DenseSet<Value> addresses = getAddressBuffers(function);
    for (auto op : getOutermost<memref::StoreOp>(function))
      if (!addresses.contains(op.getMemRef()))
        wrapInLoop(rewriter, op);
    for (auto op : getOutermost<scf::ParallelOp>(function))
      if (failed(Launch(rewriter, op).create()))
        return failure();
    return success();
  }
};

} // namespace
