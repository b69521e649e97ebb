//===- PrepareParallelLoops.cpp - Memory and iterations of threads --------===//

#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"

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
    getOperation().walk([](omp::WsloopOp loop) {
      loop.setScheduleKind(omp::ClauseScheduleKind::Dynamic);
    });
  }
};
} // namespace
