//===- LinalgToVector.cpp - convert-linalg-to-vector ----------------------===//
#include "Loops/LoopKernel.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/AttnDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Remarks.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CONVERTLINALGTOVECTOR
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static remark::RemarkOpts describe(StringRef name) {
  return remark::RemarkOpts::name(name).category("convert-linalg-to-vector");
}

namespace {
struct ConvertLinalgToVector
    : attn::impl::ConvertLinalgToVectorBase<ConvertLinalgToVector> {
  void runOnOperation() override {
    CPUTargetAttr target = getCPUTarget(getOperation());
    if (!target)
      return signalPassFailure();
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    KernelFunctions functions(getOperation());
    for (linalg::LinalgOp op : ops) {
      LoopPlan plan;
      if (std::string obstacle = planLoops(op, plan); !obstacle.empty()) {
        remark::missed(op.getLoc(), describe("Declined")) << obstacle;
        continue;
      }
      remark::passed(op.getLoc(), describe("Vectorized"))
          << "loop " + std::to_string(plan.vectorLoop);
      LoopKernel(plan, target, functions).emit();
    }
  }
};
} // namespace
