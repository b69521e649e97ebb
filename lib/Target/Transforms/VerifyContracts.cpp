//===- VerifyContracts.cpp - What must hold between the stages ------------===//

#include "attn/Target/Transforms/Passes.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_VERIFYNOATTNOPS
#define GEN_PASS_DEF_VERIFYNOTENSORS
#define GEN_PASS_DEF_VERIFYLLVM
#include "attn/Target/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static bool hasTensor(TypeRange types) {
  return llvm::any_of(types, llvm::IsaPred<TensorType>);
}

static bool touchesTensor(Operation *op) {
  if (hasTensor(op->getOperandTypes()) || hasTensor(op->getResultTypes()))
    return true;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (hasTensor(block.getArgumentTypes()))
        return true;
  return false;
}

/// Reports the first op for which `isLeft` holds.
template <typename Predicate>
static LogicalResult verifyNone(ModuleOp module, StringRef expected,
                                Predicate isLeft) {
  WalkResult result = module.walk([&](Operation *op) {
    if (!isLeft(op))
      return WalkResult::advance();
    op->emitError() << "expected " << expected << " here, got '"
                    << op->getName() << "'";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

namespace {

struct VerifyNoAttnOps : attn::impl::VerifyNoAttnOpsBase<VerifyNoAttnOps> {
  void runOnOperation() override {
    auto isAttn = [](Operation *op) {
      return op->getName().getDialectNamespace() == "attn" &&
             !op->hasTrait<Instruction>();
    };
    if (failed(verifyNone(getOperation(), "no attn op", isAttn)))
      signalPassFailure();
  }
};

struct VerifyNoTensors : attn::impl::VerifyNoTensorsBase<VerifyNoTensors> {
  void runOnOperation() override {
    if (failed(verifyNone(getOperation(), "no tensor", touchesTensor)))
      signalPassFailure();
  }
};

struct VerifyLLVM : attn::impl::VerifyLLVMBase<VerifyLLVM> {
  void runOnOperation() override {
    auto isForeign = [](Operation *op) {
      return !isa<ModuleOp>(op) &&
             !isa_and_present<LLVM::LLVMDialect, omp::OpenMPDialect>(
                 op->getDialect());
    };
    if (failed(verifyNone(getOperation(),
                          "only ops of the LLVM and omp dialects", isForeign)))
      signalPassFailure();
  }
};

} // namespace
