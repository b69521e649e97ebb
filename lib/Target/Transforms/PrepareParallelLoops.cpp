//===- PrepareParallelLoops.cpp - Memory and iterations of threads --------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

namespace mlir::attn {
#define GEN_PASS_DEF_PREPAREPARALLELLOOPS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What an iteration of a loop allocates, its thread allocates once.
static void hoistAllocas(omp::ParallelOp parallel) {
  Block &start = parallel.getRegion().front();
  SmallVector<memref::AllocaOp> allocas;
  parallel.walk([&](memref::AllocaOp op) {
    if (op->getNumOperands() == 0 &&
        op->getParentOfType<omp::ParallelOp>() == parallel)
      allocas.push_back(op);
  });
  for (memref::AllocaOp op : llvm::reverse(allocas))
    op->moveBefore(&start, start.begin());
}

/// Puts the ops of `scope` in its place. Their branches need a region that may
/// have several blocks.
static void inlineScope(memref::AllocaScopeOp scope) {
  Block &body = scope.getBodyRegion().front();
  Operation *terminator = body.getTerminator();
  scope.replaceAllUsesWith(terminator->getOperands());
  terminator->erase();
  scope->getBlock()->getOperations().splice(scope->getIterator(),
                                            body.getOperations());
  scope.erase();
}

/// The loop that the threads of `parallel` share, whose bounds they are given.
static omp::LoopNestOp findLoop(omp::ParallelOp parallel) {
  for (auto shared : parallel.getRegion().front().getOps<omp::WsloopOp>()) {
    auto nest = cast<omp::LoopNestOp>(shared.getWrappedLoop());
    auto isGiven = [&](Value value) {
      return !parallel.getRegion().isAncestor(value.getParentRegion());
    };
    if (llvm::all_of(nest->getOperands(), isGiven))
      return nest;
  }
  return nullptr;
}

/// One iteration needs one thread, and would be done before others are awake.
static void keepSingleIteration(omp::ParallelOp parallel) {
  omp::LoopNestOp nest = findLoop(parallel);
  if (!nest || parallel.getIfExpr())
    return;
  ImplicitLocOpBuilder b(parallel.getLoc(), parallel);
  Value isShared = arith::ConstantIntOp::create(b, 0, 1);
  for (auto [from, to, step] :
       llvm::zip_equal(nest.getLoopLowerBounds(), nest.getLoopUpperBounds(),
                       nest.getLoopSteps())) {
    Value length = b.createOrFold<arith::SubIOp>(to, from);
    Value isLong =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt, length, step);
    isShared = b.createOrFold<arith::OrIOp>(isShared, isLong);
  }
  if (!matchPattern(isShared, m_One()))
    parallel.getIfExprMutable().assign(isShared);
}

namespace {
struct PrepareParallelLoops
    : attn::impl::PrepareParallelLoopsBase<PrepareParallelLoops> {
  void runOnOperation() override {
    getOperation().walk(hoistAllocas);
    SmallVector<memref::AllocaScopeOp> scopes;
    getOperation().walk([&](memref::AllocaScopeOp scope) {
      if (scope->getParentOfType<omp::ParallelOp>())
        scopes.push_back(scope);
    });
    for (memref::AllocaScopeOp scope : scopes)
      inlineScope(scope);
    getOperation().walk(keepSingleIteration);
    getOperation().walk([](omp::WsloopOp loop) {
      loop.setScheduleKind(omp::ClauseScheduleKind::Dynamic);
      // The end of the parallel part waits for all.
      if (isa<omp::TerminatorOp>(loop->getNextNode()))
        loop.setNowait(true);
    });
  }
};
} // namespace
