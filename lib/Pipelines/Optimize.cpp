//===- Optimize.cpp - The graph level -------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "attn/Pipelines/Pipelines.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void attn::buildOptimizePipeline(OpPassManager &manager,
                                 const OptimizeOptions &options) {
  manager.addPass(createDefineOps());
  manager.addPass(createInlinerPass());
  manager.addPass(createCanonicalizerPass());
  // Equal producers are then one, with more than one use, and stay unfused.
  manager.addPass(createCSEPass());
  // Before chains are fused: what stands between two products is then one op
  // for each step.
  if (!llvm::is_contained(options.leave, "all")) {
    RecognizeOptions recognize;
    recognize.leave.assign(options.leave.begin(), options.leave.end());
    manager.addPass(createRecognize(recognize));
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
  }
  manager.addPass(createFuseElementwise());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createShareCaches());
}
