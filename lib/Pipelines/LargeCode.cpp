//===- LargeCode.cpp - Passes that large kernels do not wait for ----------===//
#include "LargeCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

std::unique_ptr<Pass> attn::createCanonicalizeOnce() {
  GreedyRewriteConfig config;
  config.setUseTopDownTraversal()
      .setMaxIterations(1)
      .setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  return createCanonicalizerPass(config);
}

namespace {
/// An adaptor, as OpPassManager has one for all functions.
class ForFunctions : public PassWrapper<ForFunctions, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ForFunctions)

  ForFunctions(bool (*isFor)(func::FuncOp), OpPassManager pipeline)
      : isFor(isFor), pipeline(std::move(pipeline)) {}

  StringRef getName() const override { return "ForFunctions"; }

  void getDependentDialects(DialectRegistry &registry) const override {
    pipeline.getDependentDialects(registry);
  }

  void runOnOperation() override {
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (isFor(function) && failed(runPipeline(pipeline, function)))
        return signalPassFailure();
  }

private:
  bool (*isFor)(func::FuncOp);
  OpPassManager pipeline;
};
} // namespace

void attn::addForFunctions(OpPassManager &manager, bool (*isFor)(func::FuncOp),
                           function_ref<void(OpPassManager &)> build) {
  OpPassManager pipeline(func::FuncOp::getOperationName());
  build(pipeline);
  manager.addPass(std::make_unique<ForFunctions>(isFor, std::move(pipeline)));
}

static bool isMemref(Type type) { return isa<BaseMemRefType>(type); }

/// Whether the memrefs that it returns, if any, are parts of others, or freed
/// with its scope.
static bool hasNothingToFree(Operation *op) {
  return llvm::none_of(op->getResultTypes(), isMemref) ||
         isa<ViewLikeOpInterface, memref::AllocaOp, memref::GetGlobalOp,
             arith::SelectOp>(op);
}

bool attn::mayAllocate(func::FuncOp function) {
  return function
      ->walk([&](Operation *op) {
        return hasNothingToFree(op) &&
                       !isa<bufferization::BufferizationDialect>(
                           op->getDialect())
                   ? WalkResult::advance()
                   : WalkResult::interrupt();
      })
      .wasInterrupted();
}

bool attn::hasLinalg(func::FuncOp function) {
  return function
      ->walk([](linalg::LinalgOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}
