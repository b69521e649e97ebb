//===- LowerCallingThreadLoops.cpp - Parallel loops of one thread ---------===//

#include "attn/Dialect/Attn/IR/AttnAttrs.h"
#include "attn/Target/Transforms/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LOWERCALLINGTHREADLOOPS
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static bool runsOnCallingThread(scf::ForallOp loop) {
  return loop.getMapping() &&
         llvm::all_of(*loop.getMapping(), llvm::IsaPred<CallingThreadAttr>);
}

/// The stack would grow with each iteration.
static void hoistAllocas(scf::ForallOp loop) {
  loop.walk([&](memref::AllocaOp op) {
    if (op->getNumOperands() == 0 &&
        op->getParentOfType<scf::ForallOp>() == loop)
      op->moveBefore(loop);
  });
}

namespace {
struct LowerCallingThreadLoops
    : attn::impl::LowerCallingThreadLoopsBase<LowerCallingThreadLoops> {
  void runOnOperation() override {
    SmallVector<scf::ForallOp> loops;
    getOperation().walk([&](scf::ForallOp loop) {
      if (runsOnCallingThread(loop))
        loops.push_back(loop);
    });
    IRRewriter rewriter(&getContext());
    for (scf::ForallOp loop : loops) {
      hoistAllocas(loop);
      rewriter.setInsertionPoint(loop);
      if (failed(scf::forallToForLoop(rewriter, loop)))
        return signalPassFailure();
    }
  }
};
} // namespace
